"""Claims a second over distinct slots and on one hot slot, beside pgbench with the same statements on the same server.

A claim is everything: slot, five offers, booking, wish, writeback, messages, and every line of the trail. In turns:
pgbench (prepared) and ours in processes of our own, eight connections each. Then fifty people at once on one slot, and
claims over HTTP, each a win.
"""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import asked, pgbench, waiting
from bench.report import Result, percentile
from matching import claims, tokens
from matching.models import Offer
from tests.at_once import at_once
from tests.harness import Stack, test_database_url
from waitlist.models import Appointment, Clinic, Slot

CONNECTIONS, ROUNDS, PER_ROUND = 8, 3, 320
CONTENDERS, WARM, HOT_SLOTS, ALONE = 50, 6, 12, 60
HTTP_CLAIMS, HTTP_CLIENTS = 400, 16
STATEMENTS = 5
AIM_RATIO, AIM_P99_OVER_P50 = 0.35, 15  # the ratio on PostgreSQL 18; 0.5 on 15


def run() -> Result:
    clinic = asked.clinic()
    with connection.cursor() as cursor:  # so that no id is taken for another number of a statement
        for table, start in (("waitlist_slot", 1_000_000), ("matching_offer", 50_000_000)):
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, start])
    facts: dict[str, Any] = statements(clinic)
    rows = [*distinct(clinic), hot(clinic), over_http(clinic)]
    by_name = {row["what"]: row for row in rows}
    ours, peer = by_name["ours, distinct slots"], by_name["pgbench, the same statements"]
    facts["ours_over_pgbench"] = ours["claims_s"] / peer["claims_s"]
    facts["http_over_ours"] = by_name["over HTTP"]["claims_s"] / ours["claims_s"]
    facts["hot_p99_over_alone_p50"] = by_name["50 at once on one slot"]["p99_ms"] / ours["p50_ms"]
    missed = [f"the {who} needs {facts[who]} statements" for who in ("winner", "loser") if facts[who] > STATEMENTS]
    if facts["ours_over_pgbench"] < AIM_RATIO:
        missed.append(f"{facts['ours_over_pgbench']:.2f} × pgbench, the aim is {AIM_RATIO}")
    if facts["hot_p99_over_alone_p50"] > AIM_P99_OVER_P50:
        missed.append(f"p99 of {CONTENDERS} at once is {facts['hot_p99_over_alone_p50']:.1f} × one alone")
    return Result(rows, facts, missed)


def statements(clinic: Clinic) -> dict[str, int]:
    """What the database is asked by a winner and by a loser, BEGIN and COMMIT not counted."""
    slot, other = asked.slots(clinic, 2, now=timezone.now())
    claim_ms(other.offers.order_by("pk")[0].pk)  # what is read once in a process is read then
    found = {}
    for who, offer in zip(("winner", "loser"), slot.offers.order_by("pk"), strict=False):
        with CaptureQueriesContext(connection) as said:
            claims.claim(offer.pk, via="link", now=timezone.now())
        found[who] = sum(not one["sql"].startswith(("BEGIN", "COMMIT", "SELECT pg_notify")) for one in said)
    return found


def distinct(clinic: Clinic) -> list[dict[str, Any]]:
    """In turns, so that a busy moment of the machine meets both."""
    took: dict[str, list[float]] = {"peer": [], "ours": [], "ms": []}
    for _ in range(ROUNDS):
        theirs = asked.slots(clinic, PER_ROUND, now=timezone.now())
        mine = asked.slots(clinic, PER_ROUND + CONNECTIONS, now=timezone.now())  # each process has one to warm up
        waiting.settle()  # as autovacuum would have by then
        took["peer"].append(pgbench.claims_a_second(theirs, clients=CONNECTIONS, each=asked.EACH))
        seconds, each_ms = in_processes([slot.pk for slot in mine])
        took["ours"].append(PER_ROUND / seconds)
        took["ms"] += each_ms
        for slots in (theirs, mine):
            expect_one_booking_each(slots)
    alone = asked.slots(clinic, ALONE, now=timezone.now())
    alone_ms = [claim_ms(slot.offers.order_by("pk")[0].pk) for slot in alone]
    return [
        {"what": "pgbench, the same statements", "claims_s": median(took["peer"]), **figures([])},
        {"what": "ours, distinct slots, 8 at once", "claims_s": median(took["ours"]), **figures(took["ms"])},
        {"what": "ours, distinct slots", "claims_s": median(took["ours"]), **figures(alone_ms)},
    ]


def figures(each_ms: list[float]) -> dict[str, float | str]:
    return {f"p{n}_ms": percentile(each_ms, n) if each_ms else "" for n in (50, 95, 99)}


