"""Every URL there is, from the URLconf: who may not open it, whose ids it does not know, and that looking never acts.

A new URL joins by itself. If it has a parameter, MAKERS must know how to fill it; if it needs no sign-in, PUBLIC
must say why; if it is for another role than the front desk, FOR must say so. What is missing fails here by name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.signing import Signer
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from audit import trail
from audit.models import Entry
from matching import tokens
from notifications.models import ContactPoint, InboundMessage, Message, SimulatedCall
from notifications.rendering import UNSUBSCRIBE_SALT
from tests import factories
from waitlist.models import (
    CancellationFee,
    Closure,
    InboundEvent,
    Mapping,
    MassCancellation,
    Membership,
    PatientNote,
    SurgeDay,
    User,
    Writeback,
)
from waitlist.states import Role

FRONT_DESK = {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}
MANAGER = {Role.MANAGER, Role.ADMIN}
COMPLIANCE = {Role.COMPLIANCE, Role.ADMIN}
ADMIN = {Role.ADMIN}
ANYBODY = set(Role)

FOR: dict[str, set[Role]] = {  # everything else is for the front desk
    "clinic-switch": ANYBODY,
    "logout": ANYBODY,
    "my-notices": ANYBODY,
    "settings": MANAGER,
    "launch": ADMIN,
    "start": ADMIN,
    "start-say": ADMIN,
    "clinic": ADMIN,
    "locations": MANAGER,
    "location-new": MANAGER,
    "location": MANAGER,
    "location-retire": MANAGER,
    "practitioners": MANAGER,
    "practitioner-new": MANAGER,
    "practitioner": MANAGER,
    "practitioner-retire": MANAGER,
    "team": ADMIN,
    "member": ADMIN,
    "member-remove": ADMIN,
    "member-again": ADMIN,
    "tiers": MANAGER,
    "score": MANAGER,
    "policies": MANAGER,
    "policy-new": MANAGER,
    "policy": MANAGER,
    "closures": FRONT_DESK,
    "closure": FRONT_DESK,
    "closure-remove": FRONT_DESK,
    "holidays": MANAGER,
    "holiday": MANAGER,
    "services": MANAGER,
    "service": MANAGER,
    "service-new": MANAGER,
    "service-basics": MANAGER,
    "service-retire": MANAGER,
    "checks": MANAGER | COMPLIANCE,
    "surge-days": MANAGER,
    "reminders": MANAGER,
    "still-wanted": MANAGER,
    "cancelling": MANAGER,
    "contacting": MANAGER,
    "wordings": MANAGER,
    "wording": MANAGER,
    "join-page": MANAGER,
    "join-qr": MANAGER,
    "patient-proof": MANAGER | COMPLIANCE,
    "patient-proof-export": MANAGER | COMPLIANCE,
    "fee-waive": MANAGER,
    "earlier-times": MANAGER,
    "surge-day-remove": MANAGER,
    "connections": ADMIN,
    "connection-new": ADMIN,
    "connection": ADMIN,
    "connection-secret": ADMIN,
    "connection-match": ADMIN,
    "connection-again": ADMIN,
    "connection-forget": ADMIN,
    "imports": ADMIN,
    "import-sample": ADMIN,
    "waitlist-export": MANAGER,
    "trail": COMPLIANCE,
    "trail-export": COMPLIANCE,
    "trail-entry": COMPLIANCE,
}
FOR_THEMSELVES = {"logout", "clinic-switch"}  # these know nothing of any clinic the user is not a member of
ELSEWHERE = {("board", Role.COMPLIANCE): "trail"}  # led to the page that is theirs, not refused
PUBLIC: dict[str, str] = {
    "login": "signing in",
    "password_reset": "signing in",
    "password_reset_done": "signing in",
    "password_reset_confirm": "signing in",
    "password_reset_complete": "signing in",
    "offer": "the token is the key",
    "offer-claim": "the token is the key",
    "offer-details": "the token is the key",
    "offer-let-go": "the token is the key",
    "offer-reserve": "the token is the key",
    "offer-decline": "the token is the key",
    "offer-unlearn": "the token is the key",
    "offer-cancel": "the token is the key",
    "offer-leave": "the token is the key",
    "offer-keep": "the token is the key",
    "offer-service": "the token is the key",
    "offer-another": "the token is the key",
    "offer-zone": "the token is the key",
    "visit": "the token is the key",
    "visit-confirm": "the token is the key",
    "visit-cancel": "the token is the key",
    "visit-earlier": "the token is the key",
    "visit-another": "the token is the key",
    "visit-zone": "the token is the key",
    "visit-calendar": "the token is the key",
    "still": "the token is the key",
    "offer-outcome": "the token is the key",
    "offer-seen": "the token is the key",
    "offer-calendar": "the token is the key",
    "join": "patients put themselves on the list",
    "join-sent": "patients put themselves on the list",
    "my": "patients ask for a code here; the page itself opens by the cookie that code gave",
    "my-code": "the code is the key",
    "my-close": "the cookie a code gave is the key",
    "my-wish-new": "the cookie a code gave is the key",
    "my-wish": "the cookie a code gave is the key",
    "my-pause": "the cookie a code gave is the key",
    "my-leave": "the cookie a code gave is the key",
    "my-language": "the cookie a code gave is the key",
    "my-messages": "the cookie a code gave is the key",
    "my-stop": "the cookie a code gave is the key",
    "unsubscribe": "the signed address is the key",
    "intake": "calendars sign what they send",
    "twilio-inbound": "Twilio signs what it sends",
    "twilio-status": "Twilio signs what it sends",
    "twilio-call": "Twilio signs what it sends",
    "twilio-call-key": "Twilio signs what it sends",
    "twilio-call-status": "Twilio signs what it sends",
    "demo-phones": "there is no such page outside the demo",
    "demo-shelf": "there is no such page outside the demo",
    "demo-blank": "there is no such page outside the demo",
    "demo-call": "there is no such page outside the demo",
    "demo-reply": "there is no such page outside the demo",
    "demo-phones-json": "there is no such page outside the demo",
    "healthz": "asked by machines that watch us",
    "readyz": "asked by machines that watch us",
}
WORDS = {"samples/kind"}  # parameters that name nothing of a clinic's
STREAMS = {"live-board"}  # never-ending answers: test_url_streams.py, and tests/staff on a real server

PAYLOAD = {"type": "appointment.cancelled", "data": {"external_id": "A-1"}}


class World(factories.World):
    """One clinic with a row of every kind that a URL can name."""

    def __init__(self) -> None:
        super().__init__(takes_joins=True)
        self.entry_row = self.entry()
        self.slot_row = self.slot()
        self.offer_row = self.offer(self.slot_row, self.entry_row)
        self.visit = self.appointment(patient=factories.patient(self.clinic))
        self.calendar = self.connection()
        self.writeback = Writeback.objects.create(
            clinic=self.clinic,
            appointment=self.visit,
            kind="booked",
            status="task",
            created_at=factories.NOW,
            updated_at=factories.NOW,
        )
        self.fee = CancellationFee.objects.create(
            clinic=self.clinic,
            appointment=self.visit,
            rule="early",
            percent=50,
            price_cents=32000,
            cents=16000,
            owed_at=factories.NOW,
        )
        self.event = InboundEvent.objects.create(
            connection=self.calendar, event_key="1", payload=PAYLOAD, status="rejected", received_at=factories.NOW
        )
        self.mapping = Mapping.objects.create(
            connection=self.calendar, kind="service", external="facial", service=self.service
        )
        self.note = PatientNote.objects.create(
            clinic=self.clinic,
            patient_id=self.visit.patient_id,
            text="Prefers to be rung up",
            written_by=factories.user(self.clinic),
            written_at=factories.NOW,
        )
        self.address = ContactPoint.objects.create(
            clinic=self.clinic, kind="email", value="somebody@example.com", created_at=factories.NOW
        )
        self.message = Message.objects.create(
            clinic=self.clinic,
            kind="offer",
            channel="email",
            contact_point=self.address,
            dedupe_key=f"matrix:{self.clinic.pk}",
            next_attempt_at=factories.NOW,
            created_at=factories.NOW,
        )
        self.question = Message.objects.create(
            clinic=self.clinic,
            kind="still",
            channel="email",
            contact_point=self.address,
            patient=self.entry_row.patient,
            context={"entries": [self.entry_row.pk]},
            dedupe_key=f"still:{self.clinic.pk}",
            next_attempt_at=factories.NOW,
            created_at=timezone.now(),
        )
        self.ringing = SimulatedCall.objects.create(
            message=self.message, at=factories.NOW, changed_at=factories.NOW
        )
        self.reply = InboundMessage.objects.create(
            clinic=self.clinic,
            contact_point=self.address,
            channel="sms",
            provider_id=f"matrix:{self.clinic.pk}",
            text="Who is this?",
            meaning="unclear",
            received_at=factories.NOW,
        )
        trail.record("slot.opened", self.slot_row, now=factories.NOW, clinic_id=self.clinic.pk)
        self.line = Entry.objects.filter(clinic_id=self.clinic.pk).latest("pk")
        self.closure = Closure.objects.create(
            clinic=self.clinic,
            starts_at=self.visit.starts_at,
            ends_at=self.visit.ends_at,
            reason="Training",
        )
        self.mass = MassCancellation.objects.create(
            clinic=self.clinic,
            practitioner=self.practitioner,
            day=self.visit.starts_at.date(),
            starts_at=self.visit.starts_at,
            ends_at=self.visit.ends_at,
            noticed_at=factories.NOW,
        )
        self.surge_day = SurgeDay.objects.create(
            clinic=self.clinic, day=self.visit.starts_at.date(), reason="Holiday"
        )
        self.users = {role: self.user(role) for role in (*Role, None)}

    def user(self, role: Role | None) -> User:
        """Somebody of that role here, or of no clinic at all; they never use a password."""
        name = f"{role or 'nobody'}-{self.clinic.pk}@clinic.example"
        user = User.objects.create_user(name, None, name="Somebody")
        if role is not None:
            Membership.objects.create(user=user, clinic=self.clinic, role=role)
        return user

    def client(self, role: Role | None) -> Client:
        """Signed in anew: what an answer left in a browser is not carried on."""
        client = Client()
        client.force_login(self.users[role])
        return client


# "last word before it/its name": how to fill the parameter.
MAKERS: dict[str, Callable[[World], Any]] = {
    "slots/pk": lambda world: world.slot_row.pk,
    "appointments/pk": lambda world: world.visit.pk,
    "closures/pk": lambda world: world.closure.pk,
    "holidays/pk": lambda world: world.location.pk,
    "many-cancelled/pk": lambda world: world.mass.pk,
    "locations/pk": lambda world: world.location.pk,
    "practitioners/pk": lambda world: world.practitioner.pk,
    "team/pk": lambda world: world.users[Role.FRONT_DESK].memberships.get().pk,
    "services/pk": lambda world: world.service.pk,
    "surge-days/pk": lambda world: world.surge_day.pk,
    "waitlist/pk": lambda world: world.entry_row.pk,
    "fees/pk": lambda world: world.fee.pk,
    "messages/message": lambda world: world.message.pk,
    "calls/pk": lambda world: world.offer_row.pk,
    "samples/kind": lambda world: "waitlist",
    "tasks/pk": lambda world: world.writeback.pk,
    "patients/pk": lambda world: world.visit.patient_id,
    "notes/note": lambda world: world.note.pk,
    "policies/pk": lambda world: world.clinic.policy_id,
    "connections/pk": lambda world: world.calendar.pk,
    "words/mapping": lambda world: world.mapping.pk,
    "status/public_id": lambda world: world.message.public_id,
    "inbox/pk": lambda world: world.visit.patient.contact_points.get().pk,
    "call/public_id": lambda world: world.message.public_id,
    "ringing/pk": lambda world: world.ringing.pk,
    "phones/pk": lambda world: world.visit.patient.contact_points.get().pk,
    "trail/pk": lambda world: world.line.pk,
    "intake/source": lambda world: world.calendar.source,
    "intake/connection_id": lambda world: world.calendar.public_id,
    "unsubscribe/token": lambda world: Signer(salt=UNSUBSCRIBE_SALT).sign(world.address.pk),
    "my/slug": lambda world: world.clinic.slug,
    "wishes/pk": lambda world: world.entry_row.pk,
    "join/slug": lambda world: world.clinic.slug,
    "o/token": lambda world: tokens.make(world.offer_row.public_id),
    "v/token": lambda world: tokens.make_visit(world.visit.pk),
    "s/token": lambda world: tokens.make_still(world.question.pk),
    "password/uidb64": lambda world: urlsafe_base64_encode(force_bytes(world.users[Role.ADMIN].pk)),
    "password/token": lambda world: default_token_generator.make_token(world.users[Role.ADMIN]),
}


@dataclass(frozen=True)
class Route:
    """One URL pattern as a test sees it."""

    name: str
    pattern: str
    parameters: tuple[str, ...]
    is_public: bool
    kinds: tuple[str, ...] = field(default=())

    def url(self, world: World) -> str:
        values = {}
        for parameter, kind in zip(self.parameters, self.kinds, strict=True):
            if kind not in MAKERS:
                pytest.fail(f"/{self.pattern} has the parameter “{kind}”: add its maker to MAKERS in {__file__}.")
            values[parameter] = MAKERS[kind](world)
        return reverse(self.name, kwargs=values)

    @property
    def roles(self) -> set[Role]:
        return FOR.get(self.name, FRONT_DESK)


def walk(resolver: URLResolver, before: str = "") -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, text)
        elif isinstance(pattern, URLPattern):
            parameters = tuple(pattern.pattern.converters)
            public = not getattr(pattern.callback, "login_required", True)
            yield Route(pattern.name or "", text, parameters, public, tuple(kinds_of(text)))


def kinds_of(pattern: str) -> Iterator[str]:
    """Of "slots/<int:pk>/book/": "slots/pk"."""
    word = ""
    for part in pattern.strip("/").split("/"):
        if part.startswith("<"):
            yield f"{word}/{part.strip('<>').rpartition(':')[2]}"
        else:
            word = part


ALL = list(walk(get_resolver()))
ROUTES = [route for route in ALL if route.name not in STREAMS]
STAFF = [route for route in ROUTES if not route.is_public]
every = pytest.mark.parametrize("route", ALL, ids=lambda route: f"/{route.pattern}")
each = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"/{route.pattern}")
each_staff = pytest.mark.parametrize("route", STAFF, ids=lambda route: f"/{route.pattern}")
each_with_ids = pytest.mark.parametrize(
    "route", [route for route in STAFF if set(route.kinds) - WORDS], ids=lambda route: f"/{route.pattern}"
)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, World]]:
    """Two clinics, made once for all tests here: each test's own changes are rolled back, and these in the end."""
    around = transaction.atomic()
    around._from_testcase = True  # as Django's own test cases do: an act is still the outermost of the product's
    with django_db_blocker.unblock(), around:
        yield World(), World()
        transaction.set_rollback(True)


