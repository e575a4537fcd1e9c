"""The acts whose every step is struck, and the little clinic each begins in."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from matching import cascade, claims, returns, work
from matching.models import Offer
from notifications import outages, outbox, reminders, replies
from notifications.models import InboundMessage, Message
from tests import factories
from tests.factories import NOW, World
from waitlist import events, schedule, still_wanted, vacancies
from waitlist.models import Appointment, Clinic, InboundEvent, Slot, Writeback
from waitlist.states import CancelledBy, EventStatus

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
PEOPLE = 3
TWO_DAYS = timedelta(days=2)
Ids = dict[str, Any]


@dataclass(frozen=True)
class Act:
    """`prepare` makes the rows it begins with and names them; `run` does it. `by_hand`: who did it does it again
    when no answer comes. `calendar_says` is what the clinic's calendar answers, `carrier` the manner in which it finds
    the carrier (`outside`); one that is away, or refuses, is back after 24 minutes."""

    prepare: Callable[["Scene"], Ids]
    run: Callable[[Ids, datetime], object]
    by_hand: bool = False
    calendar_says: int = 200
    carrier: str = ""


class Scene(World):
    """A clinic with a calendar that takes our webhooks, and people who wait."""

    def __init__(self, calendar_url: str) -> None:
        super().__init__(is_open_any_hour=True)
        self.calendar = self.connection(writeback_url=calendar_url, secret=SECRET)
        self.people = [self.person(n) for n in range(PEOPLE)]
        for person in self.people:
            self.entry(person)

    def person(self, n: int) -> Any:
        return factories.patient(self.clinic, first_name=f"P{n}")

    def visit(self) -> Appointment:
        """An appointment somebody has now."""
        return self.appointment(NOW + TWO_DAYS, patient=self.person(99))

    def opened(self) -> Slot:
        changed = schedule.cancel(self.visit().pk, reason="ill", by=CancelledBy.CLINIC, now=NOW)
        assert changed.slot is not None
        return changed.slot

    def asked(self) -> Slot:
        slot = self.opened()
        cascade.advance(slot.pk, now=NOW)
        return slot

    def told(self) -> list[Offer]:
        """Everybody has the text and nobody has answered."""
        slot = self.asked()
        outbox.deliver_due(now=NOW)
        return list(slot.offers.order_by("patient__first_name"))

    def won(self, *, told: bool = True) -> Offer:
        """The first said yes; the others, the winner and the calendar know it, if `told`."""
        first = self.told()[0]
        assert claims.claim(first.pk, via="link", now=NOW) == "booked"
        if told:
            outbox.deliver_due(now=NOW)
        return first

    def elsewhere(self) -> Offer:
        """The first is asked for two times, and has said yes to the one."""
        first = self.told()[0]
        other = self.slot(NOW + 2 * TWO_DAYS, practitioner=factories.practitioner(self.clinic))
        cascade.advance(other.pk, now=NOW)
        outbox.deliver_due(now=NOW)
        assert claims.claim(first.pk, via="link", now=NOW) == "booked"
        outbox.deliver_due(now=NOW)
        return first

    def message(self, kind: str) -> Ids:
        """The first of this kind that is still to go."""
        found = Message.objects.filter(clinic=self.clinic, kind=kind, status="pending").order_by("pk")[0]
        return {"message": found.pk}

    def reply(self, words: str, meaning: str) -> Ids:
        offer = self.told()[0]
        heard = InboundMessage.objects.create(
            clinic=self.clinic,
            contact_point=offer.patient.contact_points.get(),
            channel="sms",
            provider_id=f"heard-{offer.pk}",
            text=words,
            meaning=meaning,
            received_at=NOW,
        )
        return {"heard": heard.pk}

    def event(self) -> Ids:
        visit = self.visit()
        payload = {"type": "appointment.cancelled", "data": {"external_id": visit.external_id, "version": 5}}
        event = InboundEvent.objects.create(
            connection=self.calendar,
            event_key=f"e{visit.pk}",
            kind="appointment.cancelled",
            subject=visit.external_id,
            version=5,
            payload=payload,
            received_at=NOW,
        )
        return {"event": event.pk}

    def conflict(self) -> Ids:
        """The calendar had the winner's time taken."""
        self.won(told=False)
        outbox.deliver_due(now=NOW)
        return {"writeback": Writeback.objects.get(clinic=self.clinic, kind="booked").pk}


