"""How long a wave keeps its slot locked, ms: waves of 1, 10 and 100 from lists of 5,000 and 50,000.

Locked is from the answer to SELECT … FOR UPDATE of the slot until its transaction has ended; a claim would wait that
long. Beside it (rows), in turns on the same server: the same rows written by COPY in one transaction, which is the
least that writing them can cost.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from audit.models import Entry
from bench import waiting
from bench.report import Result, percentile
from matching import cascade
from matching.models import Offer, PolicyVersion, SentWave
from matching.policy import policies
from matching.policy.policies import Policy, Wave
from notifications.models import Message
from waitlist.models import Clinic, Slot

LISTS = (5_000, 50_000)
WAVES = (1, 10, 100)
TIMES, WARM = 15, 3
BAR_MS = 15


@dataclass
class Watch:
    """When the slot was locked, and for how long."""

    held_ms: list[float] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "waitlist_slot" in sql and "FOR NO KEY UPDATE" in sql:
            locked_at = time.perf_counter()
            transaction.on_commit(lambda: self.held_ms.append((time.perf_counter() - locked_at) * 1000))
        return result


def run() -> Result:
    clinic, filled = waiting.clinic(0), 0
    clinic.is_open_any_hour = True
    clinic.offers_per_day = clinic.offers_per_week = clinic.offers_per_month = clinic.sms_per_day = 10_000
    clinic.max_live_offers = 10_000
    clinic.save()
    rows = []
    for length in LISTS:
        waiting.fill(clinic, length - filled)
        filled = length
        waiting.settle()
        connection.close()
        rows += [measure(clinic, length, size) for size in WAVES]
        print(*rows[-len(WAVES) :], sep="\n", flush=True)
    missed = [
        f"a wave of {row['asked']} from {row['list']:,} kept its slot locked {row['locked_p50']:.1f} ms"
        for row in rows
        if row["locked_p50"] > BAR_MS
    ]
    return Result(rows, {"bar_ms": BAR_MS}, missed)


def measure(clinic: Clinic, length: int, size: int) -> dict[str, Any]:
    """One wave after the other, each of a new slot."""
    took: dict[str, list[float]] = defaultdict(list)
    for turn in range(WARM + TIMES):
        slot = new_slot(clinic, size, turn)
        watch = Watch()
        with connection.execute_wrapper(watch):
            started = time.perf_counter()
            asked = cascade.advance(slot.pk, now=waiting.NOW)
            whole = (time.perf_counter() - started) * 1000
        if asked != size:
            raise RuntimeError(f"A wave of {size} asked {asked}.")
        copied = copy_ms(slot, size)
        Slot.objects.filter(pk=slot.pk).update(state="withdrawn", next_wave_at=None)
        Offer.objects.filter(slot=slot).update(state="retracted")
        if turn >= WARM:
            took["locked"].append(max(watch.held_ms))
            took["whole"].append(whole)
            took["rows"].append(copied)
    figures = {
        f"{name}_p{percent}": round(percentile(took[name], percent), 2)
        for name, percent in (("locked", 50), ("locked", 95), ("rows", 50), ("whole", 50))
    }
    return {"list": length, "asked": size, **figures}


def new_slot(clinic: Clinic, size: int, turn: int) -> Slot:
    slot = waiting.slot(clinic, hours=49 + 24 * turn, practitioner=turn % 6, service=turn % 12)
    wave = Wave(size=size)
    policy, _ = PolicyVersion.objects.get_or_create(
        clinic=clinic, name=f"of {size}", version=1,
        defaults={
            "document": policies.dump(Policy(name=f"of {size}", short=(wave,), long=(wave,))),
            "created_at": waiting.NOW,
        },
    )  # fmt: skip
    Slot.objects.filter(pk=slot.pk).update(policy=policy, opened_at=waiting.NOW - timedelta(minutes=1))
    return slot


def copy_ms(slot: Slot, size: int) -> float:
    """The rows of this wave once more, written by COPY into copies of their tables, on a plain connection."""
    tables = {
        Offer: Offer.objects.filter(slot=slot),
        Message: Message.objects.filter(slot=slot),
        SentWave: SentWave.objects.filter(slot=slot),
        Entry: Entry.objects.filter(verb__in=["slot.wave", "offer.made"]).order_by("-pk")[: size + 1],
    }
    with plain() as cursor:
        rows = {}
        for model, found in tables.items():
            table = model._meta.db_table
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS same_{table} (LIKE {table} INCLUDING ALL)")
            cursor.execute(f"TRUNCATE same_{table}")
            ids = ",".join(map(str, found.values_list("pk", flat=True))) or "0"
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE id IN ({ids})) TO STDOUT") as out:
                rows[table] = b"".join(bytes(part) for part in out)
        started = time.perf_counter()
        cursor.execute("BEGIN")
        for table, content in rows.items():
            with cursor.copy(f"COPY same_{table} FROM STDIN") as into:
                into.write(content)
        cursor.execute("COMMIT")
        return (time.perf_counter() - started) * 1000


@contextmanager
def plain() -> Iterator[Any]:
    """The driver's own cursor."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        yield cursor
