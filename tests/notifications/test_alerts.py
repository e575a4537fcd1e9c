"""Staff are told too: each event once to each who wants it, in few e-mails, and never a word of anybody."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.core import mail
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from notifications import outbox, rendering
from notifications.alerts import counting, finding, mailing, notices
from notifications.alerts.events import DEFAULTS, PAGES, SHORT, WORDS, Event, How, usual
from notifications.models import InboundMessage, Join, Message, Notice, NoticeChoice
from tests import factories
from tests.at_once import at_once, wait_until_blocked, without_locks
from tests.factories import NOW, World
from tests.harness import eventually
from tests.notifications.conftest import minutes
from waitlist.models import Clinic, MassCancellation, Membership, Slot
from waitlist.states import Role
from waitlist.templatetags import bar

pytestmark = pytest.mark.django_db


def member(world: World, role: str = Role.FRONT_DESK, **choices: str) -> Membership:
    found = factories.user(world.clinic, role).memberships.get()
    if choices:
        notices.choose(found, choices, now=NOW)
    return found


def waiting_slot(world: World):
    return world.slot(NOW + timedelta(hours=30 + world.clinic.slots.count()), next_wave_at=minutes(60))


@pytest.fixture
def world(db) -> World:
    return World(autopilot="approve")


def sweep(world: World, now: datetime = NOW) -> list[Message]:
    mailing.sweep(world.clinic.pk, now=now)
    return list(Message.objects.filter(kind="alert").order_by("pk"))


def told(message: Message) -> dict[str, int]:
    return message.context["counts"]


def everything(world: World) -> None:
    """One of each kind."""
    waiting_slot(world)
    world.asked_slot(NOW + timedelta(hours=300 + world.clinic.slots.count()), state="open")
    patient = world.entry().patient
    point = patient.contact_points.get()
    InboundMessage.objects.create(
        clinic=world.clinic, contact_point=point, channel="sms", provider_id=f"SM{point.pk}", text="?", received_at=NOW,
        meaning="unclear",
    )  # fmt: skip
    Message.objects.create(
        clinic=world.clinic, contact_point=point, patient=patient, kind="offer", channel="staff", created_at=NOW,
        dedupe_key=f"staff:{point.pk}", next_attempt_at=minutes(60),
    )  # fmt: skip
    entry = patient.entries.get()
    Join.objects.create(
        clinic=world.clinic, contact_point=point, entry=entry, is_new=True, text_version="join-1", text="…",
        asked_at=NOW, confirmed_at=NOW,
    )  # fmt: skip
    notices.joined(entry, now=NOW)
    notices.money_used_up(world.clinic, now=NOW)


# What is found


def test_each_kind_is_found_once_for_each_who_works_there(world):
    desk, boss = member(world), member(world, Role.MANAGER)
    elsewhere = member(World())
    everything(world)
    sweep(world)
    for one in (desk, boss):
        assert sorted(one.notices.values_list("event", flat=True)) == sorted(Event.values)
    assert not elsewhere.notices.exists()
    sweep(world, minutes(1))
    assert Notice.objects.count() == 2 * len(Event)


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ({}, True),
        ({"next_wave_at": None}, True),
        ({"next_wave_at": NOW}, False),
        ({"state": "offering"}, False),
        ({"paused_for": "sms"}, False),
        ({"starts_at": minutes(-1)}, False),
    ],
)
def test_what_waits_for_an_ok(world, fields, waits):
    world.slot(**{"starts_at": minutes(600), "next_wave_at": minutes(5), **fields})
    assert finding.waiting_slots(now=NOW).exists() == waits


def test_where_nobody_is_asked_first_nothing_waits_for_an_ok():
    world = World(autopilot="automatic")
    waiting_slot(world)
    assert not finding.waiting_slots(now=NOW).exists()
    suggest = World(autopilot="suggest")
    suggest.slot(next_wave_at=None)
    assert finding.waiting_slots(now=NOW).count() == 1


def test_what_staff_paused_before_anybody_was_asked_waits_for_them():
    world = World(autopilot="automatic")
    world.slot(next_wave_at=None, halted_at=NOW)
    assert finding.waiting_slots(now=NOW).count() == 1


def test_a_sick_day_waits_for_an_answer(world):
    desk = member(world)
    day = MassCancellation.objects.create(
        clinic=world.clinic, practitioner=world.practitioner, day=NOW.date(), starts_at=minutes(-600),
        ends_at=minutes(600), noticed_at=NOW,
    )  # fmt: skip
    sweep(world)
    assert desk.notices.get().subject == f"day:{day.pk}"


def test_a_time_that_ran_out_is_told_once_though_it_expires_later(world):
    boss = member(world, Role.MANAGER)
    slot = world.asked_slot(state="open", next_wave_at=minutes(60))
    (message,) = sweep(world)
    assert told(message) == {"exhausted": 1}
    slot.state, slot.closed_because, slot.closed_at = "expired", "past", minutes(30)
    slot.save()
    assert sweep(world, minutes(31)) == [message]
    assert boss.notices.count() == 1


def test_a_time_given_back_has_not_run_out(world):
    world.asked_slot(state="open", next_wave_at=NOW)
    assert not finding.exhausted(now=NOW).exists()


# By whom, when


def test_every_kind_has_words_a_page_and_a_default_for_every_role():
    assert set(WORDS) == set(SHORT) == set(PAGES) == set(Event)
    assert set(DEFAULTS) == set(Role.values)
    assert [event for event in Event if usual(Role.FRONT_DESK, event) == How.AT_ONCE] == [
        Event.APPROVAL, Event.INBOUND, Event.OUTREACH,
    ]  # fmt: skip
    assert {usual(Role.COMPLIANCE, event) for event in Event} == {How.NOT}


def test_each_role_is_mailed_its_own(world):
    desk, boss = member(world), member(world, Role.MANAGER)
    member(world, Role.COMPLIANCE)
    everything(world)
    mails = {message.user_id: told(message) for message in sweep(world)}
    assert mails == {
        desk.user_id: {"approval": 1, "inbound": 1, "outreach": 1},
        boss.user_id: {"exhausted": 1, "money": 1},
    }


def test_once_a_day_comes_at_eight_there(world):
    boss = member(world, Role.MANAGER)
    notices.joined(world.entry(), now=NOW)  # 10 AM in Los Angeles
    notices.joined(world.entry(), now=minutes(30))
    eight = datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert set(boss.notices.values_list("goes_at", flat=True)) == {eight}
    assert sweep(world, eight - timedelta(minutes=1)) == []
    (message,) = sweep(world, eight)
    assert told(message) == {"join": 2}


@pytest.mark.parametrize(
    ("now", "digest"),
    [
        (datetime(2026, 3, 7, 17, tzinfo=UTC), datetime(2026, 3, 8, 15, tzinfo=UTC)),  # the night clocks go on
        (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 1, 16, tzinfo=UTC)),  # and back
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)),
        (datetime(2026, 11, 23, 16, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC)),
    ],
)
def test_eight_is_eight_on_the_clock_of_the_clinic(now, digest):
    assert notices.next_digest(Clinic(timezone="America/Los_Angeles").zone, now=now) == digest


def test_a_choice_counts_and_so_does_a_later_one(world):
    member(world, approval="not")
    waiting_slot(world)
    assert sweep(world) == []
    late = member(world, approval="daily")
    waiting_slot(world)
    sweep(world)
    notices.choose(late, {"approval": "not"}, now=minutes(5))
    assert sweep(world, NOW + timedelta(days=1)) == []


def test_choosing_is_recorded_once_and_known_words_only(world):
    desk = member(world)
    assert notices.choose(desk, {"join": "daily", "approval": "at_once"}, now=NOW)
    assert not notices.choose(desk, {"join": "daily"}, now=NOW)
    line = Entry.objects.get(verb="membership.notices_chosen")
    assert line.changes == {"join": ["not", "daily"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeChoice.objects.create(membership=desk, event="approval", how="hourly")


def test_the_money_is_said_once_a_month(world):
    boss = member(world, Role.MANAGER)
    for at in (NOW, minutes(5), NOW + timedelta(days=20)):
        notices.money_used_up(world.clinic, now=at)
    assert list(boss.notices.order_by("pk").values_list("subject", flat=True)) == ["2026-11", "2026-12"]


# In few e-mails, each event once


def test_many_at_once_are_one_e_mail_and_what_follows_waits(world):
    desk = member(world)
    for _ in range(3):
        waiting_slot(world)
    (first,) = sweep(world)
    assert told(first) == {"approval": 3}
    waiting_slot(world)
    assert sweep(world, minutes(2)) == [first]
    waiting_slot(world)
    assert sweep(world, minutes(9)) == [first]
    _, second = sweep(world, minutes(10))
    assert told(second) == {"approval": 2}
    assert sorted(desk.notices.values_list("message_id", flat=True)) == [first.pk] * 3 + [second.pk] * 2


def test_what_is_over_meanwhile_is_not_told(world):
    desk = member(world, approval="daily", inbound="daily")
    slot = waiting_slot(world)
    everything(world)
    sweep(world)
    slot.state = "withdrawn"
    slot.save()
    InboundMessage.objects.update(read_at=NOW)
    Message.objects.filter(channel="staff").delete()
    sweep(world, notices.next_digest(world.clinic.zone, now=NOW))
    assert set(desk.notices.filter(event="inbound").values_list("goes_at", "message")) == {(None, None)}
    assert not desk.notices.filter(subject=f"slot:{slot.pk}", event="approval").exclude(message=None).exists()


def test_what_nobody_swept_for_half_a_day_is_not_mailed_any_more(world):
    desk = member(world)
    waiting_slot(world)
    notices.note(world.clinic.pk, finding.found(world.clinic.pk, now=NOW), now=NOW)
    assert sweep(world, NOW + timedelta(hours=12)) == []
    assert desk.notices.get().goes_at is None


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_tell_it_once():
    world = World(autopilot="approve")
    desk = member(world)
    waiting_slot(world)
    at_once([lambda: mailing.sweep(world.clinic.pk, now=NOW)] * 4)
    assert desk.notices.count() == 1
    assert Message.objects.filter(kind="alert").count() == 1


def told_by_two(world: World, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, int]]:
    """What two sweeps tell of two times, of which one is over when the second sweep looks, and the first has not
    committed."""
    desk, *_ = member(world), waiting_slot(world), waiting_slot(world)
    notices.note(world.clinic.pk, finding.found(world.clinic.pk, now=NOW), now=NOW)
    over = desk.notices.earliest("pk").subject.removeprefix("slot:")  # the one that gives the e-mail its key
    look, threads = mailing._still_so, []

    def second() -> None:
        Slot.objects.filter(pk=over).update(state="withdrawn")
        mailing.write(desk.pk, now=NOW)
        connections.close_all()

    def look_and_let_the_other_in(*args, **options):
        found = look(*args, **options)
        if not threads:
            threads.append(threading.Thread(target=second))
            threads[0].start()
            wait_until_blocked(threads[0])
        return found

    monkeypatch.setattr(mailing, "_still_so", look_and_let_the_other_in)
    mailing.write(desk.pk, now=NOW)
    threads[0].join()
    return [told(message) for message in Message.objects.filter(kind="alert").order_by("pk")]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_that_see_different_things_tell_each_once(monkeypatch):
    assert told_by_two(World(autopilot="approve"), monkeypatch) == [{"approval": 2}]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_is_told_twice(monkeypatch):
    without_locks(monkeypatch)
    assert sorted(one["approval"] for one in told_by_two(World(autopilot="approve"), monkeypatch)) == [1, 2]


@pytest.mark.worker
def test_the_worker_does_it(stack):
    world = World(autopilot="approve")
    member(world)
    world.slot(timezone.now() + timedelta(hours=30), next_wave_at=timezone.now() + timedelta(hours=1))
    current_app.send_task("notifications.tasks.sweep_alerts")
    eventually(Message.objects.filter(kind="alert", status="sent").exists, seconds=40)


# Going out


def test_it_goes_to_their_own_address_with_their_own_way_out(world):
    desk = member(world)
    waiting_slot(world)
    (message,) = sweep(world)
    outbox.deliver(message.pk, now=NOW)
    message.refresh_from_db()
    assert message.status == "sent"
    (sent,) = mail.outbox
    assert sent.to == [desk.user.email]
    assert sent.subject == f"{world.clinic.name}: 1 free time waits for your OK"
    assert "List-Unsubscribe" not in sent.extra_headers and "List-Unsubscribe-Post" not in sent.extra_headers
    for body in (sent.body, sent.alternatives[0].content):
        assert reverse("my-notices") in body and "unsubscribe" not in body


@pytest.mark.parametrize("gone", ["dismissed", "inactive"])
def test_whoever_does_not_work_there_any_more_gets_nothing(world, gone):
    desk = member(world)
    user = desk.user
    waiting_slot(world)
    (message,) = sweep(world)
    if gone == "dismissed":
        desk.delete()
    else:
        user.is_active = False
        user.save()
    outbox.deliver(message.pk, now=minutes(1))
    message.refresh_from_db()
    assert (message.status, message.refused_by) == ("dropped", "access_ended")
    assert mail.outbox == []
    waiting_slot(world)
    assert sweep(world, minutes(30)) == [message]


def test_an_e_mail_of_half_a_day_ago_is_not_sent(world):
    member(world)
    waiting_slot(world)
    (message,) = sweep(world)
    outbox.deliver(message.pk, now=NOW + timedelta(hours=12))
    message.refresh_from_db()
    assert (message.status, message.refused_by) == ("dropped", "too_late")


# Nothing of anybody

NAME = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll"]), min_size=4, max_size=20)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=NAME, last=NAME, doctor=NAME, service=NAME, text=NAME)
def test_no_word_of_any_patient_practitioner_or_service(first, last, doctor, service, text):
    world = World(autopilot="approve", name="Clinic")
    names = [f"Zq{name}" for name in (first, last, doctor, service, text)]
    world.practitioner.name, world.service.name = names[2], names[3]
    world.practitioner.save()
    world.service.save()
    member(world, **dict.fromkeys(Event.values, "at_once"))
    everything(world)
    world.clinic.patients.update(first_name=names[0], last_name=names[1])
    InboundMessage.objects.update(text=names[4])
    message = sweep(world)[-1]  # of this world: the newest
    letter = rendering.letter(message)
    said = letter.subject + letter.text + letter.html + str(message.context)
    assert set(message.context) == {"clinic_name", "counts"}
    assert len(told(message)) == len(Event)
    assert [name for name in names if name in said] == []


# On the pages


def test_the_bar_says_how_much_waits_where_in_one_query(world):
    desk = member(world)
    everything(world)
    with CaptureQueriesContext(connection) as one:
        counts = bar.by_page(bar.count(desk, now=NOW))
    assert counts == {"board": 3, "waitlist": 1, "tasks": 1, "inbox": 1}
    everything(world)
    waiting_slot(world)
    with CaptureQueriesContext(connection) as three:
        bar.count(desk, now=NOW)
    assert len(one) == len(three) == 1


def test_the_count_written_once_is_what_the_queries_say(world):
    desk, other = member(world), World(autopilot="approve")
    for one in (world, world, other):
        everything(one)
    for now in (NOW, minutes(61), NOW + timedelta(days=2), NOW + timedelta(days=40)):
        first, *rest = bar.everything(world.clinic.pk, desk.pk, now)
        assert bar.count(desk, now=now) == counting.sums(first.union(*rest, all=True))
    assert bar.count(desk, now=NOW) != bar.count(desk, now=NOW + timedelta(days=40))


def test_the_board_says_it_in_words(world, client, monkeypatch):
    desk = member(world)
    everything(world)
    monkeypatch.setattr("django.utils.timezone.now", lambda: minutes(1))
    client.force_login(desk.user)
    page = client.get(reverse("board")).content.decode()
    assert '<span class="count">1</span> <span class="strong">waiting for your OK</span>' in page
    assert f'<span class="count">1</span> <a href="{reverse("calls")}">to call</a>' in page
    assert f'<span class="count">1</span> <a href="{reverse("waitlist")}?state=joined">new on the waitlist</a>' in page
    assert "money for messages is used up" in page
    assert 'Today <span class="count" id="badge-board">' in page


def test_my_notices_are_mine(world, client):
    desk, other = member(world), member(world)
    client.force_login(desk.user)
    page = client.get(reverse("my-notices")).content.decode()
    assert desk.user.email in page and reverse("my-notices") in page
    wanted = dict.fromkeys(Event.values, "daily") | {"money": "not"}
    assert client.post(reverse("my-notices"), wanted | {"clinic": world.clinic.pk}).status_code == 302
    assert notices.chosen([desk, other]) == {
        desk.pk: wanted,
        other.pk: {event: usual(Role.FRONT_DESK, event) for event in Event.values},
    }


def test_a_choice_there_is_not_is_named(world, client):
    desk = member(world)
    client.force_login(desk.user)
    answer = client.post(reverse("my-notices"), dict.fromkeys(Event.values, "daily") | {"join": "hourly"})
    page = answer.content.decode()
    assert "A patient joined the waitlist by themselves" in page and "hourly is not one of" in page
    assert not desk.notice_choices.exists()


def test_a_form_of_another_clinic_changes_nothing(world, client):
    desk = member(world)
    client.force_login(desk.user)
    client.post(reverse("my-notices"), dict.fromkeys(Event.values, "not") | {"clinic": World().clinic.pk})
    assert not desk.notice_choices.exists()
