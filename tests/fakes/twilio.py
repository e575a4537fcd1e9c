"""A Twilio in small, a real server on a port of its own."""

import base64
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.fakes.server import Server

MAGIC = {"0001": 21211, "0002": 21612, "0003": 21408, "0004": 21610, "0009": 21614}


@dataclass
class SentText:
    """One text as Twilio stored it."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    validity: str
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "status": self.status,
            "error_code": self.error_code,
            "date_created": format_datetime(self.created_at),
            "date_sent": None,
        }


class FakeTwilio(Server):
    """Keeps every text. `trouble` holds what befalls the next requests, one each:

    ("refuse", http status, code) · ("reset",) before anything is stored · ("lose",) stored, then cut ·
    ("hang", seconds) stored, but the answer comes late · ("hold", event) the same, when the event is set ·
    ("break",) stored, then a 500.
    """

    def __init__(self, account: str = "ACfake", token: str = "fake-token") -> None:
        super().__init__()
        self.account, self.token = account, token
        self.texts: list[SentText] = []
        self.trouble: deque[tuple[Any, ...]] = deque()
        self.list_trouble: deque[tuple[int, int]] = deque()  # (http status, code) for the next look-ups
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.requests = 0

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours needs to use this Twilio."""
        return {
            "SMS_TRANSPORT": "twilio",
            "TWILIO_ACCOUNT_SID": self.account,
            "TWILIO_AUTH_TOKEN": self.token,
            "TWILIO_API_URL": self.url,
        }

    def holds_its_answer(self) -> threading.Event:
        """The next text is stored, and answered once this is set."""
        answered = threading.Event()
        self.trouble.append(("hold", answered))
        return answered

    def to(self, number: str) -> list[SentText]:
        return [text for text in self.texts if text.to == number]

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        self.requests += 1
        signed_in = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {signed_in}":
            return self.say(request, 401, {"code": 20003, "message": "Authenticate", "status": 401})
        address = urlsplit(request.path)
        assert address.path == f"/2010-04-01/Accounts/{self.account}/Messages.json", request.path
        if request.command == "GET":
            return self._list(request, dict(parse_qsl(address.query)))
        return self._create(request, {name: values[0] for name, values in parse_qs(body.decode()).items()})

    def _create(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        what, *details = self.trouble.popleft() if self.trouble else ("fine",)
        code = details[1] if what == "refuse" else MAGIC.get(form["To"][-4:]) if form["To"][1:4] == "500" else None
        if code is not None:
            status = details[0] if what == "refuse" else 400
            return self.say(request, status, {"code": code, "message": "No.", "status": status})
        if what == "reset":
            return self._cut(request)
        text = SentText(
            sid=f"SM{len(self.texts):032x}",
            to=form["To"],
            sender=form["From"],
            body=form["Body"],
            callback=form.get("StatusCallback", ""),
            validity=form.get("ValidityPeriod", ""),
            created_at=self.now(),
        )
        self.texts.append(text)
        if what == "lose":
            return self._cut(request)
        if what == "hang":
            time.sleep(details[0])
        if what == "hold":
            details[0].wait()
        if what == "break":
            return self.say(request, 500, {"code": 20500, "message": "Internal", "status": 500})
        return self.say(request, 201, text.as_json())

    def _list(self, request: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        if self.list_trouble:
            status, code = self.list_trouble.popleft()
            return self.say(request, status, {"code": code, "message": "No.", "status": status})
        found = [text.as_json() for text in reversed(self.to(query["To"]))]
        self.say(request, 200, {"messages": found, "next_page_uri": None, "page": 0, "page_size": 100})

    @staticmethod
    def _cut(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        request.connection.close()

    # What it tells us, signed.

    def sign(self, url: str, form: dict[str, str]) -> str:
        return str(RequestValidator(self.token).compute_signature(url, form))

    def post(self, url: str, form: dict[str, str]) -> int:
        """Post to a server of ours as Twilio would; the status it answers."""
        call = urllib.request.Request(url, urlencode(form).encode(), {"X-Twilio-Signature": self.sign(url, form)})
        with urllib.request.urlopen(call, timeout=20) as response:
            return int(response.status)

    def reply(self, site: str, *, sender: str, to: str, body: str, sid: str = "") -> int:
        """Somebody answers the text."""
        form = {"From": sender, "To": to, "Body": body, "MessageSid": sid or f"SMin{time.monotonic_ns():x}"}
        return self.post(f"{site}/api/twilio/inbound/", form)

    def report(self, text: SentText, status: str, code: int | None = None) -> int:
        """What became of a text, to the address it came with."""
        text.status, text.error_code = status, code
        form = {"MessageSid": text.sid, "MessageStatus": status, "To": text.to, "From": text.sender}
        return self.post(text.callback, form | ({"ErrorCode": str(code)} if code else {}))
