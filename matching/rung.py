"""Rows: staff rang somebody up, and what it was about is not settled yet: when to try again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model

from audit import trail
from matching.models import CallAttempt, Offer
from matching.states import CallResult
from waitlist.live import hint
from waitlist.models import Appointment, User

AGAIN = timedelta(minutes=30)
VOICEMAIL = timedelta(hours=2)  # they may ring back
WAITS = {CallResult.AGAIN: AGAIN, CallResult.VOICEMAIL: VOICEMAIL}


@transaction.atomic
def note(about: Offer | Appointment, result: CallResult, *, after: int, by: User, now: datetime) -> CallAttempt | None:
    """What came of a call; None where a colleague has noted one since `after`, the last that whoever rang had seen."""
    model: type[Model] = type(about)
    model._default_manager.select_for_update(no_key=True).get(pk=about.pk)
    is_offer = isinstance(about, Offer)
    mine = {"offer": about} if is_offer else {"appointment": about}
    clinic_id = about.slot.clinic_id if isinstance(about, Offer) else about.clinic_id
    last = CallAttempt.objects.filter(**mine).order_by("-pk").values_list("pk", flat=True).first()
    if (last or 0) != after or about.patient_id is None:
        return None
    wait = WAITS.get(result)
    attempt = CallAttempt.objects.create(
        clinic_id=clinic_id, patient_id=about.patient_id, result=result, by=by, at=now,
        again_at=now + wait if wait else None, **mine,
    )  # fmt: skip
    changes = {"result": str(result.label), "offer" if is_offer else "appointment": about.pk}
    trail.record("call.noted", attempt, now=now, clinic_id=clinic_id, changes=changes)
    hint(clinic_id, "board")
    return attempt


def last_of(offers: Collection[int], visits: Collection[int]) -> dict[tuple[str, int], list[CallAttempt]]:
    """("offer" or "visit", its id) → every attempt about it, the latest first; one query."""
    rows = CallAttempt.objects.filter(offer__in=offers) | CallAttempt.objects.filter(appointment__in=visits)
    found: dict[tuple[str, int], list[CallAttempt]] = {}
    for one in rows.select_related("by").order_by("-pk"):
        key = ("offer", one.offer_id) if one.offer_id is not None else ("visit", one.appointment_id or 0)
        found.setdefault(key, []).append(one)
    return found
