"""A booking link sent, completed, taken back and lapsed: hold, offer, text and what was accepted are one."""

from datetime import datetime

from matching import cascade, claims, express
from matching.answering.accepted import Accepted
from matching.models import Offer
from notifications import outbox
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist.models import Patient, Slot
from waitlist.vacancies import Refused

TERMS = Accepted(terms="Later it costs half.", language="en", name="P0 Tester", device="A phone")


def chosen(scene: Scene) -> Ids:
    Slot.objects.filter(pk=(slot := scene.opened()).pk).update(next_wave_at=None)
    return {"slot": slot.pk, "patient": scene.people[0].pk}


def sent(scene: Scene) -> Ids:
    ids = chosen(scene)
    send(ids, NOW)
    outbox.deliver_due(now=NOW)
    return ids | {"offer": Offer.objects.get(slot=ids["slot"]).pk}


def send(ids: Ids, now: datetime) -> object:
    """Whoever sends it again reads that it is kept for them already."""
    try:
        return express.send(ids["slot"], Patient.objects.get(pk=ids["patient"]), now=now)
    except Refused as refused:
        return str(refused)


def complete(ids: Ids, now: datetime) -> object:
    return claims.finish(ids["offer"], details="None", accepts=TERMS, via="link", now=now)


EXPRESS: dict[str, Act] = {
    "send a link": Act(chosen, send, by_hand=True),
    "complete a link": Act(sent, complete, by_hand=True),
    "take back a link": Act(sent, lambda ids, now: express.take_back(ids["slot"], now=now), by_hand=True),
    "a link lapses": Act(
        sent, lambda ids, now: cascade.advance(ids["slot"], now=Slot.objects.get(pk=ids["slot"]).held_until or now)
    ),
}
