"""The messages that ask somebody: of the present time, as who is asked again as reserve has to hear of it again.

That staff are to call them is no message to them: nobody waits for it.
"""

from collections.abc import Iterable

from django.db.models import F, OuterRef, QuerySet

from matching.models import Offer
from notifications.models import Message
from notifications.states import Channel, Kind


def of_each() -> QuerySet[Message]:
    """For a query of offers."""
    return _asking().filter(offer=OuterRef("pk"), round=OuterRef("rounds"))


def of(offers: Iterable[Offer]) -> QuerySet[Message]:
    return _asking().filter(offer__in=offers, round=F("offer__rounds"))


def _asking() -> QuerySet[Message]:
    return Message.objects.filter(kind=Kind.OFFER).exclude(channel=Channel.STAFF)
