"""A clinic's calendar, a real server on a port of its own."""

from collections import deque
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks import Webhook

from tests.fakes.server import Server


class FakeCalendar(Server):
    """A clinic's calendar that takes our webhooks; `answers` holds the statuses of the next ones, then it is 200."""

    def __init__(self, secret: str | bytes) -> None:
        super().__init__()
        self.secret = secret
        self.answers: deque[int] = deque()
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        event = Webhook(self.secret).verify(body, headers)  # raises, and so answers nothing, if it is not signed
        self.ids.append(headers["webhook-id"])
        status = self.answers.popleft() if self.answers else 200
        if status < 300:
            self.events.append(event)
        self.say(request, status, {})
