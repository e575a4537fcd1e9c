"""A mail server, a real one on a port of its own."""

from __future__ import annotations

from collections import deque
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default as modern
from typing import Any

from aiosmtpd.controller import Controller

from ops.processes import free_port


class FakeMailServer:
    """A real SMTP server; `refuse` is the answer to the next recipient, if any."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.raw: list[bytes] = []
        self.refuse: deque[str] = deque()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=modern))
        return "250 Kept"

    def __enter__(self) -> FakeMailServer:
        self.controller.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.controller.stop()
