"""Zones at their borders and on the days clocks change: whoever may be in two of them is texted when both allow it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications import rules
from notifications.rules import hours, places
from notifications.rules.evenings import BEFORE_CLOSING, last_open_before
from waitlist.models import Clinic, Patient

EASTERN, CENTRAL, MOUNTAIN, PACIFIC, PHOENIX, HONOLULU, KNOX, INDIANA = (
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Phoenix",
        "Pacific/Honolulu",
        "America/Indiana/Knox",
        "America/Indiana/Indianapolis",
    )
)
SPRING, AUTUMN = (2026, 3, 8), (2026, 11, 1)  # Sundays: an hour is lost, an hour comes twice
UP_TO_THE_LAW = {"send_from_minute": 0, "send_until_minute": 24 * 60}
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY PR VI GU MP AS"
).split()


def clinic(zone: ZoneInfo, **fields) -> Clinic:
    return Clinic(timezone=zone.key, **fields)


def at(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


def opens(of: Clinic, now: datetime, *, number: str = "+15005550123", state: str = "", **said) -> datetime | None:
    return rules.next_open(of, Patient(**said), number, place_state=state, now=now)


def evening(of: Clinic, due: datetime, *, number: str = "+15005550123", state: str = "", **said) -> datetime | None:
    return last_open_before(of, Patient(**said), number, place_state=state, due=due)


class TestTheDaysClocksChange:
    @pytest.mark.parametrize("day", [SPRING, AUTUMN])
    @pytest.mark.parametrize("zone", [EASTERN, CENTRAL, MOUNTAIN, PACIFIC])
    def test_morning_and_evening_are_by_the_wall_clock(self, zone, day):
        here = clinic(zone)
        assert opens(here, at(zone, *day, 0, 30)) == at(zone, *day, 8)
        assert opens(here, at(zone, *day, 19, 59)) == at(zone, *day, 19, 59)
        next_day = day[2] + 1
        assert opens(here, at(zone, *day, 20)) == at(zone, *day[:2], next_day, 8)

    def test_the_hour_that_comes_twice_is_night_both_times(self):
        for fold in (0, 1):
            twice = datetime(*AUTUMN, 1, 30, tzinfo=PACIFIC, fold=fold).astimezone(UTC)
            assert opens(clinic(PACIFIC), twice) == at(PACIFIC, *AUTUMN, 8)

    def test_the_night_is_an_hour_shorter_or_longer(self):
        for day, night in ((SPRING, 11), (AUTUMN, 13)):
            closing = at(PACIFIC, *day[:2], day[2], 8) - timedelta(hours=night)
            assert closing == at(PACIFIC, *day, 0) - timedelta(hours=4)
            assert opens(clinic(PACIFIC), closing) == closing + timedelta(hours=night)

    def test_a_window_over_such_a_night_stands_still_as_long_as_it_is(self):
        saturday = at(PACIFIC, 2026, 3, 7, 19, 45)
        window = timedelta(minutes=60)
        ends_at = rules.answer_by(
            clinic(PACIFIC), Patient(), "+14155550123", place_state="CA", start=saturday, window=window
        )
        assert ends_at == at(PACIFIC, *SPRING, 8, 45)

    @pytest.mark.parametrize("day", [SPRING, AUTUMN])
    def test_what_is_due_at_night_goes_the_evening_before(self, day):
        before = at(PACIFIC, *day, 0) - timedelta(hours=4) - BEFORE_CLOSING
        assert evening(clinic(PACIFIC), at(PACIFIC, *day, 6)) == before
        assert evening(clinic(PACIFIC), at(PACIFIC, *day, 8)) == at(PACIFIC, *day, 8)

    def test_phoenix_and_honolulu_keep_their_clocks(self):
        for month in (1, 7):
            assert opens(clinic(PHOENIX), at(PHOENIX, 2026, month, 9, 6)) == at(PHOENIX, 2026, month, 9, 8)
            assert opens(clinic(PACIFIC), at(HONOLULU, 2026, month, 9, 6), state="", timezone=HONOLULU.key) == at(
                HONOLULU, 2026, month, 9, 8
            )
        gap = [at(PHOENIX, 2026, month, 9, 8) - at(PACIFIC, 2026, month, 9, 8) for month in (1, 7)]
        assert gap == [timedelta(hours=-1), timedelta(0)]


class TestStatesInTwoZones:
    def test_every_state_and_territory_has_its_zones(self):
        assert set(places.STATE_ZONES) == set(STATES)
        for names in places.STATE_ZONES.values():
            for name in names:
                assert ZoneInfo(name).key == name

    def test_a_texan_may_be_in_el_paso(self):
        """Nine in the morning in Dallas is eight there, and nine at night in El Paso is ten in Dallas."""
        here = clinic(CENTRAL, **UP_TO_THE_LAW)
        assert opens(here, at(CENTRAL, 2026, 6, 1, 7), state="TX") == at(CENTRAL, 2026, 6, 1, 9)
        texan = {"state": "TX"}
        assert places.zones(here, Patient(**texan), "") == (CENTRAL, MOUNTAIN)
        now = at(CENTRAL, 2026, 6, 1, 7)
        assert rules.next_open(here, Patient(**texan), "", place_state="TX", now=now) == at(MOUNTAIN, 2026, 6, 1, 9)
        late = at(CENTRAL, 2026, 6, 1, 21)
        assert rules.next_open(here, Patient(**texan), "", place_state="TX", now=late) == at(MOUNTAIN, 2026, 6, 2, 9)

    def test_a_texan_who_told_us_el_paso_is_there(self):
        here = clinic(CENTRAL, **UP_TO_THE_LAW)
        told = Patient(state="TX", timezone="America/Denver")
        now = at(MOUNTAIN, 2026, 6, 1, 20, 59)
        assert rules.next_open(here, told, "", place_state="TX", now=now) == now

    @pytest.mark.parametrize("zone", [CENTRAL, MOUNTAIN])
    def test_a_texan_sunday_begins_at_noon_and_not_when_it_is_monday_elsewhere(self, zone):
        here = clinic(PACIFIC, **UP_TO_THE_LAW)
        texan = Patient(state="TX", timezone=zone.key)

        def first(now: datetime) -> datetime | None:
            return rules.next_open(here, texan, "", place_state="CA", now=now)

        assert first(at(zone, 2026, 6, 7, 9)) == at(zone, 2026, 6, 7, 12)
        assert first(at(zone, 2026, 6, 6, 21)) == at(zone, 2026, 6, 7, 12)
        assert first(at(zone, 2026, 6, 7, 21)) == at(zone, 2026, 6, 8, 9)
        due = at(zone, 2026, 6, 7, 11)
        assert last_open_before(here, texan, "", place_state="CA", due=due) == at(zone, 2026, 6, 6, 20, 30)

    def test_texan_hours_on_the_sunday_clocks_change(self):
        texan = Patient(state="TX", timezone=CENTRAL.key)
        for day in (SPRING, AUTUMN):
            now = at(CENTRAL, *day, 3)
            assert rules.next_open(clinic(CENTRAL), texan, "", place_state="TX", now=now) == at(CENTRAL, *day, 12)

    def test_in_arizona_the_navajo_nation_has_summer_time(self):
        here, who = clinic(PHOENIX, **UP_TO_THE_LAW), Patient(state="AZ")
        late = at(PHOENIX, 2026, 7, 1, 20, 30)  # half past nine there
        assert rules.next_open(here, who, "", place_state="AZ", now=late) == at(PHOENIX, 2026, 7, 2, 8)
        winter = at(PHOENIX, 2026, 1, 9, 20, 30)
        assert rules.next_open(here, who, "", place_state="AZ", now=winter) == winter
        told = Patient(state="AZ", timezone=PHOENIX.key)
        assert rules.next_open(here, told, "", place_state="AZ", now=late) == late

    def test_indiana_is_in_two_zones_and_knox_says_which(self):
        here = clinic(INDIANA)
        assert places.zones(here, Patient(state="IN"), "") == (INDIANA, CENTRAL)
        morning = at(INDIANA, 2026, 6, 1, 8)
        assert rules.next_open(here, Patient(state="IN"), "", place_state="IN", now=morning) == at(
            CENTRAL, 2026, 6, 1, 8
        )
        knox = Patient(state="IN", timezone=KNOX.key)
        assert rules.next_open(here, knox, "", place_state="IN", now=morning) == at(KNOX, 2026, 6, 1, 8)


class TestNumbers:
    """Of people who told us nothing of where they are."""

    def test_a_florida_number_of_somebody_who_lives_in_california(self):
        here, number = clinic(PACIFIC, **UP_TO_THE_LAW), "+13055550123"
        moved = Patient(state="CA")
        assert places.zones(here, moved, number) == (PACIFIC,)
        assert places.states(moved, number, "CA") == {"CA"}
        half_past_eight = at(PACIFIC, 2026, 6, 1, 20, 30)
        assert rules.next_open(here, moved, number, place_state="CA", now=half_past_eight) == half_past_eight
        zone_only = Patient(timezone=PACIFIC.key)  # then Florida's hours still hold, on their own clock
        assert rules.next_open(here, zone_only, number, place_state="CA", now=half_past_eight) == at(
            PACIFIC, 2026, 6, 2, 8
        )
        unknown = rules.next_open(here, Patient(), number, place_state="CA", now=at(PACIFIC, 2026, 6, 1, 18))
        assert unknown == at(EASTERN, 2026, 6, 2, 8)

    @pytest.mark.parametrize(
        ("area", "zone"),
        [
            ("219", CENTRAL),  # Gary
            ("812", CENTRAL),  # Evansville
            ("423", EASTERN),  # Chattanooga
            ("850", CENTRAL),  # Pensacola
            ("850", EASTERN),  # Tallahassee
            ("906", CENTRAL),  # Menominee
            ("308", MOUNTAIN),  # Scottsbluff
            ("785", MOUNTAIN),  # Goodland
            ("928", PHOENIX),  # Flagstaff
            ("541", PACIFIC),  # Bend
        ],
    )
    def test_a_clinic_at_a_border_trusts_its_own_clock_for_numbers_from_around(self, area, zone):
        assert places.zones(clinic(zone), None, f"+1{area}5550123") == (zone,)

    @pytest.mark.parametrize(("area", "early"), [("219", EASTERN), ("423", EASTERN), ("308", CENTRAL)])
    def test_for_a_clinic_far_away_such_a_number_is_in_both(self, area, early):
        here = clinic(PACIFIC, **UP_TO_THE_LAW)
        both = places.zones(here, None, f"+1{area}5550123")
        assert len(both) == 2 and early in both
        night = at(early, 2026, 6, 1, 21)
        assert not hours.is_open(here, both, frozenset(), night)

    @pytest.mark.parametrize(
        ("zone", "area"),
        [("America/Detroit", "313"), ("America/Indiana/Indianapolis", "317"), ("America/Kentucky/Louisville", "502")],
    )
    def test_a_zone_by_another_name_is_the_same_clock(self, zone, area):
        assert places.zones(Clinic(timezone=zone), None, f"+1{area}5550123") == (ZoneInfo(zone),)

    def test_el_pasos_number_is_in_the_mountains_under_texan_law(self):
        here, number = clinic(CENTRAL), "+19155550123"
        assert places.zones(here, None, number) == (MOUNTAIN,)
        assert places.states(None, number, "") == {"TX"}


class TestEvenings:
    def test_in_two_zones_the_earlier_evening_counts(self):
        here = clinic(CENTRAL, **UP_TO_THE_LAW)
        texan = {"state": "TX"}
        due = at(CENTRAL, 2026, 6, 3, 5)
        found = last_open_before(here, Patient(**texan), "", place_state="TX", due=due)
        assert found == at(CENTRAL, 2026, 6, 2, 20, 30)
        assert hours.is_open(here, (CENTRAL, MOUNTAIN), frozenset({"TX"}), found)

    def test_nothing_where_no_hour_is_allowed(self):
        never = clinic(PACIFIC, send_from_minute=5 * 60, send_until_minute=6 * 60)
        assert evening(never, at(PACIFIC, 2026, 6, 3, 5)) is None
        assert evening(clinic(PACIFIC, is_open_any_hour=True), at(PACIFIC, 2026, 6, 3, 5)) == at(PACIFIC, 2026, 6, 3, 5)

    def test_it_is_always_a_permitted_moment_not_later_than_due(self):
        for zone, state in ((PACIFIC, "CA"), (CENTRAL, "TX"), (EASTERN, "FL"), (PHOENIX, "AZ")):
            here, who = clinic(zone, **UP_TO_THE_LAW), Patient(state=state)
            where = places.zones(here, who, "")
            for day in (SPRING, AUTUMN, (2026, 6, 7)):
                for quarter in range(0, 48 * 4):
                    due = at(zone, *day, 0) + timedelta(minutes=15 * quarter)
                    found = last_open_before(here, who, "", place_state=state, due=due)
                    assert found is not None and found <= due
                    assert hours.is_open(here, where, frozenset({state}), found)
