"""How to speak to a number or an address: in which language, and how much may be named."""

from collections.abc import Iterable

from django.db.models import Count

from notifications.models import ContactPoint
from notifications.states import Purpose
from waitlist.models import Clinic, Patient

Way = tuple[int, str]  # contact point and channel


def levels(clinic: Clinic, ways: Iterable[Way]) -> dict[Way, int]:
    """The content level of each way: the clinic's where the one person who uses it agreed to detail there, else 0.

    A number that a family shares stays at 0, for whoever reads it may not be whom it names.
    """
    asked = set(ways)
    if clinic.content_level == 0 or not asked:
        return dict.fromkeys(asked, 0)
    rows = ContactPoint.objects.filter(clinic=clinic, pk__in={pk for pk, _ in asked}, stopped_at=None)
    alone = rows.annotate(people=Count("users")).filter(people=1)
    granted = {point.pk: point.granted for point in alone}
    return {
        (pk, channel): clinic.content_level if f"{Purpose.DETAIL}:{channel}" in granted.get(pk, ()) else 0
        for pk, channel in asked
    }


def level(clinic: Clinic, point: ContactPoint, channel: str) -> int:
    """The same of one."""
    return levels(clinic, [(point.pk, channel)])[point.pk, channel]


def language(point: ContactPoint) -> str:
    """Of whoever uses it; English where they differ, or nobody is known there."""
    spoken = Patient.objects.filter(contacts__contact_point=point).values_list("language", flat=True)
    found = set(spoken)
    return found.pop() if len(found) == 1 else "en"
