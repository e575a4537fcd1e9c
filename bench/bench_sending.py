"""Texts a second of one worker against a carrier 50 ms away, beside a bare loop of the same client and threads.

A text of ours is everything: read, worded, held to every rule, committed, handed over, recorded, a line in the trail.
The loop hands over the same texts, worded before, and knows no database. In turns, so that a busy moment meets both.
"""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import waiting
from bench.report import Result
from config.celery import app
from notifications import channels, outbox, rendering
from notifications.channels import Outcome
from notifications.models import Message
from tests.harness import Stack
from tests.outgoing.cast import Part, Person, Waiting
from tests.outgoing.rows import House

LATENCY_MS = 50
IN_FLIGHT = {1: 80, 5: 300, 10: 500, 25: 1200, 50: 1600}  # and how many texts, which takes some seconds each
ROUNDS = 2
CLINICS = 4
A_SECOND = 1000  # each clinic's number: no pace is in the way here
AIM_OVER_LOOP, AIM_A_SECOND, AIM_AT = 0.8, 200, 25
PATIENCE_SECONDS = 120


def run() -> Result:
    with far_twilio(0) as near:
        ceiling = asked_a_second(near)
    with far_twilio(LATENCY_MS) as url:
        settings.SMS_TRANSPORT, settings.TWILIO_API_URL = "twilio", url
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "fa4e" * 8, "fake-token"
        clinics = Clinics()
        facts: dict[str, Any] = {"carrier_alone_s": ceiling, **statements(clinics)}
        rows = [level(clinics, url, at_once, texts) for at_once, texts in IN_FLIGHT.items()]
    at_aim = next(row for row in rows if row["in flight"] == AIM_AT)
    missed = []
    if at_aim["ours / loop"] < AIM_OVER_LOOP:
        missed.append(f"{at_aim['ours / loop']:.2f} × the loop at {AIM_AT} in flight, the aim is {AIM_OVER_LOOP}")
    if at_aim["ours_s"] < AIM_A_SECOND:
        missed.append(f"{at_aim['ours_s']:.0f} a second at {AIM_AT} in flight, the aim is {AIM_A_SECOND}")
    return Result(rows, facts, missed)


