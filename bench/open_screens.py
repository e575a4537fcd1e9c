"""Browsers of one web server as a benchmark needs them: open event streams, pages fetched, what the server's process
uses.
"""

import asyncio
import os
import time
from pathlib import Path

import psycopg

from waitlist.live import CHANNEL

TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1024 * 1024
FAILED = float("inf")


class Screen:
    """One open event stream of somebody signed in, read as it comes."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.heard_at: list[float] = []
        self.within_ms = 0
        self.task: asyncio.Task[None] | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self, host: str, port: int) -> None:
        """Until it was told to look for the first time."""
        reader, self.writer = await asyncio.open_connection(host, port)
        self.writer.write(request("/live/board/", host, self.session))
        await self.writer.drain()
        await asyncio.wait_for(reader.readuntil(b"data: everything"), 30)
        self.task = asyncio.create_task(self.read(reader))

    async def read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: board"):
                self.heard_at.append(time.perf_counter())
                self.within_ms = int((await reader.readline()).removeprefix(b"data: "))

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
        if self.writer is not None:
            self.writer.close()


class Process:
    """What the web server's process uses, as the kernel counts it."""

    def __init__(self, pid: int) -> None:
        self.folder = Path(f"/proc/{pid}")

    def megabytes(self) -> float:
        pages = int((self.folder / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE

    def cpu_seconds(self) -> float:
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def request(path: str, host: str, session: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: sessionid={session}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def hint(database: psycopg.AsyncConnection, clinic_id: int) -> None:
    await database.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{clinic_id}:board"])


class Desk:
    """Browsers of one web server."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    async def pages(self, session: str, count: int) -> list[float]:
        """The board's page, one after the other, ms each."""
        return [await self.page(session) for _ in range(count)]

    async def page(self, session: str, *, update: bool = False) -> float:
        """How long it took, ms; FAILED where it was not shown."""
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(request("/", self.host, session, *(["HX-Request: true"] if update else []), "Connection: close"))
        status = await reader.readline()
        await reader.read()
        writer.close()
        return (time.perf_counter() - started) * 1000 if b" 200 " in status else FAILED

    async def all_look(
        self, database: psycopg.AsyncConnection, clinic_id: int, screens: list[Screen]
    ) -> list[float]:
        """One hint, whereupon every screen fetches the board when the server wished it, as the page does: ms each."""
        for screen in screens:
            screen.heard_at.clear()
        sent = time.perf_counter()
        await hint(database, clinic_id)

        async def look(screen: Screen, place: float) -> float:
            while not screen.heard_at:
                await asyncio.sleep(0.005)
            await asyncio.sleep(screen.within_ms / 1000 * place)
            failed = await self.page(screen.session, update=True) == FAILED
            return FAILED if failed else (time.perf_counter() - sent) * 1000

        return list(await asyncio.gather(*(look(one, n / len(screens)) for n, one in enumerate(screens))))
