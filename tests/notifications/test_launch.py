"""A dry run is everything but sending, and nothing of it goes later; with Platinum only, nobody else is asked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from matching import cascade, picks, readiness, work
from matching.choosing import ranking
from matching.policy.policies import Wave
from notifications import outbox
from notifications.alerts import mailing
from notifications.models import Message, SimulatedText
from notifications.outbox import boarding, checks
from notifications.states import Rule
from tests import factories
from tests.at_once import while_uncommitted
from tests.factories import NOW, World
from tests.matching import steps
from tests.notifications.conftest import minutes, tell
from waitlist import first_run, launching, roster
from waitlist.models import Clinic, Writeback
from waitlist.states import Launch

pytestmark = pytest.mark.django_db
HELD = ("refused", Rule.REHEARSAL)


def turn(world: World, to: Launch, now=NOW) -> None:
    world.clinic.refresh_from_db()
    assert launching.turn(world.clinic, to, seen=Launch(world.clinic.launch), now=now)
    world.clinic.refresh_from_db()


def deliver_all(now) -> None:
    while outbox.deliver_due(now=now):
        pass


def how_it_stands() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("status", "refused_by"))


@pytest.fixture
def rehearsing(db) -> World:
    """A dry run with two waves of one person each, ten minutes apart."""
    return World(policy=steps.policy(Wave(size=1, window_minutes=5), Wave(10, size=1)), launch="rehearsal")


def test_a_dry_run_goes_through_all_its_waves_and_sends_nothing(rehearsing):
    for _ in range(3):
        rehearsing.entry()
    slot = rehearsing.slot()
    assert steps.step(slot, NOW) == 1
    deliver_all(NOW)
    assert how_it_stands() == [HELD]
    assert "{link}" in Message.objects.get().text, "staff read what would have gone"
    assert work.due(now=NOW, limit=9) == [], "whom a dry run would have told has their time to answer"
    assert steps.step(slot, minutes(1)) == 0 and steps.states(slot) == {"pending": 1}
    assert steps.step(slot, minutes(10)) == 1
    deliver_all(minutes(10))
    assert steps.states(slot) == {"expired": 1, "pending": 1}
    assert [one.refused_by for one in Message.objects.all()] == [Rule.REHEARSAL] * 2
    cascade.advance(slot.pk, now=slot.starts_at)
    slot.refresh_from_db()
    assert (slot.state, SimulatedText.objects.count(), Writeback.objects.count()) == ("expired", 0, 0)
    assert not Entry.objects.filter(verb="message.fell_back").exists(), "nobody is called instead"
    assert set(rehearsing.clinic.entries.values_list("offers_answered", flat=True)) == {0}


def test_what_another_rule_forbids_it_forbids_in_a_dry_run_too(rehearsing):
    told = tell(rehearsing)
    told.point.granted = []
    told.point.save()
    assert told.deliver().refused_by == Rule.NO_CONSENT


def test_staff_are_told_in_a_dry_run(rehearsing):
    factories.user(rehearsing.clinic, "manager")
    slot = rehearsing.slot(next_wave_at=None, state="expired", closed_at=NOW, closed_because="past")
    rehearsing.offer(slot, state="expired")
    assert mailing.sweep(rehearsing.clinic.pk, now=minutes(1)) == 1
    assert checks.look(Message.objects.get(kind="alert"), now=minutes(1)).may_go


def test_nothing_that_a_dry_run_held_back_ever_goes(rehearsing):
    held, _ = tell(rehearsing), tell(rehearsing)
    assert held.deliver().refused_by == Rule.REHEARSAL
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    deliver_all(minutes(2))
    assert how_it_stands() == [HELD, HELD], "nor what only waited"
    held.message.refresh_from_db()
    assert not outbox.may_go_again(held.message, now=minutes(2))
    assert outbox.send_again(held.message, now=minutes(2)) is None
    assert not SimulatedText.objects.exists()
    fresh = tell(rehearsing)
    Message.objects.filter(pk=fresh.message.pk).update(created_at=minutes(3))
    assert fresh.deliver(minutes(3)).status == "delivered"


def test_what_waits_is_older_than_the_end_of_the_dry_run_whatever_its_clock_said(rehearsing):
    told = tell(rehearsing)
    Message.objects.update(created_at=minutes(5))
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    assert rehearsing.clinic.live_since > minutes(5)
    assert told.deliver(minutes(6)).refused_by == Rule.REHEARSAL


def test_a_calendar_is_not_told_and_staff_are(rehearsing):
    rehearsing.connection(writeback_url="https://calendar.example/hook")
    visit = rehearsing.appointment(patient=factories.patient(rehearsing.clinic))
    outbox.write_back(visit, "booked", now=NOW)
    deliver_all(NOW)
    assert how_it_stands() == [HELD]
    assert Writeback.objects.get().status == "task"


def test_a_test_text_goes_in_a_dry_run(rehearsing):
    me = factories.user(rehearsing.clinic, "admin")
    message = first_run.send_test(rehearsing.clinic, "(628) 555-0177", by=me, now=NOW)
    night = NOW - timedelta(hours=8)
    outbox.deliver(message.pk, now=NOW)
    message.refresh_from_db()
    assert (message.status, message.segments) == ("delivered", 1)
    assert message.text.startswith(f"{rehearsing.clinic.name}: this is a test") and night < NOW
    assert first_run.look(rehearsing.clinic).done["test"]
    for _ in range(4):
        assert first_run.send_test(rehearsing.clinic, "(628) 555-0177", by=me, now=NOW)
    assert first_run.send_test(rehearsing.clinic, "(628) 555-0177", by=me, now=NOW) is None


def test_a_test_text_goes_to_no_patient(rehearsing):
    factories.patient(rehearsing.clinic, "+16285550178")
    me = factories.user(rehearsing.clinic, "admin")
    with pytest.raises(ValidationError, match="A patient uses this number"):
        first_run.send_test(rehearsing.clinic, "+16285550178", by=me, now=NOW)
    assert not Message.objects.filter(kind="test").exists()


def test_only_platinum_is_asked_and_the_others_read_why(db):
    world = World(launch="platinum")
    platinum = world.entry(factories.patient(world.clinic, tier="1platinum"))
    gold = world.entry(factories.patient(world.clinic, tier="2gold"))
    raised = world.entry(factories.patient(world.clinic, tier="3silver"), priority="1platinum")
    slot = world.slot()
    assert {one.entry_id for one in ranking.rank(slot, limit=9, now=NOW)} == {platinum.pk, raised.pk}
    assert ranking.why(slot, gold, now=NOW).filter == "not_launched"
    assert picks.ask(slot.pk, [gold.pk], now=NOW).refused == [(gold, "not_launched")]
    turn(world, Launch.EVERYONE)
    assert len(picks.ask(slot.pk, [gold.pk], now=NOW).asked) == 1


@pytest.mark.parametrize(("tier", "priority", "goes"), [
    ("2gold", "", False), ("1platinum", "", True), ("1platinum", "2gold", False), ("3silver", "1platinum", True),
])  # fmt: skip
def test_an_offer_that_waits_goes_to_platinum_only(told, tier, priority, goes):
    type(told.patient).objects.update(tier=tier)
    told.world.clinic.entries.update(priority=priority)
    turn(told.world, Launch.PLATINUM)
    assert (told.deliver().refused_by == Rule.NOT_LAUNCHED) != goes


def test_platinum_only_costs_as_many_statements_for_three_as_for_one(world):
    turn(world, Launch.PLATINUM)
    counted = []
    for many in (1, 3):
        told = [tell(world, tier="1platinum") for _ in range(many)]
        messages = boarding._rows([one.message.pk for one in told], now=NOW)
        with CaptureQueriesContext(connection) as statements:
            assert len(boarding.claim(messages, now=NOW)) == many
        counted.append(len(statements))
    assert counted[0] == counted[1]


def test_confirmations_go_to_everyone_with_platinum_only(told):
    told.deliver()
    turn(told.world, Launch.PLATINUM)
    visit = told.world.appointment(told.slot.starts_at, patient=told.patient)
    outbox.confirm(told.offer, visit, now=minutes(1))
    deliver_all(minutes(1))
    assert Message.objects.get(kind="booked").status == "delivered"


def test_clinics_that_were_here_before_ask_everyone(world):
    assert (world.clinic.launch, world.clinic.live_since) == ("everyone", None)
    assert world.clinic._meta.get_field("launch").db_default.value == "everyone"
    roster.refresh(world.clinic, now=NOW)


def test_of_two_who_turn_it_the_second_is_told(rehearsing):
    turn(rehearsing, Launch.PLATINUM)
    assert not launching.turn(rehearsing.clinic, Launch.EVERYONE, seen=Launch.REHEARSAL, now=NOW)
    assert Clinic.objects.get(pk=rehearsing.clinic.pk).launch == "platinum"
    lines = Entry.objects.filter(verb="clinic.changed", clinic_id=rehearsing.clinic.pk)
    assert lines.latest("pk").changes["launch"] == ["rehearsal", "platinum"]


def test_what_was_rehearsed_is_no_result(rehearsing):
    told = tell(rehearsing)
    told.deliver()
    before = readiness.of(rehearsing.clinic, now=minutes(1))
    assert (before.held_back, before.figures.rehearsed, before.settled, before.is_delivering) == (1, 1, 0, None)
    turn(rehearsing, Launch.EVERYONE, minutes(1))
    after = readiness.of(rehearsing.clinic, now=minutes(2))
    assert after.figures == before.figures and after.held_back == 1, "the switch moves no figure"
    turn(rehearsing, Launch.REHEARSAL, minutes(2))
    assert readiness.of(rehearsing.clinic, now=minutes(2)).figures == before.figures


def test_the_launch_lists_figures_are_counted(world):
    sent = [tell(world) for _ in range(4)]
    for told in sent:
        told.deliver()
    Message.objects.filter(pk=sent[0].message.pk).update(status="undelivered")
    type(sent[1].point).objects.filter(pk=sent[1].point.pk).update(stopped_at=minutes(1))
    ready = readiness.of(world.clinic, now=minutes(2))
    assert (ready.settled, ready.delivered, ready.failed_percent, ready.is_delivering) == (4, 3, 25.0, False)
    assert (ready.people, ready.stopped, ready.is_welcome, ready.promised_twice) == (4, 1, False, 0)
    assert ready.is_quick


def deliver_while_it_turns(told) -> str:
    """What becomes of a text that is about to go when the switch was turned but not committed yet."""
    turn_it = launching.turn.__wrapped__
    clinic = told.world.clinic

    def turned() -> None:
        assert turn_it(clinic, Launch.REHEARSAL, seen=Launch.EVERYONE, now=NOW)

    while_uncommitted(turned, lambda: outbox.deliver(told.message.pk, now=NOW))
    told.message.refresh_from_db()
    return told.message.refused_by


@pytest.mark.django_db(transaction=True)
def test_a_text_that_waited_does_not_go_after_the_switch_is_turned_back(world):
    assert deliver_while_it_turns(tell(world)) == Rule.REHEARSAL
    assert not SimulatedText.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_it_does_not_wait_and_goes(world, monkeypatch):
    told = tell(world)
    monkeypatch.setattr(boarding, "HOW_FAR", boarding.HOW_FAR.replace(" FOR KEY SHARE", ""))
    with pytest.raises(AssertionError):  # while_uncommitted wants it to wait
        deliver_while_it_turns(told)
    assert SimulatedText.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_switch_waits_for_what_is_just_put_on_its_way(world):
    told = tell(world)
    told.message.clinic = world.clinic
    assert while_uncommitted(
        lambda: boarding._keep_to_launch([told.message]),
        lambda: launching.turn(world.clinic, Launch.REHEARSAL, seen=Launch.EVERYONE, now=NOW),
    )


@pytest.mark.django_db(transaction=True)
def test_other_work_on_the_clinic_does_not_wait_for_texts(world):
    told = tell(world)

    def board() -> None:
        boarding._keep_to_launch([told.message])

    with pytest.raises(AssertionError):  # it does not wait
        while_uncommitted(board, lambda: roster.refresh(world.clinic, now=NOW))