def sweeps(ids: Ids, now: datetime) -> None:
    """Everything a worker finds to do at this moment, from rows alone, as the beat table would have it."""
    waiting = InboundEvent.objects.filter(status=EventStatus.RECEIVED).order_by("received_at", "pk")
    for event_id in [*waiting.values_list("pk", flat=True), *events.kept().values_list("pk", flat=True)]:
        events.apply(event_id, now=now)
    cascade.advance_many(work.due(now=now, limit=100), now=now)
    outages.end_if_nothing_waits(now=now)
    for visit_id in reminders.waiting(now=now, limit=100):
        reminders.remind(visit_id, now=now)
    for clinic in Clinic.objects.filter(pk__in=still_wanted.clinics()):
        still_wanted.sweep(clinic, now=now)
    outbox.deliver_due(now=now)
    for heard_id in replies.unhandled(now=now, limit=100):
        replies.handle(heard_id, now=now)
    for writeback_id in returns.conflicts(limit=100):
        returns.give_way(writeback_id, now=now)
    for offer_id in returns.untidy(limit=100):
        returns.tidy(offer_id, now=now)


def no_messages(ids: Ids, now: datetime) -> None:
    """A house whose sweeps forget the outbox: only to show that the matrix sees it."""
    cascade.advance_many(work.due(now=now, limit=100), now=now)


FIRST: dict[str, Act] = {
    "open": Act(
        lambda scene: {"visit": scene.visit().pk},
        lambda ids, now: schedule.cancel(ids["visit"], reason="ill", by=CancelledBy.CLINIC, now=now),
        by_hand=True,
    ),
    "open by event": Act(Scene.event, lambda ids, now: events.apply(ids["event"], now=now)),
    "advance": Act(
        lambda scene: {"slot": scene.opened().pk}, lambda ids, now: cascade.advance(ids["slot"], now=now)
    ),
    "deliver": Act(
        lambda scene: scene.asked() and scene.message("offer"),
        lambda ids, now: outbox.deliver(ids["message"], now=now),
    ),
    "claim": Act(
        lambda scene: {"offer": scene.told()[0].pk},
        lambda ids, now: claims.claim(ids["offer"], via="link", now=now),
        by_hand=True,
    ),
    "decline": Act(
        lambda scene: {"offer": scene.told()[0].pk},
        lambda ids, now: claims.decline(ids["offer"], reason="", via="link", now=now),
        by_hand=True,
    ),
    "reply yes": Act(
        lambda scene: scene.reply("YES", "yes"), lambda ids, now: replies.handle(ids["heard"], now=now)
    ),
    "reply no": Act(
        lambda scene: scene.reply("NO", "no"), lambda ids, now: replies.handle(ids["heard"], now=now)
    ),
    "retract": Act(
        lambda scene: {"slot": scene.told()[0].slot_id},
        lambda ids, now: vacancies.stop(ids["slot"], now=now),
        by_hand=True,
    ),
    "tell a loser": Act(
        lambda scene: scene.won(told=False) and scene.message("retracted"),
        lambda ids, now: outbox.deliver(ids["message"], now=now),
    ),
    "tidy": Act(lambda scene: {"offer": scene.elsewhere().pk}, lambda ids, now: returns.tidy(ids["offer"], now=now)),
    "grace-cancel": Act(
        lambda scene: {"offer": scene.won().pk},
        lambda ids, now: returns.cancel_in_grace(ids["offer"], now=now),
        by_hand=True,
    ),
    "writeback": Act(
        lambda scene: scene.won(told=False) and scene.message("writeback"),
        lambda ids, now: outbox.deliver(ids["message"], now=now),
    ),
    "writeback refused": Act(
        lambda scene: scene.won(told=False) and scene.message("writeback"),
        lambda ids, now: outbox.deliver(ids["message"], now=now),
        calendar_says=409,
    ),
    "give way": Act(
        Scene.conflict, lambda ids, now: returns.give_way(ids["writeback"], now=now), calendar_says=409
    ),
    "sweeps": Act(lambda scene: {"slot": scene.opened().pk}, sweeps),
}
