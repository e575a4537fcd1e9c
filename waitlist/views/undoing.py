"""What was done to many last, kept in the session for some minutes, so that it can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from waitlist.bulk import Order, Outcome, Was
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Bulk

KEY = "waitlist_undo"
STANDS_FOR = timedelta(minutes=15)
DONE = {Bulk.PAUSE: "paused", Bulk.RESUME: "waiting again", Bulk.REMOVE: "off the list"}


@dataclass(frozen=True)
class Undo:
    """What would be taken back."""

    order: Order
    changed: tuple[Was, ...]
    said: str


def in_words(outcomes: Sequence[Outcome], done: str) -> str:
    """Ana Ace is paused; 3 people are paused; nothing where nobody was changed."""
    changed = [outcome for outcome in outcomes if not outcome.refused]
    if len(changed) == 1:
        return f"{changed[0].name} is {done}."
    return f"{len(changed)} people are {done}." if changed else ""


def remember(request: HttpRequest, clinic: Clinic, order: Order, outcomes: Sequence[Outcome], *, now: datetime) -> bool:
    """The last one only: ids, times, how many, and no name. False where nothing is to undo: who is off joins anew."""
    changed = [was for outcome in outcomes for was in outcome.changed]
    if order.what == Bulk.REMOVE or not changed:
        forget(request)
        return False
    request.session[KEY] = {
        "clinic": clinic.pk,
        "at": now.isoformat(),
        "what": str(order.what),
        "until": _iso(order.until),
        "changed": [[was.entry_id, _iso(was.until)] for was in changed],
        "people": sum(not outcome.refused for outcome in outcomes),
    }
    return True


def offered(request: HttpRequest, clinic: Clinic, *, now: datetime) -> Undo | None:
    """What can be taken back at this clinic now."""
    kept = request.session.get(KEY)
    if not kept or kept["clinic"] != clinic.pk or datetime.fromisoformat(kept["at"]) + STANDS_FOR < now:
        return None
    order = Order(Bulk(kept["what"]), "", _moment(kept["until"]))
    changed = tuple(Was(pk, _moment(until)) for pk, until in kept["changed"])
    return Undo(order, changed, f"{_who(clinic, changed, kept['people'])} {DONE[order.what]}.")


def _who(clinic: Clinic, changed: Sequence[Was], people: int) -> str:
    if people > 1:
        return f"{people} people are"
    entry = WaitlistEntry.objects.select_related("patient").get(clinic=clinic, pk=changed[0].entry_id)
    return f"{entry.patient.name} is"


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
