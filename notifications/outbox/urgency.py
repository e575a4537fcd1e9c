"""Who goes first of what is due: who has just written or tapped waits for nobody's offer. A fixed order by kind."""

from django.db.models import Case, F, When

from notifications.models import Message
from notifications.rules.permission import ABOUT_THEIR_ACT, ANSWERS_THEM
from notifications.states import Kind

ORDER = (ANSWERS_THEM, (*ABOUT_THEIR_ACT, Kind.DESK, Kind.TEST))  # then everything else
RANK = Case(*(When(kind__in=kinds, then=n) for n, kinds in enumerate(ORDER)), default=len(ORDER))
FIRST_DUE_FIRST = (RANK.asc(), F("next_attempt_at").asc(), F("pk").asc())


def rank(message: Message) -> int:
    """The same of a row in hand."""
    return next((n for n, kinds in enumerate(ORDER) if message.kind in kinds), len(ORDER))
