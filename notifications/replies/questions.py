"""Asking which one they mean, and what they chose: among offers, and reminders of visits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from matching.models import Offer
from notifications.models import ContactPoint, InboundMessage, Message
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning
from notifications.states import Kind

STANDS = timedelta(hours=12)
CHOICES = 3
ASK_WHICH = {Meaning.YES: "which", Meaning.NO: "which_no"}
Choice = dict[str, object]


def asked(point: ContactPoint, *, now: datetime) -> Message | None:
    """Our last question to this number, if it asked for one of several."""
    last = Message.objects.filter(contact_point=point, kind=Kind.ANSWER, created_at__gt=now - STANDS)
    question = last.order_by("-pk").first()
    return question if question is not None and "choices" in question.context else None


def chosen(question: Message | None, number: int | None) -> Offer | Message | None:
    """The offer, or the reminder, that this number stands for."""
    if question is None or number is None or not 1 <= number <= len(question.context["choices"]):
        return None
    choice = question.context["choices"][number - 1]
    if "reminder" in choice:
        reminders = Message.objects.select_related("appointment__location__clinic", "patient")
        return reminders.get(pk=choice["reminder"])
    return Offer.objects.select_related("slot__location__clinic", "patient").get(pk=choice["offer"])


def meant(question: Message | None) -> Meaning:
    """What a bare number says to this question."""
    is_no = question is not None and question.context["answer"] == ASK_WHICH[Meaning.NO]
    return Meaning.NO if is_no else Meaning.YES


def choices(live: Sequence[Offer], reminders: Sequence[Message] = ()) -> list[Choice]:
    """Offers first, then visits, each with its time; with both, at least one of either."""
    offers = live[: CHOICES - 1] if reminders else live[:CHOICES]
    found: list[Choice] = [
        {"offer": offer.pk, "starts_at": offer.slot.starts_at.isoformat(), "zone": offer.slot.location.zone.key}
        for offer in offers
    ]
    for message in reminders[: CHOICES - len(offers)]:
        visit = message.appointment
        if visit is not None:
            found.append(
                {"reminder": message.pk, "starts_at": visit.starts_at.isoformat(), "zone": visit.location.zone.key}
            )
    return found


def ask(heard: InboundMessage, name: str, found: Sequence[Choice], *, now: datetime) -> None:
    """Which of them, by time; where two are at the same time, only their links and codes tell them apart."""
    if are_alike(found):
        return finish(heard, "alike", now=now)
    return finish(heard, name, choices=found, now=now)


def are_alike(found: Sequence[Choice]) -> bool:
    """Whether two of them are at the same time, for two of a family: then only their links and codes differ."""
    return len({choice["starts_at"] for choice in found}) < len(found)
