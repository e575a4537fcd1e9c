"""Open pages hear that something changed: one LISTEN per process, one event stream per page.

A hint says only what changed, and the page fetches it. Hints that come close together become one: the first
goes out at once, what follows within PAUSE_SECONDS goes out together at its end, and so the last is never lost.
It also says within how many milliseconds to fetch: the more screens of a clinic are open, the further apart they
come, or they would all wait for each other at the database's door.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.cache import never_cache

from waitlist import access
from waitlist.live import CHANNEL
from waitlist.team import TOPIC

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.3
PING_SECONDS = 15
LIFE_SECONDS = 600  # then the page opens a new one, and the session is looked at again
RETRY_SECONDS = 1
SOON_MS, EACH_MS = 150, 100  # within which a few pages look; what one more of many adds
EVERYTHING = "everything"


class Listener:
    """One open page. Holds topics, not hints, so that a page that does not read cannot fill the memory."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.woken = asyncio.Event()

    def tell(self, topic: str) -> None:
        self.topics.add(topic)
        self.woken.set()

    async def hear(self) -> set[str]:
        """What changed since the last time; empty when nothing did for a while."""
        try:
            await asyncio.wait_for(self.woken.wait(), PING_SECONDS)
        except TimeoutError:
            return set()
        heard, self.topics = self.topics, set()
        self.woken.clear()
        return heard


class Hub:
    """Passes the database's notifications on to the pages of each clinic; listens while there are any."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.listeners: dict[int, set[Listener]] = {}
        self.task: asyncio.Task[None] | None = None
        self.is_listening = False

    def join(self, clinic_id: int) -> Listener:
        """A page that looks again as soon as nothing can escape it any more."""
        listener = Listener()
        if self.is_listening:
            listener.tell(EVERYTHING)
        self.listeners.setdefault(clinic_id, set()).add(listener)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())
        return listener

    def leave(self, clinic_id: int, listener: Listener) -> None:
        self.listeners[clinic_id].discard(listener)
        if not self.listeners[clinic_id]:
            del self.listeners[clinic_id]
        if not self.listeners and self.task is not None:
            self.task.cancel()
            self.task = None

    async def run(self) -> None:
        """Listen, and after a lost connection listen again and have every page look."""
        while True:
            try:
                await self.listen()
            except psycopg.OperationalError as error:
                log.warning("live pages are deaf for a moment: %s", type(error).__name__)
            finally:
                self.is_listening = False
            await asyncio.sleep(RETRY_SECONDS)

    async def listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(**address(), autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_listening = True
            for clinic_id in list(self.listeners):
                self.tell(clinic_id, EVERYTHING)
            async for notification in connection.notifies():
                clinic, _, topic = notification.payload.partition(":")
                if clinic.isdecimal():
                    self.tell(int(clinic), topic)

    def tell(self, clinic_id: int, topic: str) -> None:
        for listener in self.listeners.get(clinic_id, ()):
            listener.tell(topic)

    def within_ms(self, clinic_id: int) -> int:
        """In which time the clinic's pages look, each at a moment of its own."""
        return max(SOON_MS, EACH_MS * len(self.listeners.get(clinic_id, ())))


def address() -> dict[str, Any]:
    """Where the database is, for a connection beside Django's pool."""
    parameters = connections["default"].get_connection_params()
    return {name: value for name, value in parameters.items() if name not in ("context", "cursor_factory")}


_hubs: list[Hub] = []  # at most one, of the running loop


def hub() -> Hub:
    if not _hubs or _hubs[0].loop is not asyncio.get_running_loop():
        _hubs[:] = [Hub()]
    return _hubs[0]


async def events(clinic_id: int) -> AsyncIterator[bytes]:
    """Server-sent events for one page, until it goes or its time is over."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LIFE_SECONDS
    here = hub()
    listener = here.join(clinic_id)
    try:
        while loop.time() < ends_at:
            topics = await listener.hear()
            if TOPIC in topics:  # who may look is looked at anew: the page comes back, or may not
                break
            if topics:
                said = f"event: changed\ndata: {' '.join(sorted(topics))}\ndata: {here.within_ms(clinic_id)}\n\n"
                yield said.encode()
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                yield b": still here\n\n"
        yield b"event: bye\ndata: \n\n"
    finally:
        here.leave(clinic_id, listener)


def authorise(request: HttpRequest) -> int:
    """The clinic in use; afterwards the connection is back in the pool, as a stream stays open for minutes."""
    try:
        return access.get_clinic(request).pk
    finally:
        connections.close_all()


@never_cache
async def board(request: HttpRequest) -> HttpResponseBase:
    """The stream of a staff page. A server that cannot stream says so once, and the page polls."""
    clinic_id = await sync_to_async(authorise)(request)
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    return StreamingHttpResponse(
        events(clinic_id),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache, no-store, private", "X-Accel-Buffering": "no"},
    )
