"""One way each to break a promise no constraint can hold, by rows alone: what the doctor has to find."""

from collections.abc import Callable
from datetime import timedelta

from matching.models import Offer
from notifications.models import InboundMessage, Message
from tests import factories
from tests.factories import NOW, World
from waitlist.models import InboundEvent, Slot, WaitlistEntry, Writeback

SOON = NOW + timedelta(minutes=2)
LONG_AGO = NOW - timedelta(days=1)


def asked(world: World, slot: Slot | None = None, **fields: object) -> Offer:
    """Somebody who is asked for a time and was told."""
    slot = slot or world.slot(state="offering", wave=1, next_wave_at=NOW + timedelta(hours=1))
    offer = world.offer(slot, **fields)
    message(world, offer=offer, slot=offer.slot, patient=offer.patient, status="delivered")
    return offer


def message(world: World, **fields: object) -> Message:
    return Message.objects.create(
        **{
            "clinic": world.clinic,
            "kind": "offer",
            "channel": "sms",
            "contact_point": factories.patient(world.clinic).contact_points.get(),
            "dedupe_key": f"doctor:{Message.objects.count()}",
            "next_attempt_at": NOW,
            "created_at": NOW,
            **fields,
        }
    )


def booked(world: World, offer: Offer | None = None) -> Offer:
    """Somebody who said yes and has the time, which the calendar knows."""
    offer = offer or asked(world)
    visit = world.appointment(offer.slot.starts_at, patient=offer.patient)
    owe(world, visit, "confirmed")
    Slot.objects.filter(pk=offer.slot_id).update(state="filled", filled_by=visit, filled_at=NOW, next_wave_at=None)
    Offer.objects.filter(pk=offer.pk).update(state="accepted", answered_at=NOW)
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(status="booked")
    offer.refresh_from_db()
    return offer


def owe(world: World, visit: object, status: str, **fields: object) -> Writeback:
    dates = {"created_at": NOW, "updated_at": NOW}
    row = {"clinic": world.clinic, "appointment": visit, "kind": "booked", "status": status, **dates, **fields}
    return Writeback.objects.create(**row)


def event(world: World, **fields: object) -> InboundEvent:
    row = {"connection": world.connection(), "event_key": "1", "payload": {}, "received_at": LONG_AGO, **fields}
    return InboundEvent.objects.create(**row)


def offered_though_booked(world: World) -> str:
    world.appointment(asked(world).slot.starts_at)
    return "slot"


def given_up(world: World) -> str:
    offer = booked(world)
    type(offer.slot.filled_by).objects.filter(pk=offer.slot.filled_by_id).update(status="cancelled")
    return "slot"


def moved_away(world: World) -> str:
    visit = booked(world).slot.filled_by
    hours = timedelta(hours=5)
    type(visit).objects.filter(pk=visit.pk).update(starts_at=visit.starts_at + hours, ends_at=visit.ends_at + hours)
    return "slot"


def filled_unasked(world: World) -> str:
    offer = booked(world)
    Offer.objects.filter(pk=offer.pk).update(state="returned")
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(status="active")
    return "slot"


def yes_for_nothing(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(state="accepted")
    Slot.objects.update(state="expired", next_wave_at=None)
    return "offer"


def yes_of_another(world: World) -> str:
    visit = booked(world).slot.filled_by
    type(visit).objects.filter(pk=visit.pk).update(patient=factories.patient(world.clinic))
    return "offer"


def still_asked(world: World) -> str:
    asked(world)
    Slot.objects.update(state="withdrawn", next_wave_at=None)
    return "offer"


def never_told(world: World) -> str:
    asked(world)
    Message.objects.all().delete()
    return "offer"


def booked_by_nothing(world: World) -> str:
    world.entry(status="booked")
    return "entry"


def waits_on(world: World) -> str:
    WaitlistEntry.objects.filter(pk=booked(world).entry_id).update(status="active")
    return "entry"


def twice(world: World) -> str:
    entry = booked(world).entry
    later = world.slot(NOW + timedelta(hours=40), state="offering", wave=1)
    booked(world, world.offer(later, entry))
    return "entry"


def calendar_left_out(world: World) -> str:
    booked(world)
    Writeback.objects.all().delete()
    return "slot"


def of_another_clinic(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(patient=World().entry().patient)
    return "offer"


def stuck(world: World) -> str:
    world.slot(next_wave_at=NOW - timedelta(minutes=10))
    return "slot"


def stuck_with_nobody(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(state="declined", answered_at=NOW - timedelta(minutes=10))
    return "slot"


def stuck_past_its_start(world: World) -> str:
    world.slot(NOW - timedelta(hours=1), next_wave_at=None)
    return "slot"


def stuck_offer(world: World) -> str:
    Offer.objects.filter(pk=asked(world).pk).update(expires_at=NOW - timedelta(minutes=10))
    return "slot"


def held(world: World) -> str:
    world.slot(state="held", held_by=factories.patient(world.clinic), held_until=LONG_AGO)
    return "slot"


def unsent(world: World) -> str:
    message(world, next_attempt_at=LONG_AGO)
    return "message"


def on_its_way_for_ever(world: World) -> str:
    message(world, status="sending", next_attempt_at=LONG_AGO)
    return "message"


def unknown(world: World) -> str:
    message(world, status="unknown", created_at=LONG_AGO, next_attempt_at=SOON)
    return "message"


def unheard(world: World) -> str:
    event(world)
    return "event"


def unanswered(world: World) -> str:
    InboundMessage.objects.create(
        clinic=world.clinic,
        contact_point=factories.patient(world.clinic).contact_points.get(),
        channel="sms",
        provider_id="1",
        received_at=LONG_AGO,
    )
    return "reply"


def queued(world: World) -> str:
    owe(world, world.appointment(), "queued", updated_at=LONG_AGO)
    return "writeback"


def undone(world: World) -> str:
    owe(world, world.appointment(), "task", updated_at=NOW - timedelta(days=4))
    return "writeback"


def in_conflict(world: World) -> str:
    owe(world, world.appointment(), "conflict", updated_at=LONG_AGO)
    return "writeback"


BREAKS: list[tuple[str, Callable[[World], str]]] = [
    ("live_slot_over_booked_time", offered_though_booked),
    ("filled_time_given_up_unseen", given_up),
    ("filled_time_given_up_unseen", moved_away),
    ("filled_without_a_yes", filled_unasked),
    ("yes_without_the_time", yes_for_nothing),
    ("yes_without_the_time", yes_of_another),
    ("asked_for_a_time_that_is_over", still_asked),
    ("asked_and_never_told", never_told),
    ("booked_wish_without_a_yes", booked_by_nothing),
    ("waiting_though_booked", waits_on),
    ("one_wish_booked_twice", twice),
    ("booking_the_calendar_was_never_owed", calendar_left_out),
    ("offer_across_clinics", of_another_clinic),
    ("stuck_slot", stuck),
    ("stuck_slot", stuck_with_nobody),
    ("stuck_slot", stuck_past_its_start),
    ("stuck_slot", stuck_offer),
    ("hold_that_never_ends", held),
    ("message_not_sent", unsent),
    ("message_not_sent", on_its_way_for_ever),
    ("message_nobody_knows_of", unknown),
    ("event_not_applied", unheard),
    ("reply_not_handled", unanswered),
    ("calendar_not_told", queued),
    ("task_left_undone", undone),
    ("conflict_without_apology", in_conflict),
]