@pytest.fixture
def world(worlds: tuple[World, World]) -> World:
    return worlds[0]


@pytest.fixture
def other(worlds: tuple[World, World]) -> World:
    return worlds[1]


def ask(client: Client, method: str, url: str) -> HttpResponseBase:
    """One request with an empty form."""
    return client.generic(method, url, content_type="application/x-www-form-urlencoded")


@every
def test_it_has_a_name_and_a_reason(route: Route):
    assert route.name, f"/{route.pattern} has no name."
    assert route.is_public == (route.name in PUBLIC), (
        f"/{route.pattern} needs {'no' if route.is_public else 'a'} sign-in, and PUBLIC in {__file__} "
        f"{'gives no reason for it' if route.is_public else 'says otherwise'}."
    )


def test_the_tables_name_only_what_there_is():
    names = {route.name for route in ALL}
    kinds = {kind for route in ALL for kind in route.kinds}
    assert (set(PUBLIC) | set(FOR) | STREAMS) - names == set()
    assert set(MAKERS) - kinds == set()


@each_staff
def test_nobody_gets_in_without_signing_in(route: Route, world: World):
    url = route.url(world)
    for method in ("GET", "POST"):
        response = ask(Client(), method, url)
        assert response.status_code == 302, method
        assert response.headers["Location"].startswith(reverse(settings.LOGIN_URL)), method


