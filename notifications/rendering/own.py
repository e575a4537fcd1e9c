"""A clinic's own wordings, where it has them."""

from notifications.models import Message, MessageTemplate
from notifications.rendering.mentions import mentioned
from notifications.rendering.placeholders import is_whole
from notifications.rendering.words.shape import LINK
from notifications.states import Kind

EARLIER = "earlier"  # an offer whose yes moves a later visit has words of its own
AN_OFFER = (EARLIER, LINK)


def kind_of(message: Message) -> str:
    """Under which kind its wording is kept."""
    if message.kind == Kind.OFFER and message.context.get("is_booking_link"):
        return LINK
    moves = message.kind == Kind.OFFER and message.context.get("moves_visit")
    return EARLIER if moves else str(message.kind)


def wording(message: Message, language: str, level: int) -> MessageTemplate | None:
    """The clinic's own for this message; None where it has none, or one that would name what its level must not."""
    if message.clinic_id is None or message.kind in (Kind.ANSWER, Kind.PASSCODE, Kind.DESK, Kind.ALERT, Kind.WRITEBACK):
        return None
    place = (kind_of(message), message.channel, language, level)
    # of the clinic's few all, which a batch reads at once
    theirs = {(one.kind, one.channel, one.language, one.level): one for one in message.clinic.wordings.all()}
    mine = theirs.get(place)
    return mine if mine is not None and is_whole(mine.text + mine.subject) and not _leaks(mine, message) else None


def _leaks(mine: MessageTemplate, message: Message) -> bool:
    """Whether the words themselves, not their facts, name who or what this message is about."""
    keys = {0: ("service", "practitioner", "first_name", "location"), 1: ("service",)}.get(mine.level, ())
    names = [str(message.context[key]) for key in keys if message.context.get(key)]
    return bool(mentioned(f"{mine.subject} {mine.text}", names))
