"""One slot: its tabs, asking, stopping, booking by hand, and the warning while offers are out."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from matching.models import Offer
from matching.policy.policies import Policy, Wave
from matching.states import OfferState
from notifications import outages
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Appointment, Patient, Slot, User
from waitlist.states import ClosedBecause, Launch, SlotState

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def open_slot(world: World, **fields: object) -> Slot:
    now = timezone.now()
    return world.slot(
        now + timedelta(hours=30), **{"opened_at": now, "next_wave_at": now + timedelta(minutes=5), **fields}
    )


def offered(world: World, slot: Slot, **fields: object) -> Offer:
    now = timezone.now()
    parts = {"time": 10_000, "practitioner": 4000, "fairness": 0}
    return world.offer(
        slot, **{"offered_at": now, "expires_at": now + timedelta(hours=1), "parts": parts, "score": 720_000, **fields}
    )


def test_the_people_with_the_parts_of_their_score(staff: Client, world: World):
    slot = open_slot(world, state=SlotState.OFFERING, wave=1)
    offer = offered(world, slot)
    page = staff.get(reverse("slot", args=[slot.pk])).content.decode()
    assert offer.patient.name in page
    assert "72 points" in page
    assert "<span>Practitioner</span><span>40</span>" in page


def test_who_was_not_asked_and_why(staff: Client, world: World):
    slot = open_slot(world)
    world.entry()
    another = factories.entry(world.clinic, [factories.service(world.clinic)])
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "others", "q": another.patient.last_name})
    words = page.content.decode()
    assert "As the next wave would ask, of 1 who fits now and was not asked yet." in words
    assert 'aria-label="Practitioner 100 of 100"' in words
    assert "They wait for another service." in words


def test_what_would_let_more_people_in(staff: Client, world: World):
    slot = open_slot(world)
    world.entry(notice_minutes=2 * 29 * 60)
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "others"}).content.decode()
    assert "Nobody fits now who was not asked yet." in page
    assert "need more notice" in page
    assert "notice of 1740 instead of 3480 min" in page


def test_the_timeline_is_the_trail(staff: Client, world: World, desk: User):
    slot = open_slot(world)
    staff.post(reverse("slot-start", args=[slot.pk]))
    page = staff.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert "Asked to go on now" in page
    assert f"· {desk.name}</span>" in page and f"· {desk.email}" not in page


test_the_timeline_is_the_trail = committed(test_the_timeline_is_the_trail)


@pytest.mark.parametrize("tab", ["people", "others", "messages", "timeline", "nonsense"])
def test_every_tab_of_an_empty_slot(tab: str, staff: Client, world: World):
    assert staff.get(reverse("slot", args=[open_slot(world).pk]), {"tab": tab}).status_code == 200


@committed
def test_asking_now(staff: Client, world: World):
    slot, one = open_slot(world), world.entry()
    answer = staff.post(reverse("slot-start", args=[slot.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("slot", args=[slot.pk]), 302)]
    assert "Asked 1 person." in answer.content.decode()
    assert [offer.entry_id for offer in slot.offers.all()] == [one.pk]
    again = staff.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "Nobody was found who can be told in time." in again


@committed
def test_asking_now_in_a_dry_run_of_the_clinic(staff: Client, world: World):
    world.clinic.launch = Launch.REHEARSAL
    world.clinic.save(update_fields=["launch"])
    slot, _, _ = open_slot(world), world.entry(), world.entry()
    page = staff.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "Dry run: 2 people would be asked now." in page


@committed
def test_asking_now_asks_the_reserve_first(staff: Client, world: World):
    slot, one = open_slot(world), world.entry()
    offered(world, slot, state=OfferState.RETRACTED, reserve="ask", reserved_at=timezone.now())
    page = staff.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "Asked the reserve, who comes first." in page
    assert not slot.offers.filter(entry=one).exists()


@committed
def test_what_was_done_is_said_with_the_answer(staff: Client, world: World):
    slot, _ = open_slot(world), world.entry()

    def said(name: str) -> str:
        return staff.post(reverse(name, args=[slot.pk]), headers={"HX-Request": "true"}).content.decode()

    assert "Paused. Nobody is asked until you say so." in said("slot-pause")
    assert "Asked 1 person." in said("slot-resume"), "nobody can answer, so the next wave is due"
    assert "Paused. Nobody else is asked until you resume" in said("slot-pause")
    assert re.search(r"Resumed. The next wave goes at \d+:\d\d [AP]M", said("slot-resume"))
    assert "It was not paused any more." in said("slot-resume")


@committed
def test_asking_now_in_an_outage_says_that_it_waits(staff: Client, world: World):
    slot = open_slot(world)
    outages.begin("sms", "unreachable", now=timezone.now())
    page = staff.post(reverse("slot-start", args=[slot.pk]), follow=True).content.decode()
    assert "Texts do not go out at the moment. The next few are asked as soon as they do" in page


@committed
def test_a_live_page_is_told_to_look_again(staff: Client, world: World):
    slot = open_slot(world)
    answer = staff.post(reverse("slot-start", args=[slot.pk]), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "live")


@committed
@pytest.mark.parametrize("keep, because", [("0", ClosedBecause.STOPPED), ("1", ClosedBecause.KEPT_EMPTY)])
def test_stopping_takes_the_offers_back(keep: str, because: str, staff: Client, world: World):
    slot = open_slot(world, state=SlotState.OFFERING, wave=1)
    offer = offered(world, slot)
    url = reverse("slot-stop", args=[slot.pk])
    assert offer.patient.name in staff.get(url).content.decode()
    staff.post(url, {"keep_empty": keep})
    slot.refresh_from_db()
    offer.refresh_from_db()
    assert (slot.state, slot.closed_because, offer.state) == ("withdrawn", because, OfferState.RETRACTED)
    again = staff.post(url, follow=True).content.decode()
    assert "had ended before" in again


def test_get_never_stops_or_books(staff: Client, world: World):
    slot = open_slot(world)
    for name in ("slot-stop", "slot-book"):
        staff.get(reverse(name, args=[slot.pk]), {"patient": factories.patient(world.clinic).pk, "confirmed": "1"})
    assert staff.get(reverse("slot-start", args=[slot.pk])).status_code == 405
    slot.refresh_from_db()
    assert slot.state == SlotState.OPEN


@committed
def test_booking_somebody_found_by_name(staff: Client, world: World, desk: User):
    slot = open_slot(world)
    patient = factories.patient(world.clinic, first_name="Ana", last_name="Pérez")
    url = reverse("slot-book", args=[slot.pk])
    assert "Ana Pérez" in staff.get(url, {"q": "ana pér"}).content.decode()
    staff.post(url, {"patient": patient.pk})
    slot.refresh_from_db()
    assert slot.filled_by.patient == patient
    assert Entry.objects.get(verb="slot.filled").actor_email == desk.email


def test_whoever_books_by_hand_can_ring_them_up(staff: Client, world: World, django_assert_num_queries):
    slot = open_slot(world)
    url = reverse("slot-book", args=[slot.pk])
    best = [world.entry().patient]
    nobody = factories.patient(world.clinic, first_name="Ana", phone=None)
    other = factories.patient(World().clinic, first_name="Ana")
    numbers = {one: one.contact_points.get().value for one in (*best, other)}
    staff.get(url)
    with CaptureQueriesContext(connection) as one:
        page = staff.get(url).content.decode()
    assert f'href="tel:{numbers[best[0]]}"' in page
    best += [world.entry().patient, world.entry().patient]
    with django_assert_num_queries(len(one)):
        page = staff.get(url).content.decode()
    assert all(f'href="tel:{one.contact_points.get().value}"' in page for one in best)
    found = staff.get(url, {"q": "ana"}).content.decode()
    assert nobody.name in found and "no number" in found and numbers[other] not in found


@committed
def test_it_warns_while_offers_are_out(staff: Client, world: World, desk: User):
    slot = open_slot(world, state=SlotState.OFFERING, wave=1)
    offer = offered(world, slot)
    patient = factories.patient(world.clinic)
    url = reverse("slot-book", args=[slot.pk])
    warning = staff.post(url, {"patient": patient.pk}).content.decode()
    assert offer.patient.name in warning and "may answer until" in warning
    assert "say why it is booked" not in warning
    for unsaid in ("", "because"):
        again = staff.post(url, {"patient": patient.pk, "override": unsaid}).content.decode()
        assert "say why it is booked all the same" in again
    assert not Appointment.objects.exists()
    staff.post(url, {"patient": patient.pk, "override": "urgent"})
    offer.refresh_from_db()
    line = Entry.objects.get(verb="slot.override")
    assert (line.actor_email, line.changes) == (desk.email, {"reason": "urgent", "offers": 1})
    words = staff.get(reverse("slot", args=[slot.pk]), {"tab": "timeline"}).content.decode()
    assert "Although others had an offer for it: it is urgent" in words
    assert offer.state == OfferState.RETRACTED
    assert Appointment.objects.get().patient == patient


@committed
def test_a_refusal_is_said(staff: Client, world: World):
    slot = open_slot(world)
    patient = factories.patient(world.clinic)
    world.appointment(slot.starts_at, patient=patient, practitioner=factories.practitioner(world.clinic))
    answer = staff.post(reverse("slot-book", args=[slot.pk]), {"patient": patient.pk}, follow=True)
    assert "booked at that time already" in answer.content.decode()


@pytest.mark.parametrize("patient", ["", "x", "0", "foreign"])
def test_a_patient_of_another_clinic_is_not_found(patient: str, staff: Client, world: World):
    chosen = factories.patient(factories.clinic()).pk if patient == "foreign" else patient
    answer = staff.post(reverse("slot-book", args=[open_slot(world).pk]), {"patient": chosen})
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["slot", "slot-start", "slot-stop", "slot-book"])
def test_a_slot_of_another_clinic_is_not_found(name: str, staff: Client):
    slot = open_slot(World())
    url = reverse(name, args=[slot.pk])
    assert staff.post(url).status_code in (404, 405)
    assert staff.get(url).status_code in (404, 405)


def test_who_is_next_is_whom_the_next_wave_asks(client: Client):
    waves = (Wave(tiers=("2gold",), size=1), Wave(15, order="fifo"))
    world = World(policy=Policy("ours", short=waves, long=waves))
    client.force_login(factories.user(world.clinic))
    best, oldest = world.entry(), world.entry(notice_minutes=20 * 60, added_at=NOW - timedelta(days=90))
    slot = open_slot(world)
    page = client.get(reverse("slot", args=[slot.pk]), {"tab": "others"}).content.decode()
    assert page.index(oldest.patient.name) < page.index(best.patient.name), "nobody is Gold: the second wave is next"
    Patient.objects.filter(pk=best.patient_id).update(tier="2gold")
    page = client.get(reverse("slot", args=[slot.pk]), {"tab": "others"}).content.decode()
    assert best.patient.name in page
    assert oldest.patient.name not in page