@each_with_ids
def test_another_clinics_ids_are_unknown(route: Route, world: World, other: World):
    url = route.url(other)
    for role in sorted(route.roles):
        answers = {ask(world.client(role), method, url).status_code for method in ("GET", "POST")}
        assert 404 in answers and answers <= {404, 405}, role


@each_staff
def test_a_missing_role_is_refused(route: Route, world: World):
    url = route.url(world)
    for role in set(Role) - route.roles:
        if (route.name, role) in ELSEWHERE:
            answer = ask(world.client(role), "GET", url)
            assert (answer.status_code, answer.headers["Location"]) == (302, reverse(ELSEWHERE[route.name, role]))
            continue
        answers = {ask(world.client(role), method, url).status_code for method in ("GET", "POST")}
        assert 403 in answers and answers <= {403, 405}, role
    if route.name not in FOR_THEMSELVES:
        answers = {ask(world.client(None), method, url).status_code for method in ("GET", "POST")}
        assert 403 in answers and answers <= {403, 405}


@each_staff
def test_the_right_roles_get_in_and_an_empty_form_breaks_nothing(route: Route, world: World):
    url = route.url(world)
    for role in sorted(route.roles):
        assert ask(world.client(role), "GET", url).status_code in {200, 204, 302, 405}, role
        answer = ask(world.client(role), "POST", url).status_code
        assert answer < 500 and answer != 403, role


@each
def test_looking_changes_nothing(route: Route, world: World):
    url = route.url(world)
    clients = [Client()] if route.is_public else [world.client(role) for role in sorted(route.roles)]
    before = every_row()
    for client in clients:
        for method in ("GET", "HEAD", "GET"):
            ask(client, method, url)
    assert every_row() == before


def every_row() -> dict[str, list[tuple[Any, ...]]]:
    """All tables but the sessions."""
    models = [model for model in apps.get_models() if model._meta.app_label != "sessions"]
    return {model._meta.label: list(model.objects.order_by("pk").values_list()) for model in models}


def test_a_maker_that_is_missing_is_named(world: World):
    unknown = Route("slot", "rooms/<int:pk>/", ("pk",), False, tuple(kinds_of("rooms/<int:pk>/")))
    with pytest.raises(pytest.fail.Exception, match="“rooms/pk”: add its maker to MAKERS"):
        unknown.url(world)
