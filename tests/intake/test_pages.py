"""The connections pages: what is shown to whom, and that a matched word makes refused events good."""

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import Entry
from tests.factories import NOW, World, user
from tests.intake.senders import send, standard, tell
from waitlist import events
from waitlist.models import Appointment, Connection
from waitlist.states import EventStatus, Role

pytestmark = pytest.mark.django_db
AT = NOW + timedelta(hours=30)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(user(world.clinic, Role.ADMIN))
    return client


def page(client: Client, connection: Connection) -> str:
    answer = client.get(f"/settings/connections/{connection.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_connection_is_made_and_its_page_says_where_to_send(world, admin):
    fields = {"source": "calcom", "name": "Online booking", "default_location": world.location.pk, "writeback_url": ""}
    answer = admin.post("/settings/connections/new/", fields, follow=True)
    made = Connection.objects.get()
    assert (made.clinic, made.source, made.default_location) == (world.clinic, "calcom", world.location)
    assert f"/api/intake/calcom/{made.public_id}/" in answer.content.decode()
    assert made.secret not in answer.content.decode()
    assert "Online booking" in admin.get("/settings/connections/").content.decode()
    assert Entry.objects.filter(verb="connection.created").exists()


def test_the_secret_is_shown_on_request_only_and_a_new_one_replaces_it(world, admin):
    connection = world.connection()
    assert connection.secret not in page(admin, connection)
    assert connection.secret in admin.post(f"/settings/connections/{connection.pk}/secret/").content.decode()
    assert connection.secret not in page(admin, connection)
    answer = admin.post(f"/settings/connections/{connection.pk}/secret/", {"rotate": "1"}).content.decode()
    old = connection.secret
    connection.refresh_from_db()
    assert old != connection.secret
    assert connection.secret in answer
    body = standard("cancelled", "A-1", 1, world)
    assert send(connection, body).status_code == 202
    connection.secret = old
    assert send(connection, body).status_code == 401
    assert {"connection.secret_shown", "connection.changed"} <= set(Entry.objects.values_list("verb", flat=True))


def test_only_one_calendar_hears_of_bookings(world, admin):
    first = world.connection(writeback_url="https://one.example/hook")
    second = world.connection(name="Second")
    fields = {"name": "Second", "default_location": "", "writeback_url": "https://two.example/hook", "is_active": "on"}
    answer = admin.post(f"/settings/connections/{second.pk}/", fields)
    assert f"Bookings go to “{first.name}” already" in answer.content.decode()
    assert admin.post(f"/settings/connections/{second.pk}/", fields | {"is_active": ""}).status_code == 302
    second.refresh_from_db()
    assert (second.is_active, second.source) == (False, "standard")


@pytest.mark.parametrize(
    ("url", "is_production", "is_taken"),
    [
        ("http://calendar.example/hook", True, False),
        ("HTTP://127.0.0.1.calendar.example/hook", True, False),
        ("http://127.0.0.1@calendar.example/hook", True, False),
        ("https://calendar.example/hook", True, True),
        ("calendar.example/hook", True, True),  # https is meant
        ("", True, True),
        ("http://127.0.0.1:8080/hook", True, True),
        ("http://localhost/hook", True, True),
        ("http://calendar.example/hook", False, True),
    ],
)
def test_bookings_go_out_encrypted_or_not_at_all(world, admin, settings, url, is_production, is_taken):
    settings.DEMO = not is_production
    answer = admin.post("/settings/connections/new/", {"source": "standard", "name": "Desk", "writeback_url": url})
    assert Connection.objects.filter(name="Desk").exists() is is_taken
    assert ("Only an https:// address" in answer.content.decode()) is not is_taken


def test_a_new_connection_is_a_standard_one_unless_said_otherwise(admin):
    text = admin.get("/settings/connections/new/").content.decode()
    assert '<option value="standard" selected>Standard Webhooks</option>' in text
    assert "---------" not in text


def test_a_refused_event_is_shown_matched_and_applied(world, admin):
    connection = world.connection()
    body = standard("booked", "A-1", 1, world, starts_at=AT)
    body["data"] |= {"practitioner": "chen@clinic.example", "service": "Peel <b>"}
    event = tell(connection, body, now=NOW)
    text = page(admin, connection)
    assert "chen@clinic.example" in text
    assert "Peel &lt;b&gt;" in text
    assert "Needs attention" in admin.get("/settings/connections/").content.decode()
    answer = admin.get(f"/settings/connections/{connection.pk}/")
    choices = {
        name: {"practitioner": world.practitioner.pk, "service": world.service.pk}[kind]
        for name, (kind, _) in answer.context["matching"].words.items()
    }
    admin.post(f"/settings/connections/{connection.pk}/match/", choices)
    event.refresh_from_db()
    assert event.status == EventStatus.RECEIVED
    events.apply(event.pk, now=NOW)
    assert Appointment.objects.get().practitioner == world.practitioner
    mapping = connection.mappings.get(kind="service")
    admin.post(f"/settings/connections/{connection.pk}/words/{mapping.pk}/remove/")
    assert not connection.mappings.filter(kind="service").exists()


def test_a_word_left_open_stays_refused_and_another_clinics_row_is_no_choice(world, admin):
    connection = world.connection()
    body = standard("booked", "A-1", 1, world, starts_at=AT)
    body["data"] |= {"practitioner": "Dr Who"}
    tell(connection, body, now=NOW)
    name = next(iter(admin.get(f"/settings/connections/{connection.pk}/").context["matching"].words))
    answer = admin.post(f"/settings/connections/{connection.pk}/match/", {name: World().practitioner.pk})
    assert answer.status_code == 200
    assert not connection.mappings.exists()
    admin.post(f"/settings/connections/{connection.pk}/match/", {name: ""})
    assert not connection.mappings.exists()


def test_events_are_applied_again_on_request(world, admin):
    connection = world.connection()
    event = tell(connection, standard("booked", "A-1", 1, World(), starts_at=AT), now=NOW)
    admin.post(f"/settings/connections/{connection.pk}/again/")
    event.refresh_from_db()
    assert event.status == EventStatus.RECEIVED


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MANAGER, Role.COMPLIANCE])
def test_other_roles_may_not(world, role):
    client = Client()
    client.force_login(user(world.clinic, role))
    connection = world.connection()
    for path in ("", "new/", f"{connection.pk}/"):
        assert client.get(f"/settings/connections/{path}").status_code == 403
    for path in ("secret/", "match/", "again/"):
        assert client.post(f"/settings/connections/{connection.pk}/{path}").status_code == 403


def test_another_clinics_connection_is_404(admin):
    foreign = World().connection()
    assert admin.get(f"/settings/connections/{foreign.pk}/").status_code == 404
    assert admin.post(f"/settings/connections/{foreign.pk}/secret/").status_code == 404
