"""The door: who is let in, what is refused and how; whatever arrives, never a 500."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World
from tests.intake import senders
from waitlist.models import Connection, InboundEvent
from waitlist.states import EventStatus

pytestmark = pytest.mark.django_db
BODY = {"type": "appointment.cancelled", "data": {"external_id": "A-1"}}
PING = {"triggerEvent": "PING", "createdAt": "2026-11-23T18:00:00Z", "payload": {"type": "Test"}}


@pytest.fixture
def standard() -> Connection:
    return World().connection()


@pytest.fixture
def calcom() -> Connection:
    return World().connection(source="calcom", secret="a secret typed into Cal.com")


def signed(connection: Connection, raw: bytes, **options: Any) -> Any:
    return senders.post(connection, raw, senders.standard_headers(connection.secret, raw, **options))


def test_a_signed_event_is_stored_whole_and_answered_202(standard):
    answer = senders.send(standard, BODY)
    event = InboundEvent.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"event": event.pk, "status": "received"})
    assert (event.payload, event.kind, event.subject) == (BODY, "appointment.cancelled", "A-1")
    assert event.status == EventStatus.RECEIVED


def test_a_repetition_is_answered_202_and_stored_once(standard, calcom):
    for connection, body, options in ((standard, BODY, {"event_id": "msg_same"}), (calcom, PING, {})):
        answers = [senders.send(connection, body, **options) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 202]
        assert len({answer.json()["event"] for answer in answers}) == 1
        assert connection.events.count() == 1


def test_the_same_id_on_two_connections_is_two_events(standard):
    other = World().connection()
    for connection in (standard, other):
        assert senders.send(connection, BODY, event_id="msg_same").status_code == 202
    assert InboundEvent.objects.count() == 2


def test_a_wrong_signature_is_401_and_nothing_is_stored(standard, calcom):
    raw = json.dumps(BODY).encode()
    good = senders.standard_headers(standard.secret, raw)
    bad = [
        {},
        good | {"webhook-id": "msg_other"},
        good | {"webhook-signature": ""},
        good | {"webhook-signature": "v1"},
        good | {"webhook-signature": "v1,???"},
        good | {"webhook-signature": "v1,ünï"},
        good | {"webhook-signature": "v2," + good["webhook-signature"].partition(",")[2]},
        good | {"webhook-timestamp": "soon"},
        good | {"webhook-timestamp": "nan"},
        senders.standard_headers("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", raw),
        senders.standard_headers(standard.secret, raw, at=datetime.now(UTC) - timedelta(minutes=6)),
        senders.standard_headers(standard.secret, raw, at=datetime.now(UTC) + timedelta(minutes=6)),
    ]
    for headers in bad:
        assert senders.post(standard, raw, headers).status_code == 401, headers
    assert senders.post(standard, raw + b" ", good).status_code == 401
    assert senders.post(standard, b"\xff\xfe", good).status_code == 401
    for headers in ({}, {"X-Cal-Signature-256": "0" * 64}, {"X-Cal-Signature-256": "ñ"}, good):
        assert senders.post(calcom, raw, headers).status_code == 401, headers
    assert not InboundEvent.objects.exists()


def test_one_of_several_signatures_is_enough_while_a_secret_rotates(standard):
    raw = json.dumps(BODY).encode()
    headers = senders.standard_headers(standard.secret, raw)
    headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"]
    assert senders.post(standard, raw, headers).status_code == 202


def test_unknown_connections_and_wrong_sources_are_404(standard):
    raw = json.dumps(BODY).encode()
    headers = senders.standard_headers(standard.secret, raw)
    assert senders.post(standard, raw, headers, source="calcom").status_code == 404
    assert senders.post(standard, raw, headers, source="nothing").status_code == 404
    standard.is_active = False
    standard.save()
    assert senders.post(standard, raw, headers).status_code == 404
    standard.public_id = uuid.uuid4()
    assert senders.post(standard, raw, headers).status_code == 404
    assert Client().post("/api/intake/standard/not-an-id/").status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_taken(standard, method):
    answer = getattr(Client(), method)(senders.url(standard))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_an_oversized_body_is_413_however_it_is_announced(standard):
    raw = json.dumps({**BODY, "more": "x" * 300_000}).encode()
    assert signed(standard, raw).status_code == 413
    assert signed(standard, json.dumps({**BODY, "more": "x" * 3_000_000}).encode()).status_code == 413
    assert signed(standard, json.dumps({**BODY, "more": "x" * 200_000}).encode()).status_code == 202


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"cancel A-1",
        b"[]",
        b"null",
        b'"type"',
        b"{}",
        b'{"type": null}',
        b'{"type": 3, "data": {}}',
        b'{"type": "appointment.booked"}',
        b'{"type": "appointment.booked", "data": []}',
        b'{"type": "appointment.booked", "data": {}}',
        b'{"type": "appointment.booked", "data": {"external_id": {}}}',
        b'{"type": "appointment.booked", "data": {"external_id": ""}}',
        b'{"type": "appointment.booked", "data": {"external_id": true}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A\\u0000"}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A\\ud800"}}',
        b'{"type": "appointment.booked", "data": {"external_id": "' + b"A" * 201 + b'"}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A", "version": -1}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A", "version": 1.5}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A", "version": "v2"}}',
        b'{"type": "appointment.booked", "data": {"external_id": "A", "version": 9223372036854775808}}',
        b'{"type": "appointment.cancelled", "data": {"external_id": "A", "n": NaN}}',
        b'{"type": "appointment.cancelled", "data": {"external_id": "A", "n": 1e999}}',
        b'{"type": "appointment.cancelled", "data": {"external_id": "A", "n": ' + b"9" * 5000 + b"}}",
        b'{"type": "appointment.cancelled", "data": ' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}",
        b'{"type": "appointment.cancelled", "data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_a_signed_but_malformed_body_is_400_with_a_sentence(standard, raw):
    answer = signed(standard, raw)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"triggerEvent": 1},
        {"triggerEvent": "BOOKING_CREATED"},
        {"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-23T18:00:00Z", "payload": {}},
        {"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "u"}},
        {"triggerEvent": "BOOKING_CREATED", "createdAt": "yesterday", "payload": {"uid": "u"}},
        {"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-23T18:00:00", "payload": {"uid": "u"}},
        {"triggerEvent": "BOOKING_CREATED", "createdAt": "0001-01-01T00:00:00+14:00", "payload": {"uid": "u"}},
    ],
)
def test_a_malformed_calcom_body_is_400(calcom, body):
    answer = senders.send(calcom, body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_an_overlong_event_id_is_400(standard):
    assert senders.send(standard, BODY, event_id="m" * 201).status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [
    *("external_id", "version", "starts_at", "ends_at", "practitioner", "service", "location", "patient"),
    *("uid", "startTime", "endTime", "organizer", "attendees", "type", "rescheduleUid", "status"),
]


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["booked", "moved", "cancelled"]),
    data=st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON,
    keep=st.booleans(),
)
def test_whatever_a_signed_body_holds_it_is_202_or_400_and_applying_it_never_fails(standard, calcom, kind, data, keep):
    triggers = {"booked": "BOOKING_CREATED", "moved": "BOOKING_RESCHEDULED", "cancelled": "BOOKING_CANCELLED"}
    if keep and isinstance(data, dict):
        data = {**data, "external_id": "A-1", "uid": "u-1"}
    bodies = {
        standard: {"type": f"appointment.{kind}", "data": data},
        calcom: {"triggerEvent": triggers[kind], "createdAt": "2026-11-23T18:00:00.123Z", "payload": data},
    }
    for connection, body in bodies.items():
        answer = senders.send(connection, body)
        assert answer.status_code in (202, 400), answer.content
        if answer.status_code == 202:
            senders.events.apply(answer.json()["event"], now=datetime.now(UTC))
