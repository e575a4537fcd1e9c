"""The run itself: rows are written, a real worker sends them through the Twilio that bites, and is killed."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from notifications.models import Message
from notifications.states import UNFINISHED, MessageStatus
from tests.fakes.alone import TwilioAlone
from tests.fakes.bites import Bites
from tests.harness import Stack
from tests.outgoing.cast import Person, people
from tests.outgoing.rows import House
from tests.outgoing.verdict import Verdict, judge

BITES = Bites(
    timeout_after_accept=0.05,
    too_many=0.05,
    doubled_callbacks=0.05,
    missing_callbacks=0.03,
    cut_after_accept=0.01,
    error_after_accept=0.01,
    reset=0.005,
    unavailable=0.005,
    ends_badly=0.05,
    unconfirmed=0.05,
    shuffle=True,
    slowest_callback_seconds=4,
    outages=((45, 51),),
)
TIMEOUT_SECONDS = "1.5"  # ten in earnest; the carrier takes that long with each twentieth
PORTION, BACKLOG = 100, 600
LATER = timedelta(hours=1)  # what waits so long waits for the morning
LEASED = timedelta(seconds=31)


@dataclass(frozen=True)
class Plan:
    """How much, how rough; `hurried`: nobody waits for the lease a killed worker left, nor a minute to look again."""

    texts: int = 10_000
    clinics: int = 50
    kill_every_seconds: float = 10  # of work: a worker takes seconds to start
    kill_at: tuple[int, ...] | None = None  # instead: when so many have gone out
    patience_seconds: float = 1800
    seed: int = 20261126
    bites: Bites = BITES
    hurried: bool = False


@dataclass
class Run:
    """What happened beside the verdict."""

    verdict: Verdict
    kills: int = 0
    sent_after_seconds: float = 0.0
    seconds: float = 0.0
    settled: bool = False
    befell: dict[str, int] = field(default_factory=dict)
    reports: Counter[str] = field(default_factory=Counter)
    busiest_second: int = 0


def run(plan: Plan, stack_of: Any) -> Run:
    """`stack_of(**environment)` gives running servers on the database of this process."""
    with TwilioAlone(plan.bites) as twilio:
        stack = stack_of(DEMO="0", TWILIO_TIMEOUT_SECONDS=TIMEOUT_SECONDS, **twilio.environment)
        house = House(plan.clinics, now=timezone.now())
        drive = Drive(plan, stack, twilio, house)
        drive.until_settled()
        seen = twilio.all()
        made = Run(
            judge(house.part_of, seen), drive.kills, drive.sent_after_seconds, drive.seconds, drive.settled,
            seen["befell"], Counter(str(answered) for text in seen["texts"] for _, answered in text["told"]),
            seen["busiest_second"],
        )  # fmt: skip
    return made


class Drive:
    """Write, kill, wait."""

    def __init__(self, plan: Plan, stack: Stack, twilio: TwilioAlone, house: House) -> None:
        self.plan, self.stack, self.twilio, self.house = plan, stack, twilio, house
        self.left: list[Person] = people(plan.texts, plan.clinics, seed=plan.seed)
        self.kills, self.settled = 0, False
        self.sent_after_seconds = self.seconds = 0.0

    def until_settled(self) -> None:
        started = alive_since = time.monotonic()
        while self.seconds < self.plan.patience_seconds:
            self.seconds = time.monotonic() - started
            self._write_some()
            under_way = bool(self.left) or self._to_send().exists()
            if under_way:
                self.sent_after_seconds = time.monotonic() - started
            if under_way and self._is_time_to_kill(time.monotonic() - alive_since):
                self._kill()
                alive_since = time.monotonic()
            if self.plan.hurried:
                self._hurry()
            if not under_way and not self._unfinished().exists() and not self.twilio.waiting:
                self.settled = True
                break
            time.sleep(0.25)

    def _write_some(self) -> None:
        """A portion, unless too many wait."""
        if not self.left or self._to_send().count() > BACKLOG:
            return
        some, self.left = self.left[:PORTION], self.left[PORTION:]
        self.twilio.will_write_back({one.number: one.says for one in some if one.says is not None})
        self.house.write(some, now=timezone.now())

    def _is_time_to_kill(self, alive_seconds: float) -> bool:
        if self.plan.kill_at is None:
            return alive_seconds > self.plan.kill_every_seconds
        next_at = self.plan.kill_at[self.kills : self.kills + 1]
        return bool(next_at) and Message.objects.exclude(sent_at=None).count() > next_at[0]

    def _kill(self) -> None:
        """As a machine dies; another starts."""
        self.stack.kill_worker()
        self.kills += 1
        if self.plan.hurried:  # nobody has them in hand
            Message.objects.filter(status=MessageStatus.SENDING).update(next_attempt_at=timezone.now())
        self.stack.start_worker()

    def _hurry(self) -> None:
        """What is to be looked up in a minute is looked up now; a look-up under way is left alone."""
        now = timezone.now()
        unknown = Message.objects.filter(status=MessageStatus.UNKNOWN, next_attempt_at__gt=now + LEASED)
        unknown.update(next_attempt_at=now)

    def _unfinished(self) -> Any:
        waits_for_morning = Q(status=MessageStatus.PENDING, next_attempt_at__gt=timezone.now() + LATER)
        return Message.objects.filter(status__in=UNFINISHED, channel="sms").exclude(waits_for_morning)

    def _to_send(self) -> Any:
        return self._unfinished().filter(status__in=(MessageStatus.PENDING, MessageStatus.SENDING))
