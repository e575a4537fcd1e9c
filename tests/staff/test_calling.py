"""Whom to ring up first, what to say to whom, and what came of it: noted once, and tried again when it was said."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching import rung
from matching.models import CallAttempt, Offer
from matching.states import CallResult
from notifications.models import Consent, ContactPoint, Message
from tests import factories
from tests.at_once import at_once, while_uncommitted, without_locks
from tests.factories import World
from tests.staff.test_calls import asked, lost, page, to_call
from waitlist.models import Clinic, User

pytestmark = pytest.mark.django_db


def noted(staff: Client, offer: Offer, result: str, after: int = 0, **more: object) -> str:
    said = {"result": result, "after": after, **more}
    return staff.post(reverse("call-noted", args=[offer.pk]), said, follow=True).content.decode()


def order(staff: Client, *offers: Offer) -> list[Offer]:
    """As they stand on the list."""
    text = page(staff)
    return sorted(offers, key=lambda offer: text.index(f">{offer.patient.name}<"))


def test_who_cannot_wait_stands_first_whatever_it_is_about(staff: Client, world: World):
    far, soon = asked(world, "failed"), asked(world, "failed")
    to_call(far, next_attempt_at=timezone.now() + timedelta(minutes=50))
    cancelled = lost(world, hours=2)
    Message.objects.filter(offer=cancelled).update(status="failed")
    assert order(staff, far, soon, cancelled) == [far, cancelled, soon], "in 50 min, in 2 hours, tomorrow"
    text = page(staff)
    assert "Call by" in text and "and it is cancelled" in text and "The time can be taken until" in text


def test_again_in_half_an_hour_stands_under_later_until_then(staff: Client, world: World, desk: User):
    first, second = asked(world, "failed"), asked(world, "failed")
    assert order(staff, first, second) == [first, second] and "Later" not in page(staff)
    assert f"{first.patient.name} is to be rung up again in 30 minutes." in noted(staff, first, "again")
    assert order(staff, first, second) == [second, first]
    text = page(staff)
    assert "Later" in text and "Call again" in text and "call again" in text and desk.name in text
    CallAttempt.objects.update(at=timezone.now() - timedelta(hours=1), again_at=timezone.now() - timedelta(minutes=1))
    assert order(staff, first, second) == [first, second] and "Later" not in page(staff)


def test_a_voicemail_waits_for_them_to_ring_back_and_the_call_stays_due(staff: Client, world: World):
    offer = asked(world, "failed")
    hop = to_call(offer)
    assert "has your voicemail" in noted(staff, offer, "voicemail")
    hop.refresh_from_db()
    attempt = CallAttempt.objects.get()
    assert hop.status == "pending" and attempt.again_at == attempt.at + timedelta(hours=2)
    (line,) = Entry.objects.filter(verb="call.noted")
    assert line.changes == {"result": "Voicemail", "offer": offer.pk}


def test_a_wrong_number_is_theirs_no_more_and_nothing_goes_to_it(staff: Client, world: World, desk: User):
    offer = asked(world, "failed")
    point = offer.patient.contact_points.get()
    assert "taken off them" in noted(staff, offer, "wrong", number=point.value)
    point.refresh_from_db()
    assert not offer.patient.contact_points.exists() and point.stopped_at and point.granted == []
    assert {(line.granted, line.recorded_by, line.note) for line in Consent.objects.filter(contact_point=point)} == {
        (False, desk, "Rung up: a wrong number")
    }
    text = page(staff)
    assert offer.patient.name in text and "no number" in text and "wrong number" in text


def test_a_wrong_number_that_is_not_theirs_changes_nothing(staff: Client, world: World):
    offer, others = asked(world, "failed"), factories.patient(world.clinic)
    point = others.contact_points.get()
    assert "was not theirs any more" in noted(staff, offer, "wrong", number=point.value)
    point.refresh_from_db()
    assert point.stopped_at is None and others.contact_points.exists() and offer.patient.contact_points.exists()


def test_what_came_of_a_call_has_to_be_one_of_these(staff: Client, world: World):
    offer = asked(world, "failed")
    assert "Say what came of the call." in noted(staff, offer, "vanished")
    assert not CallAttempt.objects.exists()
    desk, now = factories.user(world.clinic), timezone.now()
    about = {"clinic": world.clinic, "patient": offer.patient, "result": "again", "by": desk, "at": now}
    for wrong in ({}, {"offer": offer, "appointment": world.appointment()}, {"offer": offer, "again_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CallAttempt.objects.create(**about, **wrong)


def test_a_visit_of_which_nothing_is_in_writing_is_noted_too(staff: Client, world: World):
    now = timezone.now()
    visit = world.appointment(now + timedelta(hours=60), patient=factories.patient(world.clinic))
    Message.objects.create(
        clinic=world.clinic, kind="booked", channel="sms", patient=visit.patient, appointment=visit,
        dedupe_key="booked:untold", status="refused", refused_by="no_contact", next_attempt_at=now, created_at=now,
    )  # fmt: skip
    url = reverse("call-visit-noted", args=[visit.pk])
    assert staff.post(url, {"result": "no_answer", "after": 0}).status_code == 302
    assert "no answer" in page(staff) and visit.patient.name in page(staff)
    other = World()
    foreign = other.appointment(patient=factories.patient(other.clinic))
    for pk in (foreign.pk, world.appointment(now + timedelta(days=9)).pk):
        assert staff.post(reverse("call-visit-noted", args=[pk]), {"result": "again"}).status_code == 404


def test_the_second_of_two_buttons_at_once_is_told_so(staff: Client, world: World):
    offer = asked(world, "failed")
    noted(staff, offer, "again")
    assert "a colleague has rung them up since" in noted(staff, offer, "voicemail")
    last = CallAttempt.objects.get()
    assert "has your voicemail" in noted(staff, offer, "voicemail", after=last.pk)


class Meeting(dict):
    """Whoever looks something up in it waits for the other."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.barrier = threading.Barrier(2)

    def get(self, *words: Any) -> Any:
        self.barrier.wait(20)
        return super().get(*words)


