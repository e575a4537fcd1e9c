"""A Twilio in small that makes calls, too: it asks our addresses what to say, as the real one does, and signs that."""

import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.twilio import FakeTwilio

Post = Callable[[str, dict[str, str], str], str]  # url, form, signature → what we answer


@dataclass
class MadeCall:
    """One call as Twilio keeps it, with what it was asked to do."""

    sid: str
    form: dict[str, str]
    created_at: datetime
    status: str = "queued"
    answered_by: str = ""
    twiml: str = ""

    @property
    def to(self) -> str:
        return self.form["To"]

    def of(self, name: str) -> str:
        return self.form[name]

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "to": self.to,
            "from": self.of("From"),
            "status": self.status,
            "answered_by": self.answered_by or None,
            "date_created": format_datetime(self.created_at),
            "start_time": None,
            "direction": "outbound-api",
        }

    @property
    def words(self) -> str:
        """What is heard now."""
        return "".join("".join(say.itertext()) for say in ET.fromstring(self.twiml).iter("Say")) if self.twiml else ""

    @property
    def hangs_up(self) -> bool:
        return ET.fromstring(self.twiml).find("Hangup") is not None

    @property
    def gather(self) -> ET.Element:
        found = ET.fromstring(self.twiml).find("Gather")
        assert found is not None, f"no key is awaited: {self.twiml}"
        return found


class FakeTwilioCalls(FakeTwilio):
    """Keeps every call. `call_trouble` holds what befalls the next requests to call, one each:

    ("refuse", http status, code) · ("reset",) before it is made · ("lose",) made, then cut ·
    ("break",) made, then a 500.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.calls: list[MadeCall] = []
        self.call_trouble: deque[tuple[Any, ...]] = deque()
        self.ask: Post | None = None  # how our addresses are reached; over the net unless a test says otherwise
        self.resources["Calls"] = self._calls

    def _calls(self, request: BaseHTTPRequestHandler, rest: str, said: dict[str, str]) -> None:
        if rest:
            return self.refuse(request, 20404)
        if request.command == "GET":
            found = [call for call in reversed(self.calls) if call.to == said["To"]]
            found = [call for call in found if call.of("From") == said.get("From", call.of("From"))]
            return self.say(request, 200, {"calls": [call.as_json() for call in found], "next_page_uri": None})
        return self._call(request, said)

    def _call(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        what, *details = self.call_trouble.popleft() if self.call_trouble else ("fine",)
        if what == "refuse":
            return self.refuse(request, details[1], details[0])
        if what != "reset":
            self.calls.append(MadeCall(f"CA{len(self.calls):032x}", form, self.now()))
        if what in ("reset", "lose"):
            return self.cut(request)
        if what == "break":
            return self.refuse(request, 20500)
        return self.say(request, 201, self.calls[-1].as_json())

    # What happens on the line, and what we are asked and told of it.

    def pick_up(self, call: MadeCall, answered_by: str = "human") -> MadeCall:
        """Somebody, or something, answers: what do we say?"""
        call.status, call.answered_by = "in-progress", answered_by
        return self._asked(call, call.of("Url"))

    def press(self, call: MadeCall, digit: str = "") -> MadeCall:
        """A key, or none until the wait is over."""
        return self._asked(call, call.gather.attrib["action"], Digits=digit)

    def end(self, call: MadeCall, status: str = "completed", **more: str) -> None:
        """It is over, and we are told how, where we asked to be told."""
        call.status = status
        assert call.of("StatusCallbackEvent") == "completed"
        self._post(call, call.of("StatusCallback"), CallStatus=status, **more)

    def _asked(self, call: MadeCall, url: str, **more: str) -> MadeCall:
        call.twiml = self._post(call, url, CallStatus="in-progress", AnsweredBy=call.answered_by, **more)
        return call

    def _post(self, call: MadeCall, url: str, **more: str) -> str:
        form = {"CallSid": call.sid, "To": call.to, "From": call.of("From"), **more}
        if self.ask is not None:
            return self.ask(url, form, self.sign(url, form))
        return self.tell(url, form)[1]
