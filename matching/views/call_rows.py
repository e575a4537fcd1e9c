"""The call list in one order: who is to be rung up first, why now, and what was tried."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from matching import rung
from matching.calls import Call, Unwritten
from matching.models import CallAttempt
from matching.policy.ends import answers_end_at
from matching.views import call_script
from matching.views.call_script import Line, Script
from notifications.states import Kind
from waitlist.models import Appointment, Clinic, Patient, Slot
from waitlist.templatetags.standby import by_when, when


@dataclass(frozen=True)
class Row:
    """One call to make. `urgent_at`: after that it is of no use, or of less."""

    kind: str  # offer, lost or unwritten
    about: Call | Unwritten
    patient: Patient | None
    time: Slot | Appointment
    urgent_at: datetime
    why: str
    script: Script
    attempts: list[CallAttempt]
    now: datetime

    @property
    def again_at(self) -> datetime | None:
        """Not before that: somebody has tried."""
        last = self.attempts[0] if self.attempts else None
        return last.again_at if last is not None and last.again_at and last.again_at > self.now else None

    @property
    def is_later(self) -> bool:
        return self.again_at is not None

    @property
    def slot_id(self) -> int | None:
        """Whose page tells more; of a visit with nothing in writing there may be none."""
        return self.about.offer.slot_id if isinstance(self.about, Call) else None

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.about.offer.pk if isinstance(self.about, Call) else self.time.pk}"

    @property
    def noted_url(self) -> str:
        """Where what came of a call is noted."""
        if isinstance(self.about, Call):
            return reverse("call-noted", args=[self.about.offer.pk])
        return reverse("call-visit-noted", args=[self.time.pk])

    @property
    def after(self) -> int:
        """The last attempt they have before them."""
        return self.attempts[0].pk if self.attempts else 0

    @property
    def is_unreachable(self) -> bool:
        return isinstance(self.about, Call) and self.about.is_unreachable

    @property
    def order(self) -> tuple[bool, bool, datetime, int]:
        return (self.again_at is not None, self.is_unreachable, self.again_at or self.urgent_at, self.time.pk)


@dataclass(frozen=True)
class Known:
    """What all rows are written from: read once, for all of them."""

    clinic: Clinic
    lines: dict[str, Line]
    tried: dict[tuple[str, int], list[CallAttempt]]
    now: datetime

    def at(self, time: Slot | Appointment) -> str:
        return when(time.starts_at, time.location.zone, self.now)

    def script(self, patient: Patient | None, time: Slot | Appointment, then: str, number: str) -> Script:
        return call_script.of(self.clinic, patient, time, then, self.lines.get(number, Line()), now=self.now)


def of_clinic(
    clinic: Clinic, found: list[Call], losers: list[Call], blank: list[Unwritten], *, now: datetime
) -> list[Row]:
    """All of them, whom to ring up first before the others; whom to try again later at the end, by when."""
    numbers = [*(call.number for call in [*found, *losers]), *(call.number for call in blank)]
    tried = rung.last_of([call.offer.pk for call in [*found, *losers]], [call.visit.pk for call in blank])
    known = Known(clinic, call_script.lines(clinic, numbers), tried, now)
    rows = [_offer(call, known) for call in found]
    rows += [_loser(call, known) for call in losers]
    rows += [_unwritten(call, known) for call in blank]
    return sorted(rows, key=lambda row: row.order)


def _offer(call: Call, known: Known) -> Row:
    slot = call.offer.slot
    zone, ends_at = slot.location.zone, answers_end_at(slot)
    if call.due_at:
        why = f"Call by {by_when(call.due_at, zone, known.now)}"
    elif call.is_unreachable:
        why = "Called in vain, or not in time. Try again if you like: the time is still free."
    else:
        why = f"The time can be taken until {by_when(ends_at, zone, known.now)}"
    then = f"A time has opened for you: {known.at(slot)}. Would you like it?"
    script = known.script(call.offer.patient, slot, then, call.number)
    attempts = known.tried.get(("offer", call.offer.pk), [])
    return Row("offer", call, call.offer.patient, slot, call.due_at or ends_at, why, script, attempts, known.now)


def _loser(call: Call, known: Known) -> Row:
    visit = call.offer.slot.filled_by
    assert visit is not None
    then = f"Your visit, {known.at(visit)}, is cancelled. May we find you another time?"
    script = known.script(call.offer.patient, visit, then, call.number)
    why = f"They would come {by_when(visit.starts_at, visit.location.zone, known.now)}, and it is cancelled"
    attempts = known.tried.get(("offer", call.offer.pk), [])
    return Row("lost", call, call.offer.patient, visit, visit.starts_at, why, script, attempts, known.now)


def _unwritten(call: Unwritten, known: Known) -> Row:
    visit, has_moved = call.visit, call.last is not None and call.last.kind == Kind.MOVED
    news = "Your visit has moved, it is now" if has_moved else "You are booked,"
    then = f"{news} {known.at(visit)}. We could not write to you."
    script = known.script(visit.patient, visit, then, call.number)
    why = "It has moved, and they may come at the old time" if has_moved else "Booked, with nothing in writing"
    attempts = known.tried.get(("visit", visit.pk), [])
    return Row("unwritten", call, visit.patient, visit, visit.starts_at, why, script, attempts, known.now)
