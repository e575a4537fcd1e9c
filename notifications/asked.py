"""The messages that ask somebody: of the present time, as who is asked again as reserve has to hear of it again."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, QuerySet

from matching.models import Offer
from notifications.models import Message
from notifications.states import Kind


def of_each() -> QuerySet[Message]:
    """For a query of offers."""
    return Message.objects.filter(offer=OuterRef("pk"), kind=Kind.OFFER, round=OuterRef("rounds"))


def of(offers: Iterable[Offer]) -> QuerySet[Message]:
    return Message.objects.filter(offer__in=offers, kind=Kind.OFFER, round=F("offer__rounds"))
