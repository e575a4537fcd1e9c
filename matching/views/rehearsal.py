"""The dry run: who would be asked for a slot, when, and what they would read, before anybody is."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from matching.asking import rehearsal
from matching.views.slots import get_card
from notifications.models import Message
from waitlist import slots
from waitlist.models import Patient, Slot

SHOWN = 40  # people of a wave with their texts; of the rest it says how many


@dataclass(frozen=True)
class Person:
    """Who would be asked, and what they would get."""

    patient: Patient
    expires_at: datetime
    messages: list[Message]


@dataclass(frozen=True)
class Wave:
    """One wave as staff read it."""

    number: int
    at: datetime
    after_minutes: int
    people: list[Person]
    more: int
    cost_mills: int

    @property
    def cost(self) -> str:
        return f"{self.cost_mills / 10:.1f} ¢"


@never_cache
@require_safe
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What “Ask now” would do; looking at it does nothing."""
    card = get_card(request, pk)
    slot = slots.read_slot(card.slot.pk)
    may = slot is not None and slot.is_live and not slot.wave and not card.is_kept and not card.is_paused
    waves = _waves(slot, now=card.now) if may and slot is not None else []
    context = {"card": card, "slot": card.slot, "zone": card.slot.location.zone, "now": card.now, "waves": waves}
    return render(request, "matching/slot_dry_run.html", context | {"may": may})


def _waves(slot: Slot, *, now: datetime) -> list[Wave]:
    foretold = rehearsal.foretell(slot, now=now)
    ids = [one.candidate.patient_id for wave in foretold for one in wave.people[:SHOWN]]
    patients = Patient.objects.in_bulk(ids)
    found = []
    for wave in foretold:
        shown = replace(wave, people=wave.people[:SHOWN])
        told = rehearsal.messages(slot, shown)
        theirs: dict[int | None, list[Message]] = {}
        for message in told:
            theirs.setdefault(message.patient_id, []).append(message)
        people = [
            Person(patients[patient_id], one.expires_at, theirs.get(patient_id, []))
            for one in shown.people
            if (patient_id := one.candidate.patient_id) in patients
        ]
        minutes = round((wave.at - now).total_seconds() / 60)
        cost = sum(message.cost_mills for message in told)
        found.append(Wave(wave.number, wave.at, minutes, people, len(wave.people[SHOWN:]), cost))
    return found
