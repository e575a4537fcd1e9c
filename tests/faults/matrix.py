"""Striking: the same little clinic again and again, an act that dies at its n-th step, and what others make of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ops import doctor
from tests.clean_up import forget_everything
from tests.factories import NOW
from tests.faults.acts import SECRET, Scene
from tests.faults.outside import Calendar, Carrier
from tests.faults.portrait import Portrait, handed_over_twice, paint, promised_twice
from tests.faults.table import ACTS
from tests.harness import ROOT, eventually, test_database_url

STRUCK_AT = NOW + timedelta(seconds=1)
DONE_AGAIN_AT = NOW + timedelta(seconds=3)
SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "no database": 0}  # how the child ends, at first
# When the sweeps come by: soon, after every lease and wait, and until nothing is due any more.
SWEPT_AT = [NOW + timedelta(seconds=s) for s in (5, 24, 36, 68, 100, 200, 400)]
BACK_AT = [NOW + timedelta(minutes=m) for m in (24, 25, 27, 31)]  # the same, where the carrier was away until then


@dataclass(frozen=True)
class Undisturbed:
    """An act that nobody struck: its steps by name, and what the clinic looks like in the end."""

    steps: list[str]
    portrait: Portrait

    def number(self, step: str) -> int:
        """The last step of this name, counted from one."""
        return len(self.steps) - self.steps[::-1].index(step)


@dataclass(frozen=True)
class Struck:
    """What became of an act that died at one of its steps."""

    act: str
    number: int
    step: str
    lost: Portrait
    added: Portrait
    sent_twice: int
    promised_twice: int
    violations: list[str]

    @property
    def survived(self) -> bool:
        return not (self.lost or self.added or self.sent_twice or self.promised_twice or self.violations)

    def __str__(self) -> str:
        found = {
            "lost": list(self.lost.elements()),
            "added": list(self.added.elements()),
            "messages sent twice": self.sent_twice,
            "times promised twice": self.promised_twice,
            "doctor": self.violations,
        }
        return f"{self.act}, step {self.number} ({self.step}): {({k: v for k, v in found.items() if v})}"


class Matrix:
    """A victim that waits for orders, and who stands around it. `spoilt` and `sweeps` break the house on purpose."""

    def __init__(self, calendar: Calendar, carrier: Carrier, *, spoilt: str = "", sweeps: str = "sweeps") -> None:
        self.calendar, self.carrier, self.spoilt, self.sweeps = calendar, carrier, spoilt, sweeps
        environment = {**os.environ, "DATABASE_URL": test_database_url(), "DB_POOL": "0", "DEMO": "1"}
        self.victim = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )

    def undisturbed(self, act: str) -> Undisturbed:
        """The act carried out in peace, and the sweeps after it."""
        scene, ids = self._prepare(act)
        steps = self._order(act, ids, [STRUCK_AT], spoilt=self.spoilt)["steps"]
        self._recover()
        return Undisturbed(steps, paint(scene.clinic, self.calendar.ids, self.carrier.handed()))

    def strike(self, act: str, number: int, peace: Undisturbed, *, blow: str = "kill") -> Struck:
        """The act is struck at this step, who did it does it again, others find what it left; if it was only frozen,
        it then goes on as if nothing had been.
        """
        scene, ids = self._prepare(act)
        end = self._order(act, ids, [STRUCK_AT], fatal=number, spoilt=self.spoilt, blow=blow)
        assert end["signal"] == SIGNALS[blow], f"{act} did not suffer {blow} at step {number}: {end}"
        if blow != "freeze":
            eventually(_victim_is_gone)
        if ACTS[act].by_hand:
            self._order(act, ids, [DONE_AGAIN_AT])
        ended_at = self._recover()
        if blow == "freeze":
            self._order("thaw", {}, [])
        portrait = paint(scene.clinic, self.calendar.ids, self.carrier.handed())
        return Struck(
            act,
            number,
            peace.steps[number - 1] if number <= len(peace.steps) else "",
            lost=peace.portrait - portrait,
            added=portrait - peace.portrait,
            sent_twice=handed_over_twice(scene.clinic, self.carrier.handed()),
            promised_twice=promised_twice(scene.clinic),
            violations=[str(violation) for violation in doctor.examine(scene.clinic, now=ended_at)],
        )

    def stop(self) -> None:
        self.victim.communicate(timeout=20)  # nothing more to do: it ends with its standard input

    def _prepare(self, act: str) -> tuple[Scene, dict[str, Any]]:
        """An empty database but for the act's own clinic: an outage is everybody's."""
        forget_everything()
        self.calendar.says = ACTS[act].calendar_says
        self.carrier.manner = ACTS[act].carrier
        self.carrier.texts.clear()
        scene = Scene(self.calendar.url)
        return scene, ACTS[act].prepare(scene)

    def _recover(self) -> datetime:
        """A new worker's sweeps, at one moment after the other; the last of them."""
        self._order(self.sweeps, {}, SWEPT_AT)
        if not self.carrier.comes_back():
            return SWEPT_AT[-1]
        self._order(self.sweeps, {}, BACK_AT)
        return BACK_AT[-1]

    def _order(self, act: str, ids: dict[str, Any], moments: list[Any], **how: Any) -> dict[str, Any]:
        """How the child that carried it out ended; a fault of ours is raised here."""
        assert self.victim.stdin is not None and self.victim.stdout is not None
        order = {"act": act, "ids": ids, "fatal": 0, "spoilt": "", "blow": "kill", **how}
        order["settings"] = self.carrier.settings
        order["moments"] = [moment.isoformat() for moment in moments]
        print(json.dumps(order), file=self.victim.stdin, flush=True)
        end: dict[str, Any] = json.loads(self.victim.stdout.readline())
        assert "fault" not in end, f"{act}: {end['fault']}"
        return end


@contextmanager
def matrix(**how: Any) -> Iterator[Matrix]:
    """A matrix on the database of this process, for as long as the block lasts."""
    with Calendar(SECRET) as calendar, Carrier() as carrier:
        one = Matrix(calendar, carrier, **how)
        try:
            yield one
        finally:
            one.stop()


VICTIM = "SELECT FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()"


def _victim_is_gone() -> bool:
    """PostgreSQL has noticed, and what was not committed is undone."""
    with connection.cursor() as cursor:
        cursor.execute(VICTIM)
        return cursor.fetchone() is None
