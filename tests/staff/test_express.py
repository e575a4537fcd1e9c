"""Staff send a booking link: from which pages, over whose offers, what the board says meanwhile, and taking it back."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from matching import cascade, claims, express
from matching.answering.accepted import Accepted
from matching.models import ExpressBooking, Offer
from matching.policy import presets
from notifications.models import ContactPoint, Message
from tests import factories
from tests.factories import World
from waitlist import vacancies
from waitlist.models import Clinic, Slot, User
from waitlist.states import Role

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
TERMS = "Botox with Dr Chen.\nLater it costs half."


@pytest.fixture
def world() -> World:
    """Staff pick here; everybody is reached by e-mail, which goes at any hour this test runs at."""
    made = World(policy=presets.staff_picks())
    made.practitioner.name = "Dr Chen"
    made.practitioner.save()
    return made


@pytest.fixture
def desk(world: World) -> User:
    return factories.user(world.clinic)


@pytest.fixture
def staff(desk: User, client: Client) -> Client:
    client.force_login(desk)
    return client


def waiting(world: World, name: str = "Ana"):
    n = ContactPoint.objects.count()
    who = factories.patient(world.clinic, phone=None, email=f"p{n}@a.example", first_name=name, last_name="Ruiz")
    return world.entry(who)


def free(world: World, **fields) -> Slot:
    now = timezone.now()
    return world.slot(now + timedelta(hours=60), **{"opened_at": now, "next_wave_at": None, **fields})


def send(staff: Client, slot: Slot, patient, **fields) -> str:
    """What staff read after it."""
    response = staff.post(reverse("slot-link", args=[slot.pk]), {"patient": patient.pk, **fields})
    return " ".join(map(str, get_messages(response.wsgi_request))) or response.content.decode()


def page(staff: Client, name: str, *args, query: str = "") -> str:
    return " ".join(staff.get(reverse(name, args=args) + query).content.decode().split())


def completed(offer: Offer, name: str = "Ana Ruiz", **fields) -> ExpressBooking:
    accepts = Accepted(terms=TERMS, language="en", name=name, device="A phone", **fields)
    assert claims.finish(offer.pk, details="", accepts=accepts, via="link", now=timezone.now()) == "booked"
    return ExpressBooking.objects.get(offer=offer)


def test_whoever_fits_stands_on_the_page_and_one_button_sends(world, staff):
    wish, slot = waiting(world), free(world)
    words = page(staff, "slot-link", slot.pk)
    assert "Ana Ruiz" in words and "15 minutes" in words
    said = send(staff, slot, wish.patient)
    assert "Booking link sent to Ana Ruiz. The time is kept for them until" in said
    slot.refresh_from_db()
    assert slot.held_by == wish.patient
    assert Message.objects.get().context["is_booking_link"]


def test_anybody_is_found_by_name(world, staff):
    who = factories.patient(world.clinic, phone=None, email="z@a.example", first_name="Zoe", last_name="Far")
    assert "Zoe Far" in page(staff, "slot-link", free(world).pk, query="?q=far")
    assert "Booking link sent" in send(staff, free(world, practitioner=factories.practitioner(world.clinic)), who)


@pytest.mark.parametrize(("name", "query"), [("slot-ask", ""), ("slot", "?tab=others")])
def test_the_ranked_have_a_button_each(world, staff, name, query):
    wish, slot = waiting(world), free(world)
    words = page(staff, name, slot.pk, query=query)
    assert reverse("slot-link", args=[slot.pk]) in words
    assert f'name="patient" value="{wish.patient_id}">Send a booking link' in words


def test_the_board_and_the_slot_say_to_whom_whether_it_was_opened_and_until_when(world, staff):
    wish, slot = waiting(world), free(world)
    assert f'id="link-{slot.pk}"' in page(staff, "board")
    send(staff, slot, wish.patient)
    words = page(staff, "board")
    assert "booking link sent to Ana R., not opened yet · lapses <time" in words and "data-countdown" in words
    assert f'id="link-back-{slot.pk}"' in words and f'id="link-{slot.pk}"' not in words
    Offer.objects.update(seen_at=timezone.now())
    assert "booking link sent to Ana R., they have opened it" in page(staff, "slot", slot.pk)
    assert "One link is out at a time" in page(staff, "slot-link", slot.pk)


def test_a_link_that_reaches_nobody_is_said_to(world, staff):
    wish, slot = waiting(world), free(world)
    send(staff, slot, wish.patient)
    Message.objects.update(status="failed")
    assert "booking link not delivered to Ana R." in page(staff, "board")


def test_taken_back_it_is_free_again(world, staff):
    wish, slot = waiting(world), free(world)
    send(staff, slot, wish.patient)
    response = staff.post(reverse("slot-link-back", args=[slot.pk]), follow=True)
    assert "The time is not kept for Ana Ruiz any more." in response.content.decode()
    slot.refresh_from_db()
    assert slot.held_by is None
    response = staff.post(reverse("slot-link-back", args=[slot.pk]), follow=True)
    assert "Nothing was changed" in response.content.decode()


@committed
def test_lapsed_it_is_with_staff_again_and_the_timeline_says_so(world, staff):
    wish, slot = waiting(world), free(world)
    send(staff, slot, wish.patient)
    cascade.advance(slot.pk, now=timezone.now() + timedelta(minutes=15))
    words = page(staff, "slot", slot.pk, query="?tab=timeline")
    assert "The booking link was not completed in time" in words and "A booking link was sent to Ana R." in words
    assert "waits for you: it asks nobody by itself" in page(staff, "board")


def test_what_was_accepted_stands_on_the_slot_and_with_the_patient(world, staff):
    wish, slot = waiting(world), free(world)
    send(staff, slot, wish.patient)
    row = completed(Offer.objects.get(), name="Anna R.", email="anna@b.example")
    words = page(staff, "slot", slot.pk)
    assert "Signed “Anna R.”" in words and "anna@b.example" in words and "not added to them yet" in words
    for words in (page(staff, "slot", slot.pk, query="?tab=timeline"), page(staff, "patient", wish.patient_id)):
        assert "Later it costs half." in words and "A phone" in words and row.terms_sha256[:16] in words
    assert "Ana R. accepted the terms" in page(staff, "slot", slot.pk, query="?tab=timeline")


def test_offers_that_are_out_want_a_reason(world, staff):
    wish, slot = waiting(world), free(world)
    asked = waiting(world, "Bo")
    world.offer(slot, asked, offered_at=timezone.now(), expires_at=timezone.now() + timedelta(hours=1))
    words = send(staff, slot, wish.patient)
    assert "Keep it for Ana Ruiz?" in words and "Bo Ruiz" in words
    assert "say why it is kept for one of them" in send(staff, slot, wish.patient, override="")
    assert not Message.objects.exists()
    assert "Booking link sent" in send(staff, slot, wish.patient, override="promised")


def test_in_a_dry_run_the_page_says_it_before_anybody_is_chosen(world, staff):
    wish, slot = waiting(world), free(world)
    Clinic.objects.update(launch="rehearsal")
    words = page(staff, "slot-link", slot.pk)
    assert "a link would keep the time for nobody" in words and "Send link" not in words
    assert "nothing is sent: the link was not, and the time is not kept" in send(staff, slot, wish.patient)
    slot.refresh_from_db()
    assert slot.held_by is None


def test_a_rule_that_forbids_it_is_named(world, staff):
    wish, slot = waiting(world), free(world)
    ContactPoint.objects.update(granted=[])
    assert "Ana Ruiz gets no link: they gave no consent. The time is not kept" in send(staff, slot, wish.patient)


def test_another_clinics_patient_or_slot_is_not_found(world, staff):
    wish, slot, other = waiting(world), free(world), World()
    theirs = free(other)
    assert staff.get(reverse("slot-link", args=[theirs.pk])).status_code == 404
    assert staff.post(reverse("slot-link", args=[theirs.pk]), {"patient": wish.patient_id}).status_code == 404
    assert staff.post(reverse("slot-link-back", args=[theirs.pk])).status_code == 404
    stranger = factories.patient(other.clinic)
    assert staff.post(reverse("slot-link", args=[slot.pk]), {"patient": stranger.pk}).status_code == 404
    assert staff.post(reverse("slot-link", args=[slot.pk]), {"patient": "x"}).status_code == 404


def test_compliance_sends_nothing(world, client):
    slot, wish = free(world), waiting(world)
    client.force_login(factories.user(world.clinic, Role.COMPLIANCE))
    assert client.post(reverse("slot-link", args=[slot.pk]), {"patient": wish.patient_id}).status_code == 403
    assert client.post(reverse("slot-link-back", args=[slot.pk])).status_code == 403


def test_whoever_is_on_the_phone_gets_a_link_from_the_call_list(world, staff):
    wish, slot = waiting(world), free(world, state="offering", wave=1)
    now = timezone.now()
    offer = world.offer(slot, wish, offered_at=now, expires_at=now + timedelta(hours=1))
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", offer=offer, slot=slot, patient=wish.patient, status="failed",
        contact_point=wish.patient.contact_points.get(), dedupe_key="x", next_attempt_at=now, created_at=now,
    )  # fmt: skip
    assert f'id="link-{offer.pk}"' in page(staff, "calls")
    assert "Booking link sent to Ana Ruiz" in send(staff, slot, wish.patient)
    offer.refresh_from_db()
    assert (offer.rounds, offer.state) == (2, "pending")


def test_the_minutes_are_the_clinics(world, client):
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    form = {"clinic": world.clinic.pk, "grace_minutes": 15, "cancel_fee_percent_early": 50}
    form |= {"cancel_fee_percent_late": 100, "notice_hours": 24}
    for wrong in (4, 121, ""):
        response = client.post(reverse("cancelling"), form | {"express_minutes": wrong})
        assert response.status_code == 200 and "has-error" in response.content.decode()
    client.post(reverse("cancelling"), form | {"express_minutes": 30})
    world.clinic.refresh_from_db()
    assert world.clinic.express_minutes == 30
    slot, wish = free(world), waiting(world)
    until = express.send(slot.pk, wish.patient, now=(now := timezone.now()))
    assert until == now + timedelta(minutes=30)


def test_staff_book_by_hand_whom_they_have_on_the_phone_after_all(world, staff):
    wish, slot = waiting(world), free(world)
    send(staff, slot, wish.patient)
    assert vacancies.book_by_hand(slot.pk, patient=wish.patient, now=timezone.now()).patient == wish.patient


@committed
def test_links_cost_the_board_and_the_patient_page_no_query_each(world, staff):
    def count(name: str, *args) -> int:
        with CaptureQueriesContext(connection) as found:
            page(staff, name, *args)
        return len(found)

    wish = waiting(world)
    slots = [free(world, practitioner=factories.practitioner(world.clinic)) for _ in range(3)]
    Clinic.objects.update(offers_per_day=9, offers_per_week=9)
    express.send(slots[0].pk, wish.patient, now=timezone.now())
    one = count("board"), count("patient", wish.patient_id)
    for slot in slots[1:]:
        express.send(slot.pk, waiting(world).patient, now=timezone.now())
    assert count("board") == one[0]
    assert count("patient", wish.patient_id) == one[1]
