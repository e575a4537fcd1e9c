"""From a calendar's signed cancellation to the first text handed over, ms, on the demo's data.

Web, worker and beat are real processes; the carrier is the simulated one. Beside it, in the same minute and on the
same broker, a task that does nothing: nothing that is queued can be faster than that.
"""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import redis
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from bench.floor import Floor
from bench.report import Result, percentile
from notifications.models import Message
from ops.demo.info import appointments
from ops.demo.seed import seed_all
from tests.harness import Stack
from waitlist.models import Appointment, Clinic, Connection

CANCELLATIONS = 50
BAR_MS, AIM_MS = 1_000, 250
PATIENCE_SECONDS = 15
NEEDED = 2  # candidates: an appointment that nobody could take sends nothing


def run() -> Result:
    seed_all(now=timezone.now())
    Clinic.objects.update(mass_cancellation_count=1000)  # nobody at a desk answers here
    stack = Stack()
    redis.Redis.from_url(stack.redis_url).flushdb()  # what seeding nudged is done already
    floor = Floor(stack.folder)
    try:
        stack.start()
        floor.start()
        measured, idle = measure(stack, floor)
    finally:
        floor.stop()
        stack.stop()
    return report(measured, idle)


def measure(stack: Stack, floor: Floor) -> tuple[list[dict[str, float]], list[float]]:
    """One cancellation after the other, and a task that does nothing after each."""
    calendars = {row.clinic.slug: row for row in Connection.objects.filter(source="standard").select_related("clinic")}
    measured, idle = [], []
    floor.round_trip_ms(-1)
    for number, external_id in enumerate(chosen()):
        appointment = Appointment.objects.select_related("clinic").get(external_id=external_id)
        measured.append(cancel(stack.url, calendars[appointment.clinic.slug], external_id))
        time.sleep(0.2)  # the rest of its texts
        idle.append(floor.round_trip_ms(number))
    return measured, idle


def chosen() -> list[str]:
    """The next appointments that somebody could take."""
    rows = appointments(now=timezone.now(), limit=2 * CANCELLATIONS)
    found = [row["external_id"] for row in rows if row["candidates"] >= NEEDED][:CANCELLATIONS]
    if len(found) < CANCELLATIONS:
        raise RuntimeError(f"Only {len(found)} appointments of the demo have {NEEDED} candidates.")
    return found


def cancel(url: str, calendar: Connection, external_id: str) -> dict[str, float]:
    """Tell it as the calendar would; how long until the web answered, and until the first text was handed over."""
    body = json.dumps({"type": "appointment.cancelled", "data": {"external_id": external_id, "reason": "bench"}})
    name, at = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(calendar.secret).sign(name, at, body),
        "content-type": "application/json",
    }
    request = Request(f"{url}/api/intake/standard/{calendar.public_id}/", body.encode(), headers)
    posted_at = datetime.now(UTC)
    with urlopen(request, timeout=10) as response:
        if response.status != 202:
            raise RuntimeError(f"The cancellation of {external_id} was answered with {response.status}.")
    answered_at = datetime.now(UTC)
    first = first_message(external_id)
    assert first.sent_at is not None and first.slot is not None
    return {
        "HTTP POST → 202": ms(answered_at - posted_at),
        "HTTP POST → first text": ms(first.sent_at - posted_at),
        "slot opened → first text": ms(first.sent_at - first.slot.opened_at),
    }


def first_message(external_id: str) -> Message:
    """The first offer handed over for the freed time."""
    rows = Message.objects.select_related("slot").filter(
        slot__freed_by__external_id=external_id, kind="offer", sent_at__isnull=False
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := rows.order_by("sent_at").first():
            return found
        time.sleep(0.02)
    raise RuntimeError(f"Nobody was told of {external_id} within {PATIENCE_SECONDS} s.")


def ms(span: timedelta) -> float:
    return span.total_seconds() * 1000


def report(measured: list[dict[str, float]], idle: list[float]) -> Result:
    columns = {name: [one[name] for one in measured] for name in measured[0]}
    columns["floor: a task that does nothing"] = idle
    rows = [
        {
            "what": name,
            "n": len(values),
            "p50": percentile(values, 50),
            "p95": percentile(values, 95),
            "max": max(values),
        }
        for name, values in columns.items()
    ]
    p95 = percentile(columns["HTTP POST → first text"], 95)
    missed = [f"p95 is {p95:.0f} ms, the bar is {BAR_MS} ms"] if p95 > BAR_MS else []
    ratio = p95 / percentile(idle, 95)
    return Result(rows, {"bar_ms": BAR_MS, "aim_ms": AIM_MS, "aim_met": p95 <= AIM_MS, "p95_over_floor": ratio}, missed)
