"""A yes as one transaction: what may go wrong is a value, and a later visit is given up with it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from matching.answering import swaps
from matching.answering.booking import Lost, is_double, write
from matching.answering.outcomes import Claim
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus

FREE = (Claim.OPEN, Claim.HELD)


def attempt(act: Callable[[], Claim]) -> Claim | None:
    """The act as one transaction; None where its write came too late, and nothing of it is left."""
    try:
        with transaction.atomic(durable=True):
            return act()
    except Lost:
        return None
    except IntegrityError as error:
        if not is_double(error):
            raise
        return Claim.CONFLICT
    except OperationalError as error:  # the queue was longer than the lock timeout, or two yeses met crosswise
        if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise
        return Claim.BUSY


def swap(entry_id: int | None, act: Callable[[Appointment | None], Claim]) -> Claim | None:
    """The same for a wish that holds a later visit, which the write alone refuses: both change in one transaction."""
    visit = swaps.held_with(entry_id)
    while visit is not None:
        try:
            return attempt(partial(act, visit if visit.status != AppointmentStatus.CANCELLED else None))
        except swaps.Changed:  # cancelled or moved since it was read
            visit = swaps.held_with(entry_id)
    return None


def book(
    slot: Slot, offer_id: int, *, via: str, accepts: bool = False, held: Appointment | None, now: datetime
) -> int:
    """The one write. It books no wish that holds a later visit, so `held` is given up before it."""
    if held is not None and not swaps.give_up(held, slot, offer_id, now=now):
        raise Lost
    visit_id = write(slot, offer_id, via=via, accepts=accepts, now=now)
    if held is not None:
        swaps.open_old_time(held, now=now)
    return visit_id
