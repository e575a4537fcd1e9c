"""The best ten for one slot, ms, as a waitlist grows from a thousand to a million.

Beside it, on the same rows in the same minute: loading the list through the ORM and scoring it in Python (naive), and
`SELECT count(*)` of the clinic's active entries (count), which is the least that reading them all can cost.
"""

import time
from collections.abc import Callable
from math import log
from statistics import median
from typing import Any

from django.db import connection

from bench import waiting
from bench.report import Result
from matching.choosing import burst, ranking, ranking_facts
from matching.choosing.ranking_sql import everybody
from matching.prepared import fetch
from matching.states import Order
from tests.matching import reference
from waitlist.models import Clinic, Slot

SIZES = (1_000, 5_000, 10_000, 100_000, 1_000_000)
NAIVE_UP_TO = 100_000  # beyond it needs gigabytes
CLINICS, OVER_CLINICS = 200, 1_000_000
TOP = 10
WARM, TIMED, SELDOM = 6, 25, 3
HOURS = (49, 26, 75)
BURST_OF, BURST = 10_000, 100


def run() -> Result:
    rows = []
    clinic, filled = waiting.clinic(0), 0
    for size in SIZES:
        waiting.fill(clinic, size - filled)
        filled = size
        rows.append(measure(clinic, size, f"{size:,} of one clinic"))
        print(rows[-1], flush=True)
        if size == BURST_OF:
            burst_ms = many_at_once(clinic)
    chain = many_clinics()
    rows.append(measure(chain, OVER_CLINICS, f"{OVER_CLINICS:,} over {CLINICS} clinics"))
    return report(rows, burst_ms)


def many_clinics() -> Clinic:
    """A million further entries over clinics of very uneven size; the one in the middle."""
    parts = [1.5 ** (number / 12) for number in range(CLINICS)]
    clinics = []
    for number, part in enumerate(parts):
        clinics.append(waiting.clinic(number + 1))
        waiting.fill(clinics[-1], int(OVER_CLINICS * part / sum(parts)))
    return clinics[CLINICS // 2]


def measure(clinic: Clinic, size: int, what: str) -> dict[str, Any]:
    waiting.settle()
    connection.close()  # plans made for a shorter list are not this list's
    slots = [loaded(waiting.slot(clinic, hours=hours, service=2 * n)) for n, hours in enumerate(HOURS)]
    slot, nobody = slots[0], loaded(waiting.slot(clinic, hours=100, service=waiting.SERVICES))
    took = side_by_side(
        {
            "ours_ms": lambda: top(slot),
            "count_ms": lambda: entries(clinic),
            "whole_scan_ms": lambda: scan(slot),
            # nobody fits perfectly, so there is no bound to stop at
            "worst_ms": lambda: top(nobody),
            "worst_whole_scan_ms": lambda: scan(nobody),
        },
        times=TIMED if size <= NAIVE_UP_TO else SELDOM,
    )
    naive = {"naive_ms": lambda: reference.rank(slot, now=waiting.NOW)}
    row = {
        "what": what,
        "n": size,
        **took,
        **(side_by_side(naive, times=1, warm=0) if size <= NAIVE_UP_TO else {"naive_ms": None}),
        "identical": all(is_identical(one, size) for one in (*slots, nobody)),
    }
    Slot.objects.filter(pk__in=[one.pk for one in (*slots, nobody)]).delete()
    return row


def many_at_once(clinic: Clinic) -> dict[str, float]:
    """Of a hundred slots due together, per slot: one after the other, and in one pass."""
    slots = [
        loaded(waiting.slot(clinic, hours=3 + 2.5 * n, practitioner=n % 6, service=n % 12)) for n in range(BURST)
    ]
    took = side_by_side(
        {
            "burst_each_ms": lambda: [top(slot) for slot in slots],
            "burst_one_pass_ms": lambda: burst.rank([burst.Asked(one) for one in slots], limit=TOP, now=waiting.NOW),
        },
        times=7,
    )
    found = burst.rank([burst.Asked(slot) for slot in slots], limit=TOP, now=waiting.NOW)
    if found != {slot.pk: top(slot) for slot in slots}:
        raise RuntimeError("In one pass other people were found than one by one.")
    Slot.objects.filter(pk__in=[slot.pk for slot in slots]).delete()
    return {name: value / BURST for name, value in took.items()}


def loaded(slot: Slot) -> Slot:
    """With what the cascade has at hand when it ranks."""
    rows = Slot.objects.select_related("clinic", "location__clinic", "practitioner__clinic", "service", "policy")
    return rows.prefetch_related("service__compatible", "practitioner__clinic__practitioners").get(pk=slot.pk)


def side_by_side(calls: dict[str, Callable[[], Any]], *, times: int, warm: int = WARM) -> dict[str, float]:
    """Median milliseconds of each, taken in turns, so that a busy moment of the machine meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm + times):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn >= warm:
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: round(median(values), 3) for name, values in taken.items()}


def entries(clinic: Clinic) -> int:
    """As the ORM would count them, in plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM waitlist_waitlistentry WHERE clinic_id = %s AND status = 'active'", [clinic.pk]
        )
        return cursor.fetchone()[0]


def top(slot: Slot) -> list[ranking.Candidate]:
    return ranking.rank(slot, limit=TOP, now=waiting.NOW)


def scan(slot: Slot) -> list[tuple[int, int]]:
    """The same ten by looking at everybody."""
    facts = ranking_facts.of(slot, now=waiting.NOW) | ranking_facts.wanted() | {"limit": TOP}
    rows = fetch(everybody(Order.SCORE), facts)
    return [(row["entry_id"], row["score"]) for row in rows]


def is_identical(slot: Slot, size: int) -> bool:
    """To the naive way; where that cannot be run, to looking at everybody in SQL."""
    ours = [(one.entry_id, one.score) for one in top(slot)]
    expected = reference.rank(slot, now=waiting.NOW)[:TOP] if size <= NAIVE_UP_TO else scan(slot)
    return ours == expected


def report(rows: list[dict[str, Any]], burst_ms: dict[str, float]) -> Result:
    at = {row["n"]: row for row in rows[: len(SIZES)]}
    few, many = at[10_000], at[1_000_000]
    facts = {
        "ours_over_count_at_5k": at[5_000]["ours_ms"] / at[5_000]["count_ms"],
        "naive_over_ours_at_5k": at[5_000]["naive_ms"] / at[5_000]["ours_ms"],
        "growth_exponent_10k_to_1M": log(many["ours_ms"] / few["ours_ms"]) / log(100),
        "worst_over_whole_scan": max(row["worst_ms"] / row["worst_whole_scan_ms"] for row in rows),
    }
    aims = {
        "ours_over_count_at_5k": lambda value: value <= 3,
        "naive_over_ours_at_5k": lambda value: value >= 40,
        "growth_exponent_10k_to_1M": lambda value: value <= 0.3,
        "worst_over_whole_scan": lambda value: value <= 2.5,
    }
    missed = [f"{name} is {facts[name]:.2f}" for name, is_met in aims.items() if not is_met(facts[name])]
    missed += [f"the ten of {row['what']} differ" for row in rows if not row["identical"]]
    return Result(rows, {name: round(value, 3) for name, value in (facts | burst_ms).items()}, missed)
