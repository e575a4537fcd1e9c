"""More acts whose every step is struck: holds and reserves, what follows a booking, and days that close."""

from datetime import datetime, timedelta
from typing import Any

from matching import cascade, claims, returns
from matching.answering import lessons, reserves
from matching.states import Reserve
from notifications import desk
from notifications.models import ContactPoint, InboundMessage
from tests import factories
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import closing, schedule, service_change
from waitlist.models import Slot, User, WaitlistEntry
from waitlist.schedule import Charge
from waitlist.states import CancelledBy

LAPSED = timedelta(minutes=2)


def asking(scene: Scene) -> Ids:
    """Everybody was told of a time whose service asks something after the yes."""
    scene.service.details_prompt = "Any allergies?"
    scene.service.save()
    return {"offer": scene.told()[0].pk}


def held(scene: Scene) -> Ids:
    ids = asking(scene)
    assert claims.claim(ids["offer"], via="link", now=NOW) == "held"
    return ids | {"slot": Slot.objects.get(offers=ids["offer"]).pk}


def with_reserve(scene: Scene, how: Reserve) -> Ids:
    first = scene.won()
    second = first.slot.offers.order_by("patient__first_name")[1]
    assert reserves.keep(second.pk, how, now=NOW)
    return {"offer": first.pk, "visit": Slot.objects.get(offers=first).filled_by_id}


def visit_won(scene: Scene) -> Ids:
    """A booking whose free minutes are over at once."""
    scene.clinic.grace_minutes = 0
    scene.clinic.save()
    slot = Slot.objects.get(offers=scene.won())
    return {"visit": slot.filled_by_id}


def other_service(scene: Scene) -> Ids:
    service = type(scene.service).objects.create(clinic=scene.clinic, name="Shorter", minutes=30, price_cents=100)
    scene.service.compatible.add(service)
    return visit_won(scene) | {"service": service.pk}


def taught(scene: Scene) -> Ids:
    """The first said no, as it was too soon."""
    offer = scene.told()[0]
    assert claims.decline(offer.pk, reason="too_soon", via="link", now=NOW) == "declined"
    return {"offer": offer.pk}


def texted(scene: Scene) -> Ids:
    """Somebody wrote what nobody understands, and somebody of the staff has it before them."""
    ids = scene.reply("Is there parking?", "unclear")
    InboundMessage.objects.filter(pk=ids["heard"]).update(handled_at=NOW)
    return ids | {"user": factories.user(scene.clinic).pk}


def answer_it(ids: Ids, now: datetime) -> Any:
    point = ContactPoint.objects.get(inbound_messages=ids["heard"])
    by = User.objects.get(pk=ids["user"])
    return desk.write(point.pk, "Yes, behind us.", after=0, up_to=ids["heard"], by=by, now=now)


def with_later_visit(scene: Scene) -> Ids:
    """The first to be asked holds a visit a week later."""
    first = scene.people[0]
    later = scene.appointment(NOW + timedelta(days=9), patient=first)
    WaitlistEntry.objects.filter(patient=first).update(later_visit=later)
    return {"offer": scene.told()[0].pk}


def close_the_day(ids: Ids, now: datetime) -> Any:
    slot = Slot.objects.select_related("clinic").get(pk=ids["slot"])
    day = {"starts_at": slot.starts_at - timedelta(hours=2), "ends_at": slot.ends_at + timedelta(hours=2)}
    return closing.close(slot.clinic, reason="Course", location=None, practitioner=None, now=now, **day)


LATER: dict[str, Act] = {
    "hold": Act(asking, lambda ids, now: claims.claim(ids["offer"], via="link", now=now), by_hand=True),
    "finish": Act(
        held, lambda ids, now: claims.finish(ids["offer"], details="None", via="link", now=now), by_hand=True
    ),
    "let go": Act(held, lambda ids, now: claims.let_go(ids["offer"], now=now), by_hand=True),
    "hold lapses": Act(held, lambda ids, now: cascade.advance(ids["slot"], now=now + LAPSED)),
    "grace-cancel, reserve booked": Act(
        lambda scene: with_reserve(scene, Reserve.BOOK),
        lambda ids, now: returns.cancel_in_grace(ids["offer"], now=now),
        by_hand=True,
    ),
    "grace-cancel, reserve asked": Act(
        lambda scene: with_reserve(scene, Reserve.ASK),
        lambda ids, now: returns.cancel_in_grace(ids["offer"], now=now),
        by_hand=True,
    ),
    "cancel at the desk, reserve booked": Act(
        lambda scene: with_reserve(scene, Reserve.BOOK),
        lambda ids, now: schedule.cancel(
            ids["visit"], reason="by the patient", by=CancelledBy.PATIENT, charge=Charge(0), now=now
        ),
        by_hand=True,
    ),
    "cancel for a fee": Act(
        visit_won,
        lambda ids, now: schedule.cancel(
            ids["visit"], reason="by the patient", by=CancelledBy.PATIENT, charge=Charge(10**6), now=now
        ),
        by_hand=True,
    ),
    "clinic cancels what was won": Act(
        visit_won, lambda ids, now: schedule.cancel(ids["visit"], reason="ill", by="clinic", now=now), by_hand=True
    ),
    "change of service": Act(
        other_service, lambda ids, now: service_change.change(ids["visit"], ids["service"], now=now), by_hand=True
    ),
    "swap": Act(
        with_later_visit, lambda ids, now: claims.claim(ids["offer"], via="link", now=now), by_hand=True
    ),
    "decline that teaches": Act(
        lambda scene: {"offer": scene.told()[0].pk},
        lambda ids, now: claims.decline(ids["offer"], reason="wrong_time", via="link", now=now),
        by_hand=True,
    ),
    "lesson taken back": Act(taught, lambda ids, now: lessons.take_back(ids["offer"], now=now), by_hand=True),
    "answer from the inbox": Act(texted, answer_it, by_hand=True),
    "undo": Act(
        lambda scene: {"visit": scene.asked().freed_by_id},
        lambda ids, now: schedule.uncancel(ids["visit"], now=now),
        by_hand=True,
    ),
    "close a day": Act(lambda scene: {"slot": scene.asked().pk}, close_the_day, by_hand=True),
}
