"""More acts whose every step is struck: the carrier goes away, nobody is asked meanwhile, and it comes back."""

from datetime import timedelta

from matching import cascade
from notifications import outages, outbox
from notifications.models import Message
from notifications.states import OutageCause
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import schedule
from waitlist.models import Slot
from waitlist.states import CancelledBy

MINUTE = timedelta(minutes=1)
ASKED_AT = NOW - 25 * MINUTE
OUT_AT = NOW - 20 * MINUTE
MORE = range(3, 8)  # people beside those of every scene: a wave takes five


def tries(scene: Scene) -> Ids:
    """Three texts, none of which has reached the carrier; at the next attempt it counts as out."""
    slot = scene.asked()
    first, second, last = Message.objects.filter(slot=slot).order_by("pk")
    for message in (first, first, second, second):
        outages.not_reached(message, now=NOW)
    Message.objects.filter(pk__in=(first.pk, second.pk)).update(attempts=2, next_attempt_at=NOW + timedelta(seconds=4))
    return {"message": last.pk}


def asked_before(scene: Scene) -> Slot:
    """As many as a wave takes were asked a while ago, and others wait."""
    for n in MORE:
        scene.entry(scene.person(n))
    slot = schedule.cancel(scene.visit().pk, reason="ill", by=CancelledBy.CLINIC, now=ASKED_AT).slot
    assert slot is not None
    assert cascade.advance(slot.pk, now=ASKED_AT) == 5
    return slot


def out_before_they_heard(scene: Scene) -> Ids:
    """The texts of a wave have not reached the carrier for twenty minutes; the next wave would be due."""
    slot = asked_before(scene)
    unsent = list(Message.objects.filter(slot=slot).order_by("pk"))
    outages.begin("sms", OutageCause.UNREACHABLE, now=OUT_AT)
    for message in unsent:
        outages.not_reached(message, now=NOW)
    Message.objects.filter(slot=slot).update(attempts=9, next_attempt_at=NOW + MINUTE / 2)
    Message.objects.filter(pk=unsent[0].pk).update(next_attempt_at=NOW)
    cascade.advance(slot.pk, now=NOW)
    return {"message": unsent[0].pk, "slot": slot.pk}


def over(scene: Scene) -> Ids:
    """It went out again just now; one of five could not be told, and the next wave has waited."""
    slot = asked_before(scene)
    outbox.deliver_due(now=ASKED_AT)
    lost = slot.offers.order_by("patient__first_name")[0]
    outages.begin("sms", OutageCause.UNREACHABLE, now=OUT_AT)
    lost.messages.update(status="failed", delivered_at=None, sent_at=None)
    cascade.advance(slot.pk, now=OUT_AT + 12 * MINUTE)
    slot.refresh_from_db()
    assert slot.paused_for == "sms"
    outages.end("sms", now=NOW)
    return {"slot": slot.pk}


def out(scene: Scene) -> Ids:
    """Texts do not go out, and a time is to be offered."""
    slot = scene.opened()
    outages.begin("sms", OutageCause.UNREACHABLE, now=NOW)
    return {"slot": slot.pk}


def stopped_by_hand(scene: Scene) -> Ids:
    slot = asked_before(scene)
    outbox.deliver_due(now=ASKED_AT)
    outages.begin("sms", OutageCause.BY_HAND, now=OUT_AT)
    return {"slot": slot.pk}


OUTAGES: dict[str, Act] = {
    "outage noticed": Act(tries, lambda ids, now: outbox.deliver(ids["message"], now=now), carrier="away"),
    "outage of the account": Act(
        lambda scene: scene.asked() and scene.message("offer"),
        lambda ids, now: outbox.deliver(ids["message"], now=now),
        carrier="refuses",
    ),
    "outage by hand": Act(
        lambda scene: {"slot": scene.told()[0].slot_id},
        lambda ids, now: outages.begin("sms", OutageCause.BY_HAND, now=now),
        by_hand=True,
    ),
    "a wave awaits the end": Act(out, lambda ids, now: cascade.advance(ids["slot"], now=now)),
    "outage over": Act(
        out_before_they_heard, lambda ids, now: outbox.deliver(ids["message"], now=now), carrier="here"
    ),
    "outage over by hand": Act(
        stopped_by_hand, lambda ids, now: outages.end("sms", by_hand=True, now=now), by_hand=True
    ),
    "the clocks thaw": Act(over, lambda ids, now: cascade.advance(ids["slot"], now=now)),
}
