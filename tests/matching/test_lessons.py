"""A decline that teaches: each reason, by link, reply and staff alike, and taking it back."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.models import Entry
from matching import cascade, claims
from matching.answering import lessons
from matching.choosing import ranking
from matching.models import Lesson, Offer
from matching.views.lesson_words import notice
from tests import factories
from tests.at_once import while_uncommitted, without_locks
from tests.factories import ALL_WEEK, NOW, World
from waitlist import roster
from waitlist.entries import Wish
from waitlist.forms.wishes import NOTICE
from waitlist.lessons import NOTICE_STEPS_MINUTES
from waitlist.models import Slot, WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY_2PM = NOW + timedelta(days=4, hours=4)  # 14:00 in Los Angeles
FRIDAY = 1 << 4


@pytest.fixture
def world() -> World:
    return World()


def declined(world: World, reason: str, *, starts_at=FRIDAY_2PM, via="link", **fields) -> WaitlistEntry:
    entry = world.entry(**fields)
    offer = world.offer(world.slot(starts_at, state="offering"), entry)
    assert claims.decline(offer.pk, reason=reason, via=via, now=NOW) == "declined"
    entry.refresh_from_db()
    return entry


def windows(entry: WaitlistEntry) -> list[tuple[int, int, int]]:
    return sorted(entry.availabilities.values_list("days", "from_minute", "until_minute"))


@pytest.mark.parametrize("via", ["link", "reply", "staff"])
def test_too_soon_raises_the_notice_by_a_step_above_what_they_were_given(world, via):
    entry = declined(world, "too_soon", starts_at=NOW + timedelta(hours=3), via=via)
    assert entry.notice_minutes == 240
    line = Entry.objects.get(verb="entry.taught")
    assert line.object_id == entry.pk and line.changes["notice_minutes"] == [60, 240]
    later = world.slot(NOW + timedelta(hours=3, minutes=30), practitioner=factories.practitioner(world.clinic))
    assert ranking.why(later, entry, now=NOW).filter == "short_notice"


def test_every_step_of_notice_is_one_that_staff_can_choose():
    assert set(NOTICE_STEPS_MINUTES) <= set(dict(NOTICE))


def test_wrong_time_takes_that_part_of_that_day_out_and_nothing_else(world):
    entry = declined(world, "wrong_time")
    assert windows(entry) == [(FRIDAY, 0, 660), (FRIDAY, 1080, 1440), (ALL_WEEK & ~FRIDAY, 0, 1440)]
    friday = (NOW + timedelta(days=11)).astimezone(ZoneInfo("America/Los_Angeles"))
    fits = {}
    for hour in (10, 11, 12, 14, 16, 17):
        slot = world.slot(friday.replace(hour=hour), practitioner=factories.practitioner(world.clinic))
        fits[hour] = ranking.why(slot, entry, now=NOW).filter != "another_time"
    assert fits == {10: True, 11: True, 12: False, 14: False, 16: False, 17: True}


def test_other_provider_excludes_that_practitioner_for_this_wish_only(world):
    factories.practitioner(world.clinic)
    patient = factories.patient(world.clinic)
    other = factories.entry(world.clinic, [factories.service(world.clinic)], patient)
    entry = declined(world, "other_provider", who=patient)
    other.refresh_from_db()
    assert (entry.excluded_practitioners, other.excluded_practitioners) == ([world.practitioner.pk], [])


def test_not_needed_takes_this_wish_off_the_list_and_pause_pauses_it(world):
    assert declined(world, "not_needed").status == "removed"
    paused = declined(world, "pause", starts_at=FRIDAY_2PM + timedelta(days=1))
    assert (paused.status, paused.paused_until) == ("paused", NOW + timedelta(days=14))
    assert set(
        Entry.objects.filter(changes__has_key="reason", verb__startswith="entry").values_list("verb", flat=True)
    ) == {
        "entry.removed",
        "entry.paused",
    }


@pytest.mark.parametrize("reason", ["", "stop", "x" * 500])
def test_what_says_nothing_teaches_nothing(world, reason):
    before = declined(world, reason)
    assert not Lesson.objects.exists() and before.status == "active"


def test_a_reason_that_would_leave_nothing_changes_nothing_and_says_so(world):
    alone = declined(world, "other_provider")
    assert (alone.excluded_practitioners, Lesson.objects.get(entry=alone).refused) == ([], "nobody")
    fridays = declined(
        world, "wrong_time", starts_at=FRIDAY_2PM + timedelta(hours=1), availability=[(FRIDAY, 13 * 60, 17 * 60)]
    )
    assert (windows(fridays), Lesson.objects.get(entry=fridays).refused) == ([(FRIDAY, 780, 1020)], "no_time")
    soon = declined(world, "too_soon", starts_at=NOW + timedelta(hours=15), latest_on=NOW.date())
    assert (soon.notice_minutes, Lesson.objects.get(entry=soon).refused) == (60, "no_notice")
    weeks = declined(world, "too_soon", starts_at=NOW + timedelta(days=20))
    assert Lesson.objects.get(entry=weeks).refused == "no_notice"
    assert Entry.objects.filter(verb="entry.not_taught").count() == 4


@pytest.mark.parametrize("reason", ["too_soon", "wrong_time", "other_provider", "not_needed", "pause"])
def test_each_can_be_taken_back_once(world, reason):
    factories.practitioner(world.clinic)
    entry = declined(world, reason)
    fresh = World().entry()
    offer = Offer.objects.get()
    assert lessons.take_back(offer.pk, now=NOW)
    entry.refresh_from_db()
    same = ("notice_minutes", "excluded_practitioners", "status", "paused_until")
    assert [getattr(entry, name) for name in same] == [getattr(fresh, name) for name in same]
    assert windows(entry) == [(ALL_WEEK, 0, 1440)]
    assert not lessons.take_back(offer.pk, now=NOW)
    assert Entry.objects.filter(verb="entry.untaught").count() == 1


def test_what_staff_changed_since_is_not_taken_back(world):
    entry = declined(world, "too_soon")
    WaitlistEntry.objects.filter(pk=entry.pk).update(notice_minutes=30)
    assert not lessons.take_back(Offer.objects.get().pk, now=NOW)
    entry.refresh_from_db()
    assert entry.notice_minutes == 30 and Lesson.objects.get().undone_at is None


def test_who_joined_anew_keeps_the_new_wish(world):
    entry = declined(world, "not_needed")
    world.entry(entry.patient)
    assert not lessons.take_back(Offer.objects.get().pk, now=NOW)
    entry.refresh_from_db()
    assert entry.status == "removed"


def test_a_reason_given_later_teaches_too_and_once(world):
    entry = declined(world, "")
    offer = Offer.objects.get()
    assert lessons.learn_also(offer.pk, reason="pause", now=NOW)
    assert lessons.learn_also(offer.pk, reason="not_needed", now=NOW) is None
    entry.refresh_from_db()
    assert entry.status == "paused"


def race(world: World) -> tuple[Slot, WaitlistEntry, Offer]:
    """One waits, was asked for a time of Dr A, and a time of Dr A is about to be offered to them too."""
    factories.practitioner(world.clinic)
    entry = world.entry()
    offer = world.offer(world.slot(FRIDAY_2PM, state="offering"), entry)
    return world.slot(FRIDAY_2PM + timedelta(hours=2)), entry, offer


def learn_inside(offer: Offer, reason: str) -> None:
    slot = (
        Slot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("location__clinic")
        .get(pk=offer.slot_id)
    )
    assert lessons.learn(slot, offer, reason=reason, now=NOW)


def test_a_wave_of_another_slot_waits_for_the_lesson_and_keeps_to_it(world):
    slot, _, offer = race(world)
    while_uncommitted(lambda: learn_inside(offer, "other_provider"), lambda: cascade.advance(slot.pk, now=NOW))
    assert not Offer.objects.filter(slot=slot).exists(), "they had just said that they want somebody else"


def test_control_without_locks_the_wave_goes_out_all_the_same(world, monkeypatch):
    slot, _, offer = race(world)
    without_locks(monkeypatch)
    while_uncommitted(lambda: learn_inside(offer, "other_provider"), lambda: cascade.advance(slot.pk, now=NOW))
    assert Offer.objects.filter(slot=slot).exists()


def test_staff_who_save_the_wish_meanwhile_wait_and_their_word_stands(world):
    _, entry, offer = race(world)
    wish = Wish((world.service.pk,), notice_minutes=30)
    while_uncommitted(lambda: learn_inside(offer, "other_provider"), lambda: roster.edit(entry.pk, wish, now=NOW))
    entry.refresh_from_db()
    assert (entry.excluded_practitioners, entry.notice_minutes) == ([], 30)
    assert not lessons.take_back(offer.pk, now=NOW), "theirs is the last word"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (60, "1 hour’s"),
        (90, "90 minutes’"),
        (240, "4 hours’"),
        (1440, "24 hours’"),
        (4320, "3 days’"),
        (10080, "7 days’"),
    ],
)
def test_notice_in_words(minutes, words):
    assert notice(minutes) == words
