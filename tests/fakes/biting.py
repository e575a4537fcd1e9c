"""The part of the fake Twilio that acts by itself: trouble, reports, replies, and times when nobody listens."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes.bites import Bites, Mood
from tests.fakes.courier import Courier
from tests.fakes.twilio_texts import SentText

if TYPE_CHECKING:
    from tests.fakes.twilio import FakeTwilio


@dataclass
class Reply:
    """What somebody writes back to the first text they get, and when our answer to that was there."""

    body: str
    after_seconds: float
    acknowledged_at: float | None = None  # by time.time()
    asked: bool = False


class Jaws:
    """`replies` holds, by number, what somebody writes back once they have a text."""

    def __init__(self, twilio: FakeTwilio, bites: Bites) -> None:
        self.twilio, self.bites = twilio, bites
        self.mood = Mood(bites)
        self.courier = Courier(twilio.token)
        self.replies: dict[str, Reply] = {}
        self.is_closed = threading.Event()

    def open(self) -> None:
        if self.bites.outages:
            threading.Thread(target=self._go_and_come_back, daemon=True).start()

    def close(self) -> None:
        self.is_closed.set()
        self.courier.stop()

    def befalls(self, form: dict[str, str], at: float) -> str:
        """What befalls this request, after the time it takes."""
        if self.bites.answers_after_seconds:
            time.sleep(self.bites.answers_after_seconds)
        callback = form.get("StatusCallback", "")
        key = callback.rstrip("/").rpartition("/")[2] or f"{form['To']} {form['Body']}"
        return self.mood.next(key, form["From"], int(at))

    def accepted(self, text: SentText, befell: str) -> None:
        """From here on it is told of by itself."""
        fate = self.mood.fate(text.key, befell)
        text.ends_as = fate.ends_as
        for report in fate.reports:
            text_goes_on = partial(text.goes_on_to, report.status, report.code)
            self.courier.later(report.after_seconds, text_goes_on)
            for time_of_it in range(report.times):
                tell = partial(self._tell, text, report.status, report.code)
                self.courier.later(report.after_seconds + 0.3 * time_of_it, tell)
        reply = self.replies.get(text.to)
        if reply is not None and not reply.asked:
            reply.asked = True
            self.courier.later(reply.after_seconds, partial(self._reply, text, reply))

    def _tell(self, text: SentText, status: str, code: int | None) -> None:
        if text.callback:
            text.told.append((status, self.courier.post(text.callback, text.report(status, code))))

    def _reply(self, text: SentText, reply: Reply) -> None:
        site = urlsplit(text.callback)
        form = {
            "AccountSid": text.account, "ApiVersion": "2010-04-01", "Body": reply.body, "From": text.to,
            "MessageSid": f"SM{0xAA:02x}{int(text.sid[2:], 16):030x}", "NumMedia": "0", "NumSegments": "1",
            "To": text.sender,
        }  # fmt: skip
        if self.courier.post(f"{site.scheme}://{site.netloc}/api/twilio/inbound/", form) == 200:
            reply.acknowledged_at = time.time()

    def _go_and_come_back(self) -> None:
        started = time.monotonic()
        for gone_from, gone_until in self.bites.outages:
            if self.is_closed.wait(max(0.0, started + gone_from - time.monotonic())):
                return
            self.twilio.goes_away()
            if self.is_closed.wait(max(0.0, started + gone_until - time.monotonic())):
                return self.twilio.place.close()
            self.twilio.comes_back()

    def as_json(self) -> dict[str, Any]:
        """All it knows, for whoever is in another process."""
        return {
            "texts": [
                {
                    "key": text.key, "sid": text.sid, "to": text.to, "sender": text.sender, "at": text.accepted_at,
                    "ends_as": text.ends_as, "told": text.told,
                }
                for text in list(self.twilio.texts)
            ],
            "replies": {
                number: {"body": reply.body, "at": reply.acknowledged_at}
                for number, reply in list(self.replies.items())
                if reply.asked
            },
            "befell": dict(self.mood.befell),
            "busiest_second": self.mood.busiest_second,
            "waiting": self.courier.waiting,
            "unanswered": self.courier.failed,
        }  # fmt: skip
