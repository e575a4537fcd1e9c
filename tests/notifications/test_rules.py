"""The rules of contact: hours by zone and state, caps, and permission."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifications import rules
from notifications.models import ContactPoint, Message
from notifications.rules import hours, places
from notifications.states import Rule
from tests import factories
from tests.factories import NOW
from waitlist.models import Clinic, Patient

LA, NY, HONOLULU, PHOENIX = (
    ZoneInfo(name) for name in ("America/Los_Angeles", "America/New_York", "Pacific/Honolulu", "America/Phoenix")
)
SF, DALLAS, MAUI, NO_AREA = "+14155550123", "+12145550123", "+18085550123", "+15005550123"


def clinic(**fields):
    return Clinic(**{"timezone": "America/Los_Angeles", **fields})


def opens(at, *, clinic_=None, patient=None, number=SF, place_state="CA"):
    return rules.next_open(clinic_ or clinic(), patient, number, place_state=place_state, now=at)


def at(zone, *parts):
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


def test_by_day_at_once_and_by_night_in_the_morning():
    assert opens(at(LA, 2026, 11, 23, 10)) == at(LA, 2026, 11, 23, 10)
    assert opens(at(LA, 2026, 11, 23, 7, 59)) == at(LA, 2026, 11, 23, 8)
    assert opens(at(LA, 2026, 11, 23, 20)) == at(LA, 2026, 11, 24, 8)


def test_hours_are_the_patients_own():
    told = Patient(timezone="America/New_York")
    assert opens(at(NY, 2026, 11, 23, 20, 30), patient=told) == at(NY, 2026, 11, 24, 8)
    assert opens(at(NY, 2026, 11, 23, 8), patient=told) == at(NY, 2026, 11, 23, 8)


@pytest.mark.parametrize("day", [(2026, 3, 8), (2026, 11, 1)])
def test_eight_is_eight_by_the_wall_clock_when_clocks_change(day):
    before = at(LA, *day, 0, 30)
    assert opens(before).astimezone(LA).hour == 8
    assert opens(at(LA, *day, 20)).astimezone(LA).hour == 8


def test_phoenix_keeps_no_summer_time_and_honolulu_is_far():
    assert opens(at(PHOENIX, 2026, 7, 1, 7), patient=Patient(state="AZ")) == at(PHOENIX, 2026, 7, 1, 8)
    assert opens(at(HONOLULU, 2026, 7, 1, 7), number=MAUI) == at(HONOLULU, 2026, 7, 1, 8)


def test_texas_sleeps_longer_and_until_noon_on_sunday():
    texan = Patient(timezone="America/Chicago", state="TX")
    central = ZoneInfo("America/Chicago")
    assert opens(at(central, 2026, 11, 23, 8), patient=texan) == at(central, 2026, 11, 23, 9)
    assert opens(at(central, 2026, 11, 22, 9), patient=texan) == at(central, 2026, 11, 22, 12)
    assert hours.sending_minutes(clinic(), {"TX"}, 6) == (12 * 60, 20 * 60)


def test_no_clinic_can_widen_the_law():
    late = clinic(send_from_minute=0, send_until_minute=24 * 60)
    assert hours.sending_minutes(late, set(), 0) == (8 * 60, 21 * 60)
    assert hours.sending_minutes(late, {"FL"}, 0) == (8 * 60, 20 * 60)
    assert opens(at(LA, 2026, 11, 23, 21), clinic_=late) == at(LA, 2026, 11, 24, 8)


def test_an_area_code_brings_its_state_unless_they_told_us_theirs():
    assert places.states(None, DALLAS, "CA") == {"TX", "CA"}
    assert places.states(Patient(state="NV"), DALLAS, "CA") == {"NV"}
    assert places.states(None, "+442071838750", "") == frozenset()


def test_zones_by_trust():
    assert places.zones(clinic(), Patient(timezone="Pacific/Honolulu", state="TX"), SF) == (HONOLULU,)
    assert len(places.zones(clinic(), Patient(state="TX"), SF)) == 2
    assert places.zones(clinic(), None, SF) == (LA,)
    assert places.zones(clinic(), None, "+12125550123") == (NY,)
    assert places.zones(clinic(), None, NO_AREA) == (LA,), "the clinic's own, where the number allows it"


def test_where_several_zones_remain_every_one_of_them_must_be_awake():
    florida = Patient(state="FL")  # two zones
    assert opens(at(NY, 2026, 11, 23, 8), patient=florida) == at(NY, 2026, 11, 23, 9)
    assert opens(at(NY, 2026, 11, 23, 20), patient=florida) == at(NY, 2026, 11, 24, 9)
    abroad = clinic(timezone="Europe/Budapest")
    zones = places.zones(abroad, None, NO_AREA)
    assert len(zones) > 10
    start = opens(at(UTC, 2026, 11, 23, 0), clinic_=abroad, number=NO_AREA, place_state="")
    if start is not None:
        assert all(8 <= start.astimezone(zone).hour < 20 for zone in zones)


def test_the_demo_sends_at_any_hour():
    night = at(LA, 2026, 11, 23, 3)
    assert opens(night, clinic_=clinic(is_open_any_hour=True)) == night


def sent(point, n=1, *, kind="offer", ago=timedelta(hours=1), status="delivered", channel="sms"):
    for _ in range(n):
        Message.objects.create(
            clinic=point.clinic,
            kind=kind,
            channel=channel,
            contact_point=point,
            dedupe_key=f"{kind}:{Message.objects.count()}",
            status=status,
            next_attempt_at=NOW - ago,
            sent_at=NOW - ago,
            created_at=NOW - ago,
        )


@pytest.fixture
def point(db):
    return factories.patient(factories.clinic()).contact_points.get()


def cap(point, kind="offer", channel="sms", states=()):
    return rules.over_cap(point.clinic, rules.spent([point.pk], now=NOW)[point.pk], kind, channel, frozenset(states))


def test_caps_by_day_week_and_month(point):
    assert cap(point) is None
    sent(point, 2)
    assert cap(point) == Rule.OFFERS_PER_DAY
    assert cap(point, "retracted") is None, "what they must not miss is exempt"
    Message.objects.update(sent_at=NOW - timedelta(days=2))
    assert cap(point) is None
    sent(point, 1, ago=timedelta(days=3))
    assert cap(point) == Rule.OFFERS_PER_WEEK
    Message.objects.update(sent_at=NOW - timedelta(days=8))
    sent(point, 5, ago=timedelta(days=20))
    assert cap(point) == Rule.OFFERS_PER_MONTH
    Message.objects.update(sent_at=NOW - timedelta(days=31))
    assert cap(point) is None


def test_every_text_counts_towards_the_ceiling_and_what_never_went_out_does_not(point):
    sent(point, 1)
    sent(point, 1, kind="retracted")
    sent(point, 5, status="refused")
    sent(point, 5, kind="booked", channel="email")
    assert cap(point) is None
    sent(point, 1, kind="booked")
    assert cap(point) == Rule.TEXTS_PER_DAY
    assert cap(point, "opt_in") == Rule.TEXTS_PER_DAY
    assert cap(point, channel="email") is None


def test_three_a_day_in_florida_whatever_the_clinic_says(point):
    Clinic.objects.update(sms_per_day=9)
    point.refresh_from_db()
    sent(point, 3, kind="answer")
    assert cap(point) is None
    assert cap(point, states={"FL"}) == Rule.TEXTS_PER_DAY


def test_what_waits_to_go_out_is_spent(point):
    sent(point, 2, status="pending")
    Message.objects.update(sent_at=None, next_attempt_at=NOW + timedelta(hours=10))
    assert cap(point) == Rule.OFFERS_PER_DAY


def test_permission_in_order():
    point = ContactPoint(kind="phone", value=SF)
    assert rules.forbidden(point, "offer", "offers", "sms") == Rule.NO_CONSENT
    point.granted = ["offers:sms"]
    assert rules.forbidden(point, "offer", "offers", "sms") is None
    assert rules.forbidden(point, "offer", "marketing", "sms") == Rule.NO_CONSENT
    assert rules.forbidden(point, "offer", "offers", "voice") == Rule.NO_CONSENT
    point.sms_capability = "no"
    assert rules.forbidden(point, "offer", "offers", "sms") == Rule.TAKES_NO_TEXTS
    point.stopped_at = NOW
    assert rules.forbidden(point, "offer", "offers", "sms") == Rule.STOPPED
    assert rules.forbidden(point, "answer", "offers", "sms") == Rule.STOPPED


def test_after_stop_only_its_confirmation():
    point = ContactPoint(kind="phone", value=SF, stopped_at=NOW)
    assert rules.forbidden(point, "stopped", "offers", "sms") is None


@pytest.mark.django_db
def test_an_answer_to_a_tap_may_come_at_night():
    world = factories.World()
    offer = world.offer(world.slot(), answered_at=NOW, answered_by="link")
    assert rules.in_conversation("booked", offer, now=NOW + timedelta(minutes=1))
    assert not rules.in_conversation("booked", offer, now=NOW + timedelta(hours=1))
    assert not rules.in_conversation("retracted", offer, now=NOW)
    offer.answered_by = "staff"
    assert not rules.in_conversation("booked", offer, now=NOW)
    assert rules.in_conversation("answer", None, now=NOW)


def test_on_a_quiet_day_nobody_is_texted_where_they_are():
    christmas = clinic(quiet_days=[date(2026, 12, 25), date(2026, 12, 26)])
    assert opens(at(LA, 2026, 12, 24, 19), clinic_=christmas) == at(LA, 2026, 12, 24, 19)
    assert opens(at(LA, 2026, 12, 24, 21), clinic_=christmas) == at(LA, 2026, 12, 27, 8)
    eve_there = at(LA, 2026, 12, 24, 19, 59)  # in Honolulu it is still afternoon of the 24th
    hawaiian = Patient(timezone="Pacific/Honolulu")
    assert opens(eve_there, clinic_=christmas, patient=hawaiian) == eve_there


def test_every_rule_has_its_row_and_its_function_in_the_docs():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    for rule in Rule:
        assert f"`{rule}`" in text, f"{rule} has no row in docs/rules.md"
    for name in re.findall(r"`(rules|outbox)\.([a-z_.]+)`", text):
        module = import_module(f"notifications.{name[0]}." + name[1].rsplit(".", 1)[0])
        assert callable(getattr(module, name[1].rsplit(".", 1)[1])), name
