"""Acts of a key pressed in an automated call: 1 takes the time, 2 passes, 9 ends all calls and texts."""

from collections.abc import Callable
from datetime import datetime

from notifications import calls, outbox
from notifications.calls import Stage
from notifications.models import Message
from notifications.outbox import Route
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene


def called(scene: Scene) -> Ids:
    """Everybody was told of a time; the first was called instead, and listens."""
    slot = scene.asked()
    first = slot.offers.order_by("patient__first_name")[0]
    point = first.patient.contact_points.get()
    point.granted = sorted({*point.granted, "offers:voice"})
    point.save()
    Message.objects.filter(offer=first).delete()
    outbox.enqueue_offers(slot, [(first, [Route(point.pk, "voice", NOW)])], now=NOW)
    outbox.deliver_due(now=NOW)
    return {"call": Message.objects.get(offer=first, channel="voice").pk}


def presses(key: str) -> Callable[[Ids, datetime], object]:
    """The key, and once more where nothing was heard after it."""

    def run(ids: Ids, now: datetime) -> object:
        about = calls.find(Message.objects.get(pk=ids["call"]).public_id)
        assert about is not None
        return calls.press(about, key, Stage(), call_id="CA1", now=now)

    return run


CALLS = {
    "yes by key": Act(called, presses("1"), by_hand=True),
    "no by key": Act(called, presses("2"), by_hand=True),
    "stop by key": Act(called, presses("9"), by_hand=True),
}
