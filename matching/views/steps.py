"""What an offer's page says of the step after a yes, and of being in reserve."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop, ngettext

from matching.answering import holds, reserves
from matching.answering.outcomes import Claim
from matching.models import Offer
from matching.states import IN_LINE, Reserve
from matching.views import facts, parting
from waitlist.models import Appointment

MAY_COME_FREE = (Claim.TAKEN, Claim.BUSY)
LONGEST: int = Appointment._meta.get_field("details").max_length or 0
EMPTY = gettext_noop("Your answer: please write something, even if it is “nothing”.")
TOO_LONG = gettext_noop(
    "Your answer: please keep it under {longest} characters. We can talk about the rest when you are here."
)


def of(offer: Offer, outcome: Claim, *, now: datetime) -> dict[str, Any]:
    """The question, whether it comes before the time is theirs, and what they may choose who were too late."""
    slot = offer.slot
    until = reserves.frees_until(slot, offer.patient_id, now=now)
    may_book = reserves.may_book(slot, offer)
    least = holds.BY_TEXT.seconds if offer.link_sent_at is not None else 0
    return {
        "prompt": slot.service.details_prompt,
        "longest": LONGEST,
        "must_finish": outcome == Claim.HELD or offer.holds >= holds.MOST,
        "kept_for": _span(max(slot.service.hold_seconds, least)),
        "by_link": offer.link_sent_at is not None,
        "is_reserve": offer.reserve in IN_LINE and until is not None,
        "may_book": may_book,
        "books": offer.reserve == Reserve.BOOK and may_book,
        "if_booked": parting.before_claim(slot, is_reserve=True, now=until) if until and may_book else "",
        "may_keep": outcome in MAY_COME_FREE and reserves.may_keep(offer, now=now),
        "frees_until": until and facts.moment(until, slot.clinic.zone, now=now),
    }


def answer(typed: QueryDict, offer: Offer) -> tuple[str, str]:
    """What they write to what the service asks, and what is wrong with it."""
    details = typed.get("details", "").replace("\0", "").strip()
    wrong = EMPTY if not details and offer.slot.service.details_prompt else TOO_LONG if len(details) > LONGEST else ""
    return details, gettext(wrong).format(longest=LONGEST) if wrong else ""


def _span(seconds: int) -> str:
    if seconds == 60:
        return gettext("one minute")
    if seconds < 120:
        return ngettext("{count} second", "{count} seconds", seconds).format(count=seconds)
    return ngettext("{count} minute", "{count} minutes", seconds // 60).format(count=seconds // 60)
