"""Rows of cancellation fees: owed once per visit, then paid at the desk or let go."""

from datetime import datetime

from django.db import IntegrityError, transaction

from audit import trail
from matching.terms import Due, Terms
from waitlist import calendar
from waitlist.calendar import Time
from waitlist.models import Appointment, CancellationFee, Slot, User
from waitlist.states import FEE_MOVES, FeeRule, FeeStatus

ON_AGAIN = "the visit is on again"


def due(visit: Appointment, won: Slot, *, now: datetime) -> Due:
    """What giving up this visit costs now: by its clinic's terms for what its patient said yes to, whatever service it
    was changed to since. Nothing where the clinic moved it, or is closed by then.
    """
    terms = Terms.of(won.clinic, won.service)
    if won.won_at is None or not won.is_time_of(visit):
        return Due(FeeRule.MOVED, 0, won.price_cents, terms.notice_minutes)
    if calendar.closure_over(visit.clinic, Time.of(visit)) is not None:
        return Due(FeeRule.CLOSED, 0, won.price_cents, terms.notice_minutes)
    return terms.due(won_at=won.won_at, starts_at=won.starts_at, price_cents=won.price_cents, now=now)


def owe(appointment: Appointment, owed: Due, *, now: datetime) -> CancellationFee | None:
    """The fee of this visit; None where nothing is owed, or one was recorded before and not taken back since."""
    if not owed.cents:
        return None
    facts = {
        "rule": owed.rule,
        "percent": owed.percent,
        "price_cents": owed.price_cents,
        "cents": owed.cents,
        "owed_at": now,
    }
    taken_back = CancellationFee.objects.filter(appointment=appointment, status=FeeStatus.WAIVED, reason=ON_AGAIN)
    again = {**facts, "status": FeeStatus.OWED, "ended_at": None, "ended_by": None, "reason": ""}
    if taken_back.update(**again):
        fee = CancellationFee.objects.get(appointment=appointment)
    else:
        try:
            with transaction.atomic():
                fee = CancellationFee.objects.create(clinic_id=appointment.clinic_id, appointment=appointment, **facts)
        except IntegrityError:  # one for each visit
            return None
    changes = {"percent": owed.percent, "cents": owed.cents, "rule": str(owed.rule)}
    trail.record("fee.owed", fee, now=now, clinic_id=fee.clinic_id, changes=changes)
    return fee


@transaction.atomic
def waive(fee: CancellationFee, *, reason: str, by: User, now: datetime) -> bool:
    """Let go, for this reason; False where it was not owed any more."""
    return _end(fee, FeeStatus.WAIVED, by=by, reason=reason.strip(), now=now)


@transaction.atomic
def settle(fee: CancellationFee, *, by: User, now: datetime) -> bool:
    """Paid at the desk; False where it was not owed any more."""
    return _end(fee, FeeStatus.SETTLED, by=by, now=now)


def take_back(appointment: Appointment, *, now: datetime) -> bool:
    """The cancellation was undone in the clinic's calendar: nothing is owed for it."""
    fee = CancellationFee.objects.filter(appointment=appointment).first()
    return fee is not None and _end(fee, FeeStatus.WAIVED, by=None, reason=ON_AGAIN, now=now)


def _end(fee: CancellationFee, to: FeeStatus, *, by: User | None, reason: str = "", now: datetime) -> bool:
    still = CancellationFee.objects.filter(pk=fee.pk, status__in=FEE_MOVES[to])
    if not still.update(status=to, ended_at=now, ended_by=by, reason=reason[:200]):
        return False
    changes = {"status": [str(FeeStatus.OWED), str(to)]}
    trail.record(f"fee.{to}", fee, now=now, clinic_id=fee.clinic_id, changes=changes)
    return True
