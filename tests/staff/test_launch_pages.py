"""Launch and first run: the admin's pages, and what the board says meanwhile."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from notifications.models import ContactPoint, Message
from tests import factories
from tests.factories import World
from tests.recorded import everything_recorded
from waitlist import first_run
from waitlist.models import Clinic, SetupDone
from waitlist.states import Role, SetupStep

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World(launch="rehearsal")


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(factories.user(world.clinic, Role.ADMIN, name="Ada"))
    return client


def post(admin: Client, name: str, **fields: str) -> str:
    return admin.post(reverse(name), fields, follow=True).content.decode()


def launch(world: World) -> str:
    return Clinic.objects.get(pk=world.clinic.pk).launch


def test_the_switch_asks_once_more_before_it_holds(world: World, admin: Client):
    page = admin.get(reverse("launch")).content.decode()
    assert "What was measured" in page and "More than 95 %" in page
    page = post(admin, "launch", to="platinum")
    assert "Platinum patients only?" in page and "is not sent now" in page and "opened anew" in page
    assert launch(world) == "rehearsal"
    page = post(admin, "launch", to="platinum", sure="1", seen="rehearsal")
    assert "Platinum patients are asked from now on." in page
    assert launch(world) == "platinum"
    line = Entry.objects.filter(verb="clinic.changed").latest("pk")
    assert line.changes["launch"] == ["rehearsal", "platinum"] and line.actor_email


def test_turned_back_it_says_whom_to_call(world: World, admin: Client):
    Clinic.objects.update(launch="everyone")
    assert "call them" in post(admin, "launch", to="rehearsal")
    assert "Nothing goes out to patients any more." in post(admin, "launch", to="rehearsal", sure="1", seen="everyone")


@pytest.mark.parametrize(
    "fields", [{}, {"to": "moon"}, {"to": "everyone", "sure": "1"}, {"to": "everyone", "sure": "1", "seen": "platinum"}]
)
def test_what_makes_no_sense_changes_nothing(fields, world: World, admin: Client):
    assert "Nothing was" in post(admin, "launch", **fields)
    assert launch(world) == "rehearsal"


def test_the_board_says_that_it_is_a_dry_run_and_what_is_left(world: World, admin: Client, client: Client):
    page = admin.get("/").content.decode()
    assert "Dry run." in page and "Fill rate, today" in page and "First run: 7 steps left." in page
    desk = Client()
    desk.force_login(factories.user(world.clinic))
    page = desk.get("/").content.decode()
    assert "Dry run." in page and reverse("launch") not in page and "First run" not in page
    Clinic.objects.update(launch="everyone")
    page = admin.get("/").content.decode()
    assert "Dry run" not in page and "First run" not in page, "a clinic that was here before has no such list"


def test_today_says_apart_what_was_rehearsed_and_plainly_how_soon_others_were_told(world: World, admin: Client):
    now = timezone.now()
    held_back, sent = {"status": "refused", "refused_by": "rehearsal"}, {"status": "sent", "sent_at": now}
    for hours, fate in ((30, held_back), (40, sent)):
        slot = world.slot(now + timedelta(hours=hours), opened_at=now - timedelta(minutes=9), may_ask_at=now)
        offer = world.offer(slot)
        Message.objects.create(
            clinic=world.clinic, kind="offer", channel="sms", contact_point=offer.patient.contact_points.get(),
            patient=offer.patient, offer=offer, slot=slot, dedupe_key=f"{hours}", next_attempt_at=now, created_at=now,
            **fate,
        )  # fmt: skip
    for launch in ("rehearsal", "everyone"):
        Clinic.objects.update(launch=launch)
        page = admin.get("/").content.decode()
        assert "not counted: 1 opening, of which 1 person would have been told." in page
        assert "OK to ask → first message" in page and "from cancelling: 19 of 20 within 9 min" in page
        assert "p95" not in page and "median" not in page
        assert "1 opening, of which 1 person would have been told" in admin.get(reverse("launch")).content.decode()


def test_an_offer_that_was_only_rehearsed_says_so_when_it_is_over(world: World, admin: Client):
    offer = world.offer(world.slot(timezone.now()), state="retracted")
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", contact_point=offer.patient.contact_points.get(),
        patient=offer.patient, offer=offer, slot=offer.slot, status="refused", refused_by="rehearsal", dedupe_key="x",
        next_attempt_at=factories.NOW, created_at=factories.NOW,
    )  # fmt: skip
    page = admin.get(reverse("slot", args=[offer.slot.pk])).content.decode()
    assert "Rehearsed" in page and "Taken back" not in page


def test_a_message_held_back_is_shown_as_such(world: World, admin: Client):
    slot = world.slot(timezone.now())
    offer = world.offer(slot)
    Message.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", contact_point=offer.patient.contact_points.get(),
        patient=offer.patient, offer=offer, slot=slot, status="refused", refused_by="rehearsal", dedupe_key="x",
        next_attempt_at=factories.NOW, created_at=factories.NOW,
    )  # fmt: skip
    assert "Would have been told" in admin.get(reverse("slot", args=[slot.pk])).content.decode()
    assert "Would have been sent" in admin.get(reverse("slot", args=[slot.pk]) + "?tab=messages").content.decode()


def test_each_step_is_ticked_where_it_is_seen(world: World, admin: Client):
    page = admin.get(reverse("start")).content.decode()
    assert page.count(">Done<") == 3, "a number, the sentence, a policy"
    factories.patient(world.clinic)
    connection = world.connection()
    connection.events.create(event_key="1", payload={}, status="applied", received_at=factories.NOW)
    assert admin.get(reverse("start")).content.decode().count(">Done<") == 5


def test_a_person_says_what_nobody_else_can_see(world: World, admin: Client):
    post(admin, "start-say", step="baa", done="1")
    post(admin, "start-say", step="baa", done="1")
    row = SetupDone.objects.get()
    assert (row.step, row.by.name) == ("baa", "Ada")
    assert "Ada said so" in admin.get(reverse("start")).content.decode()
    post(admin, "start-say", step="baa", done="0")
    post(admin, "start-say", step="moon", done="1")
    assert not SetupDone.objects.exists()
    verbs = Entry.objects.filter(verb__startswith="setupdone.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["setupdone.said", "setupdone.taken_back"]


def test_a_test_text_to_oneself(world: World, admin: Client):
    assert "The test text is on its way." in post(admin, "start", phone="628 555 0177")
    message = Message.objects.get(kind="test")
    assert (message.contact_point.value, message.patient, message.channel) == ("+16285550177", None, "sms")
    Message.objects.update(status="delivered")
    assert first_run.look(world.clinic).done["test"]


@pytest.mark.parametrize(("phone", "words"), [("", "This field is required"), ("me", "phone number")])
def test_a_number_that_is_none_is_named(phone, words, world: World, admin: Client):
    page = post(admin, "start", phone=phone)
    assert words in page and 'href="#id_phone"' in page
    assert not ContactPoint.objects.exists()


def test_the_number_of_queries_is_fixed(world: World, admin: Client, django_assert_max_num_queries):
    for name, most in (("launch", 10), ("start", 12)):
        with django_assert_max_num_queries(most) as first:
            admin.get(reverse(name))
        for _ in range(3):
            world.appointment(timezone.now(), practitioner=factories.practitioner(world.clinic))
            world.offer(world.slot(practitioner=factories.practitioner(world.clinic)))
        with django_assert_max_num_queries(len(first)):
            admin.get(reverse(name))


@pytest.mark.django_db(transaction=True)
def test_every_row_is_recorded(world: World):
    me = factories.user(world.clinic, Role.ADMIN)
    with everything_recorded() as changed:
        first_run.say(world.clinic, SetupStep.BAA, True, by=me, now=factories.NOW)
        first_run.say(world.clinic, SetupStep.BAA, False, by=me, now=factories.NOW)
        first_run.send_test(world.clinic, "+16285550177", by=me, now=factories.NOW)
    assert changed == {"waitlist_setupdone", "notifications_contactpoint"}