def claim_ms(offer_id: int) -> float:
    started = time.perf_counter()
    if claims.claim(offer_id, via="link", now=timezone.now()) != claims.Claim.BOOKED:
        raise RuntimeError("A claim of a free slot did not book it.")
    return (time.perf_counter() - started) * 1000


def in_processes(slot_ids: list[int]) -> tuple[float, list[float]]:
    """One process a connection, released together: how long all took, and each claim."""
    offer_ids = dict(Offer.objects.filter(slot__in=slot_ids).order_by("-pk").values_list("slot_id", "pk"))  # the first
    shares = [[offer_ids[pk] for pk in slot_ids[n::CONNECTIONS]] for n in range(CONNECTIONS)]
    env = os.environ | {"DATABASE_URL": test_database_url()}
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.claimer", *map(str, share)],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for share in shares
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    each_ms = [float(word) for child in children for word in child.communicate()[0].split()]
    return time.perf_counter() - started, each_ms


def expect_one_booking_each(slots: list[Slot]) -> None:
    booked = Appointment.objects.filter(filled_slot__in=slots, status="booked").count()
    left = Offer.objects.filter(slot__in=slots, state="pending").count()
    if booked != len(slots) or left:
        raise RuntimeError(f"{booked} bookings for {len(slots)} slots, {left} offers still pending.")


def hot(clinic: Clinic) -> dict[str, Any]:
    """Fifty people tap at the same moment, again and again, on connections that have booked before."""
    now = timezone.now()
    slots = [asked.slots(clinic, 1, now=now, each=CONTENDERS)[0] for _ in range(HOT_SLOTS)]
    before = [slot.offers.order_by("pk")[0].pk for slot in asked.slots(clinic, CONTENDERS * WARM, now=now)]
    asked_of = [list(slot.offers.order_by("pk").values_list("pk", flat=True)) for slot in slots]
    waiting.settle()
    together = threading.Barrier(CONTENDERS)

    def contend(n: int) -> list[tuple[str, float]]:
        for offer_id in before[n::CONTENDERS]:
            claim_ms(offer_id)
        answers = []
        for offers in asked_of:
            together.wait()
            answers.append(timed(offers[n]))
        return answers

    answers = at_once([partial(contend, n) for n in range(CONTENDERS)])
    busy = 0  # asked to try again in a moment: the queue was longer than the lock timeout
    for of_slot in zip(*answers, strict=True):
        outcomes = Counter(str(outcome) for outcome, _ in of_slot)
        if outcomes["booked"] != 1 or outcomes["taken"] + outcomes["busy"] != CONTENDERS - 1:
            raise RuntimeError(f"Fifty at once: {outcomes}.")
        busy += outcomes["busy"]
    print(f"{busy} of {HOT_SLOTS * CONTENDERS} were asked to try again in a moment")
    each_ms = [took_ms for answer in answers for _, took_ms in answer]
    return {"what": "50 at once on one slot", "claims_s": "", **figures(each_ms)}


def timed(offer_id: int) -> tuple[str, float]:
    started = time.perf_counter()
    return claims.claim(offer_id, via="link", now=timezone.now()), (time.perf_counter() - started) * 1000


def over_http(clinic: Clinic) -> dict[str, Any]:
    """One tap each on slots of their own, through the web server of the demo."""
    slots = asked.slots(clinic, HTTP_CLAIMS, now=timezone.now())
    first = Offer.objects.filter(slot__in=slots).order_by("slot", "pk").distinct("slot")
    links = [f"/o/{tokens.make(offer.public_id)}/claim" for offer in first]
    stack = Stack()
    try:
        stack.start_web()
        place = urlsplit(stack.url).netloc
        kept = threading.local()
        tap(place, kept, links.pop())
        started = time.perf_counter()
        with ThreadPoolExecutor(HTTP_CLIENTS) as pool:
            each_ms = list(pool.map(lambda link: tap(place, kept, link), links))
        seconds = time.perf_counter() - started
    finally:
        stack.stop()
    expect_one_booking_each(slots)
    return {"what": "over HTTP", "claims_s": len(links) / seconds, **figures(each_ms)}


def tap(place: str, kept: threading.local, link: str) -> float:
    """On a connection of this thread's own."""
    if not hasattr(kept, "connection"):
        kept.connection = http.client.HTTPConnection(place, timeout=30)
    started = time.perf_counter()
    kept.connection.request("POST", link)
    answer = kept.connection.getresponse()
    body = answer.read()
    if answer.status != 200 or b'data-outcome="booked"' not in body:
        raise RuntimeError(f"A tap was answered with {answer.status}.")
    return (time.perf_counter() - started) * 1000
