"""The dry run: who would be asked for a slot, when, and what they would read; and whom staff leave out of it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from matching import leaving_out
from matching.asking import rehearsal
from matching.asking.reach import Picked
from matching.asking.rehearsal import Foretold
from matching.policy import policies
from matching.views import going_on
from matching.views.slots import get_card
from notifications.models import Message
from waitlist import access, slots
from waitlist.models import Patient, Slot

SHOWN = 40  # people of a wave with their texts; of the rest it says how many


@dataclass(frozen=True)
class Person:
    """Who would be asked, and what they would get."""

    picked: Picked
    patient: Patient
    messages: list[Message]

    @property
    def entry_id(self) -> int:
        return self.picked.candidate.entry_id

    @property
    def points(self) -> str:
        return f"{self.picked.candidate.score / policies.POINT:.0f}"

    @property
    def expires_at(self) -> datetime:
        return self.picked.expires_at


@dataclass(frozen=True)
class Wave:
    """One wave as staff read it: `after` this long, so many people, and those who are shown."""

    foretold: Foretold
    after: timedelta
    people: list[Person]

    @property
    def number(self) -> int:
        return self.foretold.number

    @property
    def at(self) -> datetime:
        return self.foretold.at

    @property
    def size(self) -> int:
        return len(self.foretold.people)

    @property
    def more(self) -> int:
        return len(self.foretold.people[SHOWN:])

    @property
    def cost_mills(self) -> int:
        return sum(message.cost_mills for one in self.people for message in one.messages)

    @property
    def cost(self) -> str:
        return cents(self.cost_mills)


def cents(mills: int) -> str:
    """5.5 ¢, or $1.20 from a dollar on."""
    return f"{mills / 10:.1f} ¢" if mills < 1000 else f"${mills / 1000:,.2f}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What “Ask now” would do; looking at it does nothing. Who is unticked is left out of this slot."""
    card = get_card(request, pk)
    if request.method == "POST":
        return _decide(request, card.slot)
    slot = slots.read_slot(card.slot.pk)
    may = slot is not None and slot.is_live and not slot.wave and not card.is_kept and not card.is_paused
    waves = _waves(slot, now=card.now) if may and slot is not None else []
    out = [asked.offer for asked in card.people if asked.offer.is_left_out]
    context = {"card": card, "slot": card.slot, "zone": card.slot.location.zone, "now": card.now, "waves": waves}
    total = {
        "people": sum(wave.size for wave in waves),
        "cost": ("from " if any(wave.more for wave in waves) else "") + cents(sum(wave.cost_mills for wave in waves)),
    }
    return render(request, "matching/slot_dry_run.html", context | {"may": may, "out": out, "total": total})


def _decide(request: HttpRequest, slot: Slot) -> HttpResponse:
    """Leave out whoever was shown and is not ticked, take back in who is, and ask if that was the button."""
    shown, ticked, back = (_ids(request, name) for name in ("shown", "ask", "back"))
    decided = leaving_out.decide(slot.pk, out=shown - ticked, back=back, now=timezone.now())
    for words, people in (("Left out", decided.out), ("May be asked again", decided.back)):
        if people:
            messages.success(request, f"{words}: {', '.join(one.name for one in people)}.")
    if decided.too_late:
        late = ", ".join(one.name for one in decided.too_late)
        messages.warning(request, f"Asked before they could be left out: {late}.")
    if "go" in request.POST and slot.wave:
        messages.warning(request, "It had begun by itself while you looked, so nobody else was asked now.")
    elif "go" in request.POST:
        going_on.begin(request, slot)
    return redirect("slot" if slot.wave or "go" in request.POST else "slot-dry-run", slot.pk)


def _ids(request: HttpRequest, name: str) -> set[int]:
    return {found for text in request.POST.getlist(name) if (found := access.row_id(text))}


def _waves(slot: Slot, *, now: datetime) -> list[Wave]:
    foretold = rehearsal.foretell(slot, now=now)
    shown = [replace(wave, people=wave.people[:SHOWN]) for wave in foretold]
    patients = Patient.objects.in_bulk([one.candidate.patient_id for wave in shown for one in wave.people])
    found = []
    for whole, wave in zip(foretold, shown, strict=True):
        theirs: dict[int | None, list[Message]] = {}
        for message in rehearsal.messages(slot, wave):
            theirs.setdefault(message.patient_id, []).append(message)
        people = [
            Person(one, patients[patient_id], theirs.get(patient_id, []))
            for one in wave.people
            if (patient_id := one.candidate.patient_id) in patients
        ]
        found.append(Wave(whole, wave.at - now, people))
    return found