class Clinics:
    """Where it is noon; people of their own for every text."""

    def __init__(self) -> None:
        self.house = House(CLINICS, now=timezone.now())
        for world in self.house.worlds:
            world.clinic.texts_per_second = A_SECOND
            world.clinic.save(update_fields=["texts_per_second"])
        self.numbers = iter(range(1_000_000))

    def write(self, texts: int, *, now: datetime, due_in: timedelta = timedelta()) -> list[int]:
        """This many texts wait in the outbox; their ids."""
        before = Message.objects.aggregate(last=Max("pk"))["last"] or 0
        people = [
            Person(Part.PLAIN, n % CLINICS, f"+1628{2_000_000 + next(self.numbers):07d}", [Waiting(due_in)])
            for n in range(texts)
        ]
        self.house.write(people, now=now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its own server would have done by now
        return list(Message.objects.filter(pk__gt=before).values_list("pk", flat=True))


def statements(clinics: Clinics) -> dict[str, Any]:
    """What the database is asked for a text, in a batch of a hundred, and what a text costs us and the client."""
    clinics.write(2, now=timezone.now())
    outbox.deliver_due(now=timezone.now())  # what is read once in a process is read then
    clinics.write(100, now=timezone.now())
    of_all, of_ours = time.process_time(), time.thread_time()  # the calls are made by threads of their own
    with CaptureQueriesContext(connection) as said:
        outbox.deliver_due(now=timezone.now())
    of_all, of_ours = time.process_time() - of_all, time.thread_time() - of_ours
    told = Message.objects.filter(status="sent").count()
    if told != 102:
        raise RuntimeError(f"{told} of 102 texts went out.")
    of_it = [one for one in said if not one["sql"].startswith(("BEGIN", "COMMIT"))]
    return {
        "statements_a_text": len(of_it) / 100,
        "our_cpu_ms_a_text": of_ours * 10,
        "client_cpu_ms_a_text": (of_all - of_ours) * 10,
    }


def level(clinics: Clinics, url: str, at_once: int, texts: int) -> dict[str, Any]:
    took: dict[str, list[float]] = {"loop": [], "ours": []}
    cpu_ms = dict.fromkeys(took, 0.0)
    with worker(url, at_once) as stack:
        for _ in range(ROUNDS):
            before = time.process_time()
            took["loop"].append(loop(clinics, at_once, texts))
            cpu_ms["loop"] += (time.process_time() - before) * 1000
            waiting.settle()
            before = cpu_seconds(stack.children["worker"].pid)
            took["ours"].append(ours(clinics, stack, texts))
            cpu_ms["ours"] += (cpu_seconds(stack.children["worker"].pid) - before) * 1000
    ours_s, loop_s = median(took["ours"]), median(took["loop"])
    return {
        "in flight": at_once, "texts": texts * ROUNDS, "ours_s": ours_s, "loop_s": loop_s,
        "ours / loop": ours_s / loop_s, "cpu ms a text": cpu_ms["ours"] / texts / ROUNDS,
        "of the loop": cpu_ms["loop"] / texts / ROUNDS, "most there can be": at_once * 1000 / LATENCY_MS,
    }  # fmt: skip


def cpu_seconds(leader: int) -> float:
    """What a worker and its processes have used so far; 0 where the system does not tell."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            of_it = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(of_it[3]) == leader:  # its session
            ticks += int(of_it[11]) + int(of_it[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def worker(url: str, at_once: int) -> Iterator[Stack]:
    """A worker of one process, and beat."""
    stack = Stack(
        DEMO="0", SMS_TRANSPORT="twilio", TWILIO_API_URL=url, TWILIO_ACCOUNT_SID=settings.TWILIO_ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=settings.TWILIO_AUTH_TOKEN, MESSAGES_IN_FLIGHT=str(at_once),
    )  # fmt: skip
    try:
        stack.start_worker(processes=1)
        stack.start_beat()
        yield stack
    finally:
        stack.stop()


def ours(clinics: Clinics, stack: Stack, texts: int) -> float:
    """From the first that is sent to the last: they are all due at one moment, and the sweep finds them."""
    ids = clinics.write(texts, now=timezone.now(), due_in=timedelta(hours=1))
    mine = Message.objects.filter(pk__in=ids)
    app.control.purge()  # what was to be looked at as soon as it was written
    mine.update(next_attempt_at=timezone.now())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while mine.exclude(status="sent").exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not all were sent in {PATIENCE_SECONDS} s:\n{stack.log()}")
        time.sleep(0.1)
    span = mine.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    return texts / (span["last"] - span["first"] + timedelta(milliseconds=LATENCY_MS)).total_seconds()


def loop(clinics: Clinics, at_once: int, texts: int) -> float:
    """The same hand-over by as many threads, and nothing else."""
    now = timezone.now()
    worded = Message.objects.filter(status="sent").select_related("clinic", "contact_point", "offer")
    messages = list(worded.order_by("pk")[: min(texts, 100)])
    for message in messages:
        message.text = message.text or rendering.render(message)
    transport = channels.of(messages[0])
    with channels.line(at_once) as take, ThreadPoolExecutor(at_once, initializer=take) as pool:
        started = time.perf_counter()
        results = list(pool.map(lambda n: transport.send(messages[n % len(messages)], now=now), range(texts)))
        seconds = time.perf_counter() - started
    if any(result.outcome != Outcome.SENT for result in results):
        raise RuntimeError("Not every text of the loop was taken.")
    return texts / seconds


@contextmanager
def far_twilio(latency_ms: float) -> Iterator[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.far_twilio", str(latency_ms)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.communicate()


def asked_a_second(url: str, requests: int = 4000, threads: int = 4) -> float:
    """How many it takes without latency, on connections kept open."""
    place = urlsplit(url).netloc

    def ask(count: int) -> None:
        kept = http.client.HTTPConnection(place)
        for _ in range(count):
            kept.request("POST", "/", b"To=x", {"Content-Type": "application/x-www-form-urlencoded"})
            kept.getresponse().read()
        kept.close()

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(ask, [requests // threads] * threads))
        seconds = time.perf_counter() - started
    with urllib.request.urlopen(f"{url}/count", timeout=5) as answer:
        if json.load(answer)["count"] != requests:
            raise RuntimeError("The carrier lost some.")
    return requests / seconds
