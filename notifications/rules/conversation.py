"""Whether what staff write answers what they wrote to us.

Within a quarter of an hour it is one conversation: it may go at any hour, and the ceiling of texts a day does not
hold, as for every answer. For a week an answer needs no line in the consent ledger. STOP ends both.
"""

from datetime import datetime, timedelta

from notifications.models import ContactPoint

TALKING = timedelta(minutes=15)
ANSWERED_WITHIN = timedelta(days=7)


def wrote_at(point: ContactPoint) -> datetime | None:
    """When they last wrote to us."""
    return point.inbound_messages.order_by("-received_at").values_list("received_at", flat=True).first()


def is_answer(wrote: datetime | None, *, now: datetime) -> bool:
    """Whether a text to them now is an answer."""
    return wrote is not None and now - wrote <= ANSWERED_WITHIN


def is_talking(wrote: datetime | None, *, now: datetime) -> bool:
    """Whether they wrote a moment ago."""
    return wrote is not None and now - wrote <= TALKING
