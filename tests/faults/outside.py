"""Who stands around the little clinic: a calendar that takes our webhooks, and a carrier that may be away."""

import socket
from http.server import BaseHTTPRequestHandler

from tests.factories import NOW
from tests.fakes import FakeCalendar, FakeTwilio

NO_ACCOUNT = (401, 20003)


class Calendar(FakeCalendar):
    """The clinic's calendar. The clock of the matrix stands still, so it does not look at how old a webhook is."""

    says = 200

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        self.ids.append(request.headers["webhook-id"])
        self.say(request, self.says, {})


class Carrier(FakeTwilio):
    """A carrier by the clock of the matrix. `manner` says how an act finds it: empty (the demo's own carrier is asked
    instead), `here`, `away` (nobody answers at its address), or `refuses` (it does not know our account).
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = lambda: NOW
        self.manner = ""
        self.nobody = socket.socket()  # it has an address and never listens there
        self.nobody.bind(("127.0.0.1", 0))

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.manner == "refuses":
            status, code = NO_ACCOUNT
            return self.say(request, status, {"code": code, "message": "Authenticate", "status": status})
        super().answer(request, body)

    def stop(self) -> None:
        super().stop()
        self.nobody.close()

    @property
    def settings(self) -> dict[str, str]:
        """What a process has to be told to find it so."""
        if not self.manner:
            return {}
        there = {"TWILIO_API_URL": f"http://127.0.0.1:{self.nobody.getsockname()[1]}"} if self.manner == "away" else {}
        return self.environment | there

    def comes_back(self) -> bool:
        """It answers from now on; False if it did before."""
        was_out = self.manner in ("away", "refuses")
        self.manner = "here" if was_out else self.manner
        return was_out

    def handed(self) -> list[str]:
        """The public ids of the messages it was handed, each as often as it was."""
        return [text.callback.rstrip("/").rpartition("/")[2] for text in self.texts]
