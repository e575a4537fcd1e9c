"""Acts about whether it is still wanted: asked, said by text, by link or not at all."""

from datetime import timedelta

from notifications import outbox, replies
from notifications.models import InboundMessage, Message
from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import still_wanted

LONG_AGO = NOW - timedelta(days=60)
SILENT_FOR = timedelta(days=15)


def due(scene: Scene) -> Ids:
    """The first has waited more than a month, at a clinic that asks."""
    scene.clinic.asks_still_wanted = True
    scene.clinic.save()
    entry = scene.people[0].entries.get()
    entry.added_at = LONG_AGO
    entry.save(update_fields=["added_at"])
    return {"patient": entry.patient_id, "entry": entry.pk}


def asked(scene: Scene) -> Ids:
    """They have the question on their phone."""
    ids = due(scene)
    assert still_wanted.ask(ids["patient"], now=NOW) is not None
    outbox.deliver_due(now=NOW)
    return ids


def silent(scene: Scene) -> Ids:
    """They have had it for more than two weeks."""
    ids = due(scene)
    message = still_wanted.ask(ids["patient"], now=NOW - SILENT_FOR)
    assert message is not None
    outbox.deliver_due(now=NOW - SILENT_FOR)
    return ids


def rests(scene: Scene) -> Ids:
    ids = silent(scene)
    assert still_wanted.settle(ids["entry"], now=NOW)
    return ids


def texted(scene: Scene, words: str, meaning: str) -> Ids:
    ids = asked(scene)
    heard = InboundMessage.objects.create(
        clinic=scene.clinic,
        contact_point=Message.objects.get(patient=ids["patient"], kind="still").contact_point,
        channel="sms",
        provider_id=f"still-{ids['entry']}",
        text=words,
        meaning=meaning,
        received_at=NOW,
    )
    return {"heard": heard.pk}


STILL: dict[str, Act] = {
    "ask whether still wanted": Act(due, lambda ids, now: still_wanted.ask(ids["patient"], now=now)),
    "rest": Act(silent, lambda ids, now: still_wanted.settle(ids["entry"], now=now)),
    "wake": Act(rests, lambda ids, now: still_wanted.keep(ids["entry"], now=now), by_hand=True),
    "two weeks more": Act(rests, lambda ids, now: still_wanted.pause(ids["entry"], now=now), by_hand=True),
    "still wanted, by text": Act(
        lambda scene: texted(scene, "YES", "yes"), lambda ids, now: replies.handle(ids["heard"], now=now)
    ),
    "wanted no more, by text": Act(
        lambda scene: texted(scene, "NO", "no"), lambda ids, now: replies.handle(ids["heard"], now=now)
    ),
}
