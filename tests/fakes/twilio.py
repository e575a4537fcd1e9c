"""A Twilio in small, a real server on a port of its own: the Messages API with its codes, and what it tells us."""

from __future__ import annotations

import base64
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.fakes.bites import Bites
from tests.fakes.biting import Jaws
from tests.fakes.server import Server
from tests.fakes.twilio_texts import MAGIC_FROM, MAGIC_TO, SentText, error

MOST_SECONDS = 30  # a client that waits longer than this for an answer has one


class FakeTwilio(Server):
    """Keeps every text. `trouble` holds what befalls the next requests, one each:

    ("refuse", http status, code) · ("reset",) before anything is stored · ("lose",) stored, then cut ·
    ("hang", seconds) stored, but the answer comes late · ("hold", event) the same, when the event is set ·
    ("break",) stored, then a 500.

    With `bites` it does all that by itself, and reports what becomes of each text (tests/fakes/biting.py).
    """

    def __init__(
        self, account: str = "AC" + "fa4e" * 8, token: str = "fake-token", bites: Bites | None = None
    ) -> None:
        super().__init__()
        self.account, self.token = account, token
        self.texts: list[SentText] = []
        self.trouble: deque[tuple[Any, ...]] = deque()
        self.list_trouble: deque[tuple[int, int]] = deque()  # (http status, code) for the next look-ups
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.requests = 0
        self.jaws = Jaws(self, bites) if bites is not None else None
        # By the first word of a path below the account: what answers (request, rest of the path, parameters).
        self.resources: dict[str, Callable[[BaseHTTPRequestHandler, str, dict[str, str]], None]] = {
            "Messages": self._messages
        }
        self._lock = threading.Lock()
        self._signed_in = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours needs to use this Twilio."""
        return {
            "SMS_TRANSPORT": "twilio",
            "TWILIO_ACCOUNT_SID": self.account,
            "TWILIO_AUTH_TOKEN": self.token,
            "TWILIO_API_URL": self.url,
        }

    def start(self) -> Any:
        super().start()
        if self.jaws is not None:
            self.jaws.open()
        return self

    def stop(self) -> None:
        if self.jaws is not None:
            self.jaws.close()
        super().stop()

    def holds_its_answer(self) -> threading.Event:
        """The next text is stored, and answered once this is set."""
        answered = threading.Event()
        self.trouble.append(("hold", answered))
        return answered

    def to(self, number: str) -> list[SentText]:
        return [text for text in list(self.texts) if text.to == number]

    # What it is asked.

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        self.requests += 1
        if request.headers.get("Authorization") != self._signed_in:
            return self.refuse(request, 20003)
        address = urlsplit(request.path)
        below = address.path.removeprefix(f"/2010-04-01/Accounts/{self.account}/")
        resource, _, rest = below.removesuffix(".json").partition("/")
        if resource not in self.resources:
            return self.refuse(request, 20404)
        said = address.query if request.command == "GET" else body.decode()
        return self.resources[resource](request, rest, dict(parse_qsl(said)))

    def refuse(self, request: BaseHTTPRequestHandler, code: int, status: int | None = None) -> None:
        self.say(request, *error(code, status))

    def _messages(self, request: BaseHTTPRequestHandler, sid: str, said: dict[str, str]) -> None:
        if sid:
            found = next((text for text in list(self.texts) if text.sid == sid), None)
            return self.say(request, 200, found.as_json()) if found is not None else self.refuse(request, 20404)
        return self._list(request, said) if request.command == "GET" else self._create(request, said)

    def _create(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        at = time.time()
        what, *details = self.trouble.popleft() if self.trouble else ("fine",)
        if what == "refuse":
            return self.refuse(request, details[1], details[0])
        if code := refusal(form):
            return self.refuse(request, code)
        if self.jaws is not None and what == "fine":
            what, details = self.jaws.befalls(form, at), [MOST_SECONDS]
        if what in ("too_many", "unavailable"):
            return self.refuse(request, {"too_many": 20429, "unavailable": 20503}[what])
        if what == "reset":
            return self.cut(request)
        text = self._store(form, at, what)
        if what in ("lose", "cut"):
            return self.cut(request)
        if what == "hang":
            time.sleep(details[0])
        if what == "timeout" and self._has_hung_up(request, details[0]):
            return None
        if what == "hold":
            details[0].wait()
        if what in ("break", "error"):
            return self.refuse(request, 20500)
        return self.say(request, 201, text.as_json())

    def _store(self, form: dict[str, str], at: float, befell: str) -> SentText:
        with self._lock:
            text = SentText(
                sid=f"SM{len(self.texts):032x}",
                to=form["To"],
                sender=form["From"],
                body=form["Body"],
                callback=form.get("StatusCallback", ""),
                validity=form.get("ValidityPeriod", ""),
                created_at=self.now(),
                account=self.account,
                accepted_at=at,
            )
            self.texts.append(text)
        if self.jaws is not None:
            self.jaws.accepted(text, befell)
        return text

    def _list(self, request: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        if self.list_trouble:
            status, code = self.list_trouble.popleft()
            return self.refuse(request, code, status)
        is_forgetful = self.jaws is not None and self.jaws.bites.forgetful
        size = int(query.get("PageSize", 50))
        found = [] if is_forgetful else self.to(query["To"])[::-1][:size]
        here = f"/2010-04-01/Accounts/{self.account}/Messages.json?{urlencode(query)}"
        return self.say(request, 200, {
            "messages": [text.as_json() for text in found],
            "start": 0, "end": max(len(found) - 1, 0), "page": 0, "page_size": size,
            "uri": here, "first_page_uri": here, "next_page_uri": None, "previous_page_uri": None,
        })  # fmt: skip

    @staticmethod
    def _has_hung_up(request: BaseHTTPRequestHandler, most_seconds: float) -> bool:
        """Wait until whoever asked is gone, as long as that may take."""
        request.connection.settimeout(most_seconds)
        try:
            gone = request.connection.recv(1) == b""
        except OSError:
            gone = False
        request.close_connection = True
        return gone

    @staticmethod
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        request.connection.close()

    # What it tells us, signed.

    def sign(self, url: str, form: dict[str, str]) -> str:
        return str(RequestValidator(self.token).compute_signature(url, form))

    def tell(self, url: str, form: dict[str, str]) -> tuple[int, str]:
        """Post to a server of ours as Twilio would; the status and what it answers."""
        call = urllib.request.Request(url, urlencode(form).encode(), {"X-Twilio-Signature": self.sign(url, form)})
        with urllib.request.urlopen(call, timeout=20) as response:
            return int(response.status), str(response.read().decode())

    def post(self, url: str, form: dict[str, str]) -> int:
        """The same, where only the status counts."""
        return self.tell(url, form)[0]

    def reply(self, site: str, *, sender: str, to: str, body: str, sid: str = "") -> int:
        """Somebody answers the text."""
        form = {"From": sender, "To": to, "Body": body, "MessageSid": sid or f"SMin{time.monotonic_ns():x}"}
        return self.post(f"{site}/api/twilio/inbound/", form)

    def report(self, text: SentText, status: str, code: int | None = None) -> int:
        """What became of a text, to the address it came with."""
        text.status, text.error_code = status, code
        return self.post(text.callback, text.report(status, code))


def refusal(form: dict[str, str]) -> int | None:
    """The code a request is refused with whoever asks: magic numbers, and what a message cannot be without."""
    missing = next((code for name, code in (("To", 21604), ("From", 21603), ("Body", 21602)) if not form.get(name)), 0)
    too_long = 21617 if len(form.get("Body", "")) > 1600 else 0
    return missing or MAGIC_TO.get(form["To"]) or MAGIC_FROM.get(form["From"]) or too_long or None
