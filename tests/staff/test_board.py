"""Today: what stands on it, in how many queries, and for whom."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching.likeness import ENOUGH
from matching.models import SentWave
from matching.states import LEFT_OUT, OfferState
from matching.views.cards import cards
from notifications.models import Message
from notifications.states import Kind, MessageStatus
from tests import factories
from tests.factories import World
from waitlist.models import Slot, Writeback
from waitlist.states import ClosedBecause, Role, SlotState, WritebackStatus
from waitlist.templatetags.standby import iso

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


def live_slot(world: World, **fields: object) -> Slot:
    now = timezone.now()
    defaults = {"opened_at": now - timedelta(minutes=6), "next_wave_at": now + timedelta(minutes=9)}
    return world.slot(now + timedelta(hours=30, minutes=60 * Slot.objects.count()), **{**defaults, **fields})


def asked(world: World, slot: Slot, status: str = MessageStatus.DELIVERED, **fields: object):
    now = timezone.now()
    offer = world.offer(slot, offered_at=now, expires_at=now + timedelta(hours=1), **fields)
    point = offer.patient.contact_points.get()
    Message.objects.create(
        clinic=world.clinic,
        kind=Kind.OFFER,
        channel="sms",
        contact_point=point,
        patient=offer.patient,
        offer=offer,
        slot=slot,
        dedupe_key=f"offer:{offer.pk}:sms",
        status=status,
        next_attempt_at=now,
        created_at=now,
        sent_at=now,
    )
    return offer


def filled_slot(world: World, status: str = WritebackStatus.TASK) -> Slot:
    now = timezone.now()
    slot = live_slot(world)
    patient = factories.patient(world.clinic)
    appointment = world.appointment(slot.starts_at, patient=patient)
    Writeback.objects.create(
        clinic=world.clinic, appointment=appointment, kind="booked", status=status, created_at=now, updated_at=now
    )
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.FILLED, filled_by=appointment, filled_at=now)
    return slot


def test_an_empty_board_says_what_comes(staff: Client):
    page = staff.get("/").content.decode()
    assert "Every time is taken care of" in page
    assert "no opening has ended yet" in page


@pytest.mark.parametrize("because", ["uncancelled", "rebooked"])
def test_what_is_booked_again_does_not_stay_empty_nor_is_opened_again(because: str, staff: Client, world: World):
    slot = world.slot(timezone.now() + timedelta(hours=30), state=SlotState.WITHDRAWN, closed_because=because)
    Slot.objects.filter(pk=slot.pk).update(closed_at=timezone.now())
    assert "Stays empty" not in staff.get("/").content.decode()
    assert "Open it again" not in staff.get(reverse("slot", args=[slot.pk])).content.decode()


def test_a_slot_with_everybody_asked(staff: Client, world: World):
    slot = live_slot(world, state=SlotState.OFFERING, wave=1)
    one = asked(world, slot)
    asked(world, slot, MessageStatus.UNDELIVERED)
    asked(world, slot, state=OfferState.DECLINED, decline_reason="wrong_time", answered_at=timezone.now())
    page = staff.get("/").content.decode()
    assert "Wave 1 of 4" in page
    assert one.patient.short_name in page
    for word in ("Asking", "Delivered", "Not delivered", "Said no", "Wrong time", "$320", "next wave"):
        assert word in page


def test_an_update_is_only_the_inner_part(staff: Client, world: World):
    live_slot(world)
    answer = staff.get("/", headers=HTMX)
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]
    assert "no-store" in answer["Cache-Control"]


def test_filled_with_a_task_and_run_out_with_the_reason(staff: Client, world: World):
    filled_slot(world)
    empty = live_slot(world, state=SlotState.EXPIRED, closed_at=timezone.now(), closed_because=ClosedBecause.PAST)
    SentWave.objects.create(
        slot=empty, number=1, sent_at=timezone.now(), asked=0, excluded={"another_day": 4, "eligible": 2}
    )
    page = staff.get("/").content.decode()
    assert "enter in calendar" in page
    assert "Ran out" in page
    assert "<b>4</b> cannot that day" in page
    assert '1<span class="sr-only"> to do' in page


def test_a_message_that_waits_for_the_morning_says_when(staff: Client, world: World):
    offer = asked(world, live_slot(world, state=SlotState.OFFERING, wave=1), MessageStatus.PENDING)
    Message.objects.filter(offer=offer).update(next_attempt_at=timezone.now() + timedelta(hours=9))
    page = staff.get("/").content.decode()
    assert "Waiting to go" in page
    assert "goes out" in page


def test_a_message_that_a_rule_forbade_says_which(staff: Client, world: World):
    offer = asked(world, live_slot(world, state=SlotState.OFFERING, wave=1), MessageStatus.REFUSED)
    Message.objects.filter(offer=offer).update(refused_by="stopped")
    page = staff.get("/").content.decode()
    assert "Not sent" in page
    assert "Opted out" in page


@pytest.mark.django_db(transaction=True)
def test_a_word_to_staff_comes_once_and_with_the_answer(staff: Client, world: World):
    slot = live_slot(world, state=SlotState.EXPIRED)
    answer = staff.post(reverse("slot-start", args=[slot.pk]), headers=HTMX).content.decode()
    assert 'hx-swap-oob="true"><p class="flash warning">That time is not open any more.</p>' in answer
    assert 'id="messages"' not in staff.get("/", headers=HTMX).content.decode()


def test_kept_empty_is_said(staff: Client, world: World):
    live_slot(world, state=SlotState.WITHDRAWN, closed_at=timezone.now(), closed_because=ClosedBecause.KEPT_EMPTY)
    assert "Kept empty" in staff.get("/").content.decode()


def test_nothing_of_another_clinic(staff: Client):
    other = World()
    live_slot(other)
    assert other.practitioner.name not in staff.get("/").content.decode()


@pytest.mark.parametrize("autopilot, words", [("approve", "needs your OK"), ("suggest", "waits for you")])
def test_what_happens_by_itself(autopilot: str, words: str, client: Client):
    world = World(autopilot=autopilot)
    client.force_login(factories.user(world.clinic))
    live_slot(world, **({"next_wave_at": None} if autopilot == "suggest" else {}))
    assert words in client.get("/").content.decode()


def test_an_open_time_says_how_often_times_like_it_were_filled(staff: Client, world: World):
    slot = live_slot(world)
    lead = slot.starts_at - slot.opened_at
    assert f"not known yet: 0 of {ENOUGH} openings like it" in staff.get("/").content.decode()
    for n in range(1, ENOUGH + 1):
        at = timezone.now() - timedelta(hours=n)
        fields = {"opened_at": at - lead, "state": SlotState.EXPIRED, "closed_because": ClosedBecause.PAST}
        world.slot(at, **fields)
    for page in ("/", reverse("slot", args=[slot.pk])):
        words = staff.get(page).content.decode()
        assert f"<b>none</b> filled, from {ENOUGH} of this service with" in words


def test_the_line_of_waves_is_told_in_words(staff: Client, world: World):
    live_slot(world, state=SlotState.OFFERING, wave=1)
    assert 'aria-label="Wave 1 of 4: 1 sent, 1 next, 2 to come after it"' in staff.get("/").content.decode()


def test_before_the_first_wave_one_may_look_and_after_it_add_somebody(staff: Client, world: World):
    slot = live_slot(world)
    look, add = (reverse(name, args=[slot.pk]) for name in ("slot-dry-run", "slot-ask"))
    page = staff.get("/").content.decode()
    assert (look in page, add in page) == (True, False)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.OFFERING, wave=1)
    page = staff.get("/").content.decode()
    assert (look in page, add in page) == (False, True)


@committed
def test_one_time_is_paused_and_resumed_from_its_card(staff: Client, world: World):
    slot = live_slot(world, state=SlotState.OFFERING, wave=1)
    SentWave.objects.create(slot=slot, number=1, sent_at=timezone.now(), asked=1)
    asked(world, slot)
    pause, resume = (reverse(name, args=[slot.pk]) for name in ("slot-pause", "slot-resume"))
    page = staff.get("/").content.decode()
    assert (pause in page, resume in page) == (True, False)
    assert staff.post(pause, headers=HTMX)["HX-Trigger"] == "live"
    page = staff.get("/").content.decode()
    assert (pause in page, resume in page) == (False, True)
    assert "paused by hand: nobody else is asked until you resume" in page
    assert "It was not paused any more." not in staff.post(resume, follow=True).content.decode()
    assert pause in staff.get("/").content.decode()
    assert "It was not paused any more." in staff.post(resume, follow=True).content.decode()


def test_who_can_only_be_called_stands_on_the_card(staff: Client, world: World):
    slot = live_slot(world, state=SlotState.OFFERING, wave=1)
    asked(world, slot, MessageStatus.DELIVERED)
    assert f'id="calls-{slot.pk}"' not in staff.get("/").content.decode()
    asked(world, slot, MessageStatus.UNDELIVERED)
    page = staff.get("/").content.decode()
    assert f'id="calls-{slot.pk}" href="{reverse("calls")}">Call 1<' in page


def test_a_time_just_filled_is_marked_for_a_moment(staff: Client, world: World):
    slot = filled_slot(world)
    assert 'class="fresh"' in staff.get("/").content.decode()
    Slot.objects.filter(pk=slot.pk).update(filled_at=timezone.now() - timedelta(minutes=1))
    assert 'class="fresh"' not in staff.get("/").content.decode()


def test_today_has_its_own_figures(staff: Client, world: World):
    filled_slot(world)
    page = staff.get("/").content.decode()
    strip, week = page[page.index('aria-label="Today"') :].split("This week: ", 1)
    assert "1 of 1" in strip and "100 % of the openings that ended" in strip
    assert "<b>1 of 1</b> filled" in week and "half of 1 filled within" in week


def test_the_number_of_queries_is_fixed(staff: Client, world: World, django_assert_num_queries):
    def one_more() -> None:
        slot = live_slot(world, state=SlotState.OFFERING, wave=1)
        asked(world, slot)
        filled_slot(world)

    one_more()
    with django_assert_num_queries(17):
        staff.get("/")
    one_more()
    one_more()
    with django_assert_num_queries(17):
        staff.get("/")


def test_compliance_is_led_to_the_trail(client: Client, world: World):
    client.force_login(factories.user(world.clinic, Role.COMPLIANCE))
    assert client.get("/")["Location"] == reverse("trail")


def test_a_visitor_is_sent_to_the_sign_in(client: Client):
    assert client.get("/")["Location"].startswith(reverse("login"))


def people_of(slot: Slot) -> list[tuple[int, str, int | None]]:
    """Their number, what is said of how far they have got, and who they are."""
    (card,) = cards(Slot.objects.filter(pk=slot.pk), now=timezone.now())
    return [(one.number, one.look[2], one.offer.patient_id) for one in card.people]


def test_only_who_was_asked_has_a_number_and_the_others_stand_last(staff: Client, world: World):
    slot = live_slot(world, state=SlotState.OFFERING, wave=1)
    gave_up = world.offer(slot, wave=0, state=OfferState.RETURNED)
    left_out = world.offer(slot, **LEFT_OUT)
    one, two = asked(world, slot, score=9), asked(world, slot, score=5)
    assert people_of(slot) == [
        (1, "Delivered", one.patient_id),
        (2, "Delivered", two.patient_id),
        (0, "Not asked", gave_up.patient_id),
        (0, "Left out", left_out.patient_id),
    ]
    board = staff.get("/").content.decode()
    assert re.findall(r'<span class="rank" aria-hidden="true">(\d*)</span>', board) == ["1", "2", ""]
    assert board.index(two.patient.short_name) < board.index(gave_up.patient.short_name)
    page = staff.get(reverse("slot", args=[slot.pk])).content.decode()
    assert re.findall(r'<span class="rank muted">(\d*)</span>', page) == ["1", "2"]


def test_with_nobody_asked_the_list_is_not_called_so(staff: Client, world: World):
    slot = live_slot(world)
    world.offer(slot, wave=0, state=OfferState.RETURNED)
    assert 'aria-label="Not asked"' in staff.get("/").content.decode()


@pytest.mark.parametrize("state", [OfferState.PENDING, OfferState.EXPIRED])
def test_who_holds_the_time_is_finishing(state: str, staff: Client, world: World):
    until = timezone.now() + timedelta(minutes=4)
    slot = live_slot(world, state=SlotState.OFFERING, wave=1)
    one, two = asked(world, slot, seen_at=timezone.now(), holds=1, state=state), asked(world, slot)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.HELD, held_by=one.patient, held_until=until)
    assert people_of(slot) == [(1, "Finishing", one.patient_id), (2, "Delivered", two.patient_id)]
    page = staff.get("/").content.decode()
    assert 'class="badge hold"' in page and f'until <time datetime="{iso(until)}">' in page
    Slot.objects.filter(pk=slot.pk).update(held_until=timezone.now())
    assert people_of(slot)[0][1] != "Finishing"
