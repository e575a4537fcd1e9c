"""Our requests and the fake's answers, held to Twilio's own description of its API."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.factories import NOW
from tests.fakes import FakeTwilio
from tests.fakes.openapi import Spec, typed
from tests.fakes.twilio_texts import MAGIC_FROM, MAGIC_TO
from tests.notifications.conftest import minutes

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "twilio"
SLICE = SAMPLES / "twilio_api_v2010_messages_slice.openapi.json"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SLICE.exists(), reason="no ../shared/samples here: Twilio's description was not held to"),
]
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
MESSAGE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"


class Overheard(FakeTwilio):
    """Keeps what it was asked and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str, dict[str, str]]] = []
        self.said: list[tuple[int, Any]] = []
        self.now = lambda: NOW

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        address = urlsplit(request.path)
        self.heard.append((request.command, address.path, dict(parse_qsl(body.decode() or address.query))))
        super().answer(request, body)

    def say(self, request: BaseHTTPRequestHandler, status: int, data: Any = None) -> None:  # type: ignore[override]
        self.said.append((status, data))
        super().say(request, status, data)


@pytest.fixture
def spec() -> Spec:
    return Spec(json.loads(SLICE.read_text()))


@pytest.fixture
def twilio(settings):
    with Overheard() as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        settings.PUBLIC_URL = "https://standby.example"
        yield server


def answer_schema(spec: Spec, path: str, method: str, status: str) -> dict[str, Any]:
    return spec.operation(path, method)["responses"][status]["content"]["application/json"]["schema"]


def form_schema(spec: Spec) -> dict[str, Any]:
    return spec.operation(MESSAGES, "post")["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]


def query_schema(spec: Spec) -> dict[str, Any]:
    asked = [one for one in spec.operation(MESSAGES, "get")["parameters"] if one["in"] == "query"]
    return {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in asked},
        "required": [one["name"] for one in asked if one.get("required")],
    }


def test_a_text_we_hand_over_is_one_that_twilio_describes(spec, twilio, told):
    assert told.deliver().status == "sent"
    ((command, path, form),) = twilio.heard
    assert (command, path) == ("POST", MESSAGES.format(AccountSid=twilio.account))
    schema = form_schema(spec)
    assert spec.faults(typed(form, schema), schema) == []
    assert {"To", "From", "Body", "StatusCallback", "ValidityPeriod"} <= set(form)
    assert spec.faults(twilio.account, spec.operation(MESSAGES, "post")["parameters"][0]["schema"]) == []


def test_what_we_look_up_is_asked_as_twilio_describes(spec, twilio, told):
    twilio.trouble.append(("lose",))
    told.deliver()
    assert told.deliver(minutes(3)).status == "sent"
    command, path, query = twilio.heard[-1]
    assert (command, path) == ("GET", MESSAGES.format(AccountSid=twilio.account))
    schema = query_schema(spec)
    assert spec.faults(typed(query, schema), schema) == []


def test_the_fake_answers_as_twilio_describes(spec, twilio, told):
    told.deliver()
    (text,) = twilio.texts
    account = f"{twilio.url}/2010-04-01/Accounts/{twilio.account}"
    for status, code in (("queued", None), ("sent", None), ("undelivered", 30005)):
        text.goes_on_to(status, code)
        for address, to, path in (
            (f"{account}/Messages/{text.sid}.json", {}, MESSAGE),
            (f"{account}/Messages.json", {"To": text.to}, MESSAGES),
        ):
            requests.get(address, to, auth=(twilio.account, twilio.token), timeout=5)
            answered, data = twilio.said[-1]
            assert answered == 200
            assert spec.faults(data, answer_schema(spec, path, "get", "200")) == []
            of_one = data["messages"][0] if "messages" in data else data
            assert (of_one["status"], of_one["error_code"]) == (status, code)
            assert set(of_one) == set(spec.document["components"]["schemas"]["api.v2010.account.message"]["properties"])
    status, created = twilio.said[0]
    assert status == 201
    assert spec.faults(created, answer_schema(spec, MESSAGES, "post", "201")) == []


def test_the_fakes_answer_has_the_fields_of_the_published_ones(spec, twilio, told):
    told.deliver()
    ours = twilio.said[0][1]
    for name, example in json.loads((SAMPLES / "message_create_201_examples.json").read_text()).items():
        assert set(ours) == set(example), name
        nullable = {field for field in example if example[field] is None or ours[field] is None}
        assert all(type(ours[field]) is type(example[field]) for field in set(ours) - nullable), name
        assert spec.faults(example, answer_schema(spec, MESSAGES, "post", "201")) == [], name


@pytest.mark.parametrize("form", [
    *({"To": number, "From": "+15005550006", "Body": "Hi", "code": code} for number, code in MAGIC_TO.items()),
    *({"To": "+14155550100", "From": number, "Body": "Hi", "code": code} for number, code in MAGIC_FROM.items()),
    {"To": "+14155550100", "From": "+15005550006", "code": 21602},
    {"From": "+15005550006", "Body": "Hi", "code": 21604},
    {"To": "+14155550100", "Body": "Hi", "code": 21603},
    {"To": "+14155550100", "From": "+15005550006", "Body": "x" * 1601, "code": 21617},
    {"To": "+14155550100", "From": "+15005550006", "Body": "Hi", "code": None},
])  # fmt: skip
def test_magic_numbers_and_what_is_missing(twilio, form):
    form = dict(form)
    code = form.pop("code")
    answer = requests.post(
        f"{twilio.url}/2010-04-01/Accounts/{twilio.account}/Messages.json",
        form, auth=(twilio.account, twilio.token), timeout=5,
    )  # fmt: skip
    said = answer.json()
    if code is None:
        assert (answer.status_code, said["status"]) == (201, "queued")
    else:
        assert (answer.status_code, said["code"]) == (429 if code == 21611 else 400, code)
        assert set(said) == {"code", "message", "more_info", "status"}


@pytest.mark.parametrize(("spoil", "fault"), [
    ({"status": "gone"}, "none of"),
    ({"sid": "SM1"}, "not as described"),
    ({"error_code": "30005"}, "is no integer"),
    ({"date_created": "today"}, "not as described"),
    ({"from": "me"}, "not as described"),
    ({"direction": None}, "is null"),
    ({"colour": "red"}, "not in the description"),
])  # fmt: skip
def test_an_answer_that_is_not_as_described_is_noticed(spec, twilio, told, spoil, fault):
    told.deliver()
    schema = answer_schema(spec, MESSAGES, "post", "201")
    (said,) = spec.faults(twilio.said[0][1] | spoil, schema)
    assert fault in said


@pytest.mark.parametrize(("spoil", "fault"), [
    ({"To": None}, "is missing"),
    ({"ValidityPeriod": "soon"}, "is no integer"),
    ({"StatusCallBack": "https://x.example/"}, "not in the description"),
])  # fmt: skip
def test_a_request_that_is_not_as_described_is_noticed(spec, twilio, told, spoil, fault):
    told.deliver()
    form = {name: word for name, word in (twilio.heard[0][2] | spoil).items() if word is not None}
    schema = form_schema(spec)
    assert any(fault in said for said in spec.faults(typed(form, schema), schema))
