"""A busy clinic while its worker and its broker are killed again and again: nothing lost, nothing twice.

SOAK_MINUTES (3) says how long. Every second somebody cancels an appointment and several patients tap or decline
over HTTP; every 20 s the worker dies by kill -9, every 45 s the broker. Then all is left alone and must settle.
"""

import os
import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command
from django.db.models import Count, F, Q
from django.utils import timezone

from bench.report import Result
from matching import tokens, work
from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message, SimulatedText
from tests.harness import Stack
from waitlist import schedule
from waitlist.models import Appointment, Clinic, Slot
from waitlist.states import LIVE_SLOT_STATES, AppointmentStatus, CancelledBy, SlotState

MINUTES = float(os.environ.get("SOAK_MINUTES", "3"))
SEED = 20261122
SETTLE_SECONDS = 120
UNFINISHED = ["pending", "sending", "unknown"]


def run() -> Result:
    call_command("seed_demo", verbosity=0)
    Clinic.objects.update(mass_cancellation_count=1000)  # nobody at a desk answers here
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    stack = Stack()
    try:
        stack.start()
        before = memory_mb(stack)
        disturb(stack, chance, seen)
        settled_s = settle()
        after = memory_mb(stack)
    finally:
        stack.stop()
    rows = [{"what": what, "count": seen[what]} for what in sorted(seen)]
    facts = {"minutes": MINUTES, "settled_after_s": settled_s, "web_mb_before": before, "web_mb_after": after}
    return Result(rows, facts, missed=broken_promises(seen, settled_s))


def disturb(stack: Stack, chance: random.Random, seen: Counter[str]) -> None:
    """The busy time itself."""
    started = time.monotonic()
    next_kill = {"worker": started + 20, "broker": started + 45}
    while time.monotonic() < started + MINUTES * 60:
        second = time.monotonic()
        cancel_one(chance, seen)
        for _ in range(3):
            answer_one(stack, chance, seen)
        if second > next_kill["worker"]:
            stack.kill_worker()
            stack.start_worker(wait=False)
            next_kill["worker"] = second + 20
            seen["worker killed"] += 1
        if second > next_kill["broker"]:
            stack.kill_broker()
            time.sleep(chance.uniform(0, 3))
            stack.start_broker()
            next_kill["broker"] = second + 45
            seen["broker killed"] += 1
        time.sleep(max(0.0, second + 1 - time.monotonic()))
    stack.wait_for_worker()


def cancel_one(chance: random.Random, seen: Counter[str]) -> None:
    """Somebody cancels an appointment of the next days."""
    now = timezone.now()
    soon = Q(starts_at__gt=now + timedelta(hours=3), starts_at__lt=now + timedelta(days=10))
    booked = Appointment.objects.filter(soon, status=AppointmentStatus.BOOKED).values_list("pk", flat=True)
    if booked:
        changed = schedule.cancel(chance.choice(list(booked)), reason="soak", by=CancelledBy.CLINIC, now=now)
        seen[f"cancellation {changed.outcome}"] += 1


def answer_one(stack: Stack, chance: random.Random, seen: Counter[str]) -> None:
    """Somebody who was texted taps, or declines; some do so long after it is over."""
    asked = list(Offer.objects.filter(messages__status="sent").values_list("public_id", flat=True)[:500])
    if not asked:
        return
    verb = chance.choice(["claim", "claim", "decline"])
    answer = requests.post(f"{stack.url}/o/{tokens.make(chance.choice(asked))}/{verb}", timeout=30)
    outcome = answer.text.partition('data-outcome="')[2].partition('"')[0]
    seen[f"{verb}: {outcome or answer.status_code}"] += 1
    seen["answers 5xx"] += answer.status_code >= 500


def settle() -> float:
    """How long until no message is unfinished and no slot is due."""
    started = time.monotonic()
    while time.monotonic() < started + SETTLE_SECONDS:
        now = timezone.now()
        waiting = Message.objects.filter(status__in=UNFINISHED, next_attempt_at__lte=now).exclude(channel="webhook")
        if not waiting.exists() and not work.due(now=now - timedelta(seconds=5), limit=1):
            return time.monotonic() - started
        time.sleep(0.5)
    return float("inf")


def broken_promises(seen: Counter[str], settled_s: float) -> list[str]:
    """One sentence for each promise the database does not keep now."""
    twice: Any = SimulatedText.objects.values("message").annotate(times=Count("pk")).filter(times__gt=1)
    found = {
        "answers were errors of ours": seen["answers 5xx"],
        "messages went out twice": twice.filter(message__resent_at=None).count(),
        "slots are filled by no booking": Slot.objects.filter(state=SlotState.FILLED, filled_by=None).count(),
        "slots gave two people a yes": Slot.objects.annotate(
            yes=Count("offers", filter=Q(offers__state=OfferState.ACCEPTED))
        )
        .filter(yes__gt=1)
        .count(),
        "people hold an open offer of a slot that is over": Offer.objects.filter(state=OfferState.PENDING)
        .exclude(slot__state__in=LIVE_SLOT_STATES)
        .count(),
        "bookings overlap": overlapping(),
    }
    sentences = [f"{count} {promise}" for promise, count in found.items() if count]
    if settled_s == float("inf"):
        sentences.append(f"something was still unfinished after {SETTLE_SECONDS} s")
    return sentences


def overlapping() -> int:
    """Pairs of exclusive bookings of one practitioner over one another: the database's own promise, looked at."""
    booked = Appointment.objects.filter(status=AppointmentStatus.BOOKED, is_exclusive=True)
    return sum(
        booked.filter(
            practitioner=one.practitioner_id, starts_at__lt=one.ends_at, ends_at__gt=one.starts_at, pk__gt=one.pk
        ).count()
        for one in booked.filter(ends_at__gt=F("starts_at"))
    )


def memory_mb(stack: Stack) -> float:
    """What the web process holds, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{stack.children['web'].pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