def ring() -> Callable[[], CallAttempt | None]:
    world = World()
    offer, desk = asked(world, "failed"), factories.user(world.clinic)
    return lambda: rung.note(offer, CallResult.AGAIN, after=0, by=desk, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_who_notes_a_call_while_a_colleague_does_is_second():
    note = ring()
    assert while_uncommitted(note, note) is None
    assert CallAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_are_noted(monkeypatch: pytest.MonkeyPatch):
    without_locks(monkeypatch)
    monkeypatch.setattr(rung, "WAITS", Meeting(rung.WAITS))
    note = ring()
    assert None not in at_once([note, note]) and CallAttempt.objects.count() == 2


def test_the_script_says_nothing_to_others_and_a_voicemail_names_nothing(staff: Client, world: World):
    offer = asked(world, "failed")
    slot, text = offer.slot, page(staff)
    assert f"May I speak to {offer.patient.name}?" in text and "A time has opened for you" in text
    assert f"{slot.service.name} with {slot.practitioner.name}, 45 minutes, $320" in text
    assert f"“{world.clinic.name} here. Please ring us back at {world.clinic.phone}.”" in text


def test_a_voicemail_names_what_they_agreed_to_and_no_family_number_ever_does(staff: Client, world: World):
    Clinic.objects.filter(pk=world.clinic.pk).update(content_level=2)
    offer = asked(world, "failed")
    ContactPoint.objects.filter(patients=offer.patient).update(granted=["offers:voice", "detail:voice"])
    assert f"This is for {offer.patient.first_name}, from {world.clinic.name}, about" in page(staff)
    factories.patient(world.clinic, phone=offer.patient.contact_points.get().value)
    text = page(staff)
    assert "This is for" not in text and "2 people use this number: ask who it is." in text


def test_it_says_their_language_and_what_cancelling_would_cost(staff: Client, world: World):
    offer = asked(world, "failed")
    type(offer.patient).objects.filter(pk=offer.patient_id).update(language="es")
    Clinic.objects.filter(pk=world.clinic.pk).update(
        cancel_fee_percent_early=50, cancel_fee_percent_late=100, cancel_notice_minutes=24 * 60, grace_minutes=15
    )
    text = page(staff)
    assert "They speak Spanish." in text
    assert "free to cancel for 15 minutes, then it costs 50 % of $320." in text
