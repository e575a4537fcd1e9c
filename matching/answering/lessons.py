"""A decline that teaches: what a reason changed about the wish, kept with the offer so that it can be taken back.

Link, reply and staff come by here alike, in the transaction of the no. The rules are in waitlist.lessons.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from matching.models import Lesson, Offer
from waitlist import lessons
from waitlist.lessons import PAUSE
from waitlist.live import hint
from waitlist.models import Slot, WaitlistEntry
from waitlist.states import NotTaught

__all__ = ["PAUSE", "learn", "learn_also", "of_entry", "take_back"]


def learn(slot: Slot, offer: Offer, *, reason: str, now: datetime) -> Lesson | None:
    """Change the wish by this reason; None where it teaches nothing. Slot and offer are locked by whoever calls."""
    if offer.entry_id is None or Lesson.objects.filter(offer=offer).exists():
        return None
    wishes = WaitlistEntry.objects.select_related("clinic").select_for_update(no_key=True, of=("self",))
    entry = wishes.get(pk=offer.entry_id)
    taught = lessons.of(reason, entry, slot, heard_at=offer.heard_at or offer.offered_at, now=now)
    if taught is None:
        return None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    refused = ""
    if isinstance(taught, NotTaught):
        refused = str(taught)
        about = {"offer": offer.pk, "reason": reason, "refused": refused}
        trail.record("entry.not_taught", entry, now=now, clinic_id=entry.clinic_id, changes=about)
    else:
        verb = lessons.VERBS.get(reason, "entry.taught")
        if not lessons.apply(entry, taught.before, taught.after, verb, now=now, offer=offer.pk, reason=reason):
            return None
        before, after = dict(taught.before), dict(taught.after)
    hint(entry.clinic_id, "waitlist")
    return Lesson.objects.create(
        offer=offer, entry=entry, reason=reason, before=before, after=after, refused=refused, at=now
    )


@transaction.atomic(durable=True)
def learn_also(offer_id: int, *, reason: str, now: datetime) -> Lesson | None:
    """The same of an offer that was answered before, by who says more about it now."""
    slots = Slot.objects.filter(offers=offer_id).select_for_update(no_key=True, of=("self",))
    slot = slots.select_related("location__clinic").get()
    return learn(slot, Offer.objects.select_for_update(no_key=True).get(pk=offer_id), reason=reason, now=now)


@transaction.atomic(durable=True)
def take_back(offer_id: int, *, now: datetime) -> bool:
    """The wish is as it was before; False where it was taken back already, or changed by somebody since."""
    lesson = Lesson.objects.select_related("entry").filter(offer=offer_id, undone_at=None).first()
    if lesson is None or not lesson.after:
        return False
    if not lessons.apply(lesson.entry, lesson.after, lesson.before, "entry.untaught", now=now, offer=offer_id):
        return False
    hint(lesson.entry.clinic_id, "waitlist")
    return bool(Lesson.objects.filter(pk=lesson.pk, undone_at=None).update(undone_at=now))


def of_entry(entry: WaitlistEntry) -> list[Lesson]:
    """What this wish has been taught, the latest first."""
    rows = Lesson.objects.filter(entry=entry).order_by("-at", "-pk")
    return list(rows.select_related("offer__slot__location__clinic", "offer__slot__practitioner"))
