"""Acts of consent whose every step is struck: what a text ends, and somebody who joins on the web."""

from datetime import datetime
from typing import Any

from notifications import replies
from tests.faults.acts import Act, Ids, Scene
from waitlist import joining
from waitlist.entries import Wish
from waitlist.joins import Agreed
from waitlist.models import Clinic
from waitlist.people import Person

STRANGER = "+14155550123"
AGREED = Agreed("I agree.", "join-1", "203.0.113.9")


def told(scene: Scene) -> Ids:
    """Everybody was told of a time, and one of them is about to write."""
    return {"clinic": scene.clinic.pk, "contact": scene.told()[0].patient.contact_points.get().pk}


def says(text: str) -> Any:
    """The text comes in, and again where nobody said thanks for it: the carrier does that."""

    def run(ids: Ids, now: datetime) -> object:
        clinic = Clinic.objects.get(pk=ids["clinic"])
        sender = clinic.contact_points.get(pk=ids["contact"]).value if "contact" in ids else STRANGER
        return replies.receive(clinic, sender=sender, text=text, provider_id=f"SM-{text}-{clinic.pk}", now=now)

    return run


def joins(ids: Ids, now: datetime) -> object:
    clinic = Clinic.objects.get(pk=ids["clinic"])
    return joining.ask(clinic, Person("Zoe", "Web", phone=STRANGER), Wish((ids["service"],)), AGREED, now=now)


def stranger(scene: Scene) -> Ids:
    return {"clinic": scene.clinic.pk, "service": scene.service.pk}


def joined(scene: Scene) -> Ids:
    ids = stranger(scene)
    joins(ids, scene.people[0].created_at)
    return ids


CONSENT = {
    "stop by text": Act(told, says("please stop texting me"), by_hand=True),
    "stop offers by text": Act(told, says("stop offers"), by_hand=True),
    "pause by text": Act(told, says("pause"), by_hand=True),
    "joined and confirmed": Act(joined, says("START"), by_hand=True),
}
