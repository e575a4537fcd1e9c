"""The page of an offer: one template per outcome, filled from the database as it is at this moment."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from matching import claims, codes, returns, tokens
from matching.answering.outcomes import holds_no_later
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from matching.states import IN_LINE, DeclineReason, OfferState
from matching.views import beside, completing, facts, lesson_words, parting, prompts, steps, swap_words, zones
from matching.views.completing import Typed
from matching.views.hearing import hears_of_openings
from waitlist import service_change
from waitlist.models import Appointment
from waitlist.states import WAITING_STATUSES

SAME_PAGE = {Claim.YOURS: Claim.BOOKED}
WITH_ALTERNATIVES = (Claim.LOST, Claim.TAKEN, Claim.EXPIRED, Claim.WITHDRAWN, Claim.CONFLICT)
WITH_ZONES = (Claim.OPEN, Claim.YOURS)
ENDED = (*WITH_ALTERNATIVES, Claim.DECLINED)
OTHERS = 3
NEWS_COMES_FOR = (Claim.OPEN, Claim.BUSY, Claim.HELD, Claim.YOURS)  # an open page of these looks again


def show(
    request: HttpRequest,
    offer: Offer,
    outcome: Claim | None = None,
    *,
    notice: str = "",
    no_more: str = "",
    status: int = 200,
    typed: Typed | None = None,
    **answered: str,
) -> HttpResponse:
    """The page of `outcome`, or of what the offer is now. `no_more` is what they asked for: pause or stop.
    `typed` and `answered` are what they wrote and what is wrong with it."""
    now = timezone.now()
    outcome = outcome or claims.outcome(offer, now=now)
    stands = Claim.YOURS if outcome == Claim.BOOKED else outcome
    token = tokens.make(offer.public_id)
    visit = offer.slot.filled_by if outcome in (Claim.BOOKED, Claim.YOURS) else None
    left = parting.parted(offer) if outcome in (Claim.DECLINED, Claim.LOST) else None
    template = "complete" if outcome == Claim.HELD and offer.link_sent_at else SAME_PAGE.get(outcome, outcome)
    template = "left" if left is not None and outcome == Claim.DECLINED else template
    context = {
        "notice": notice and gettext(notice),
        "no_more": no_more,
        **_deadlines(offer, now=now),
        "outcome": outcome,
        "stands": stands if stands in NEWS_COMES_FOR or offer.reserve in IN_LINE else "",
        **steps.of(offer, outcome, now=now),
        **answered,
        "link": completing.of(offer, outcome, typed),
        "token": token,
        "code": codes.of(offer),
        "home": reverse("offer", args=[token]),
        "now": now,
        "offer": offer,
        "clinic": offer.slot.clinic,
        "facts": facts.of(visit or (left and left.visit) or offer.slot, offer.patient),
        "zones": zones.of(visit or offer.slot, offer.patient) if stands in WITH_ZONES else None,
        "zone_url": reverse("offer-zone", args=[token]),
        "left": left,
        "hears": partial(hears_of_openings, offer.patient),
        "terms": parting.before_claim(offer.slot, now=now) if outcome in (Claim.OPEN, Claim.HELD) else "",
        "may_leave": visit is not None and offer.state == OfferState.ACCEPTED and visit.starts_at > now,
        **(_after_a_yes(offer, now=now) if visit is not None else {}),
        "swap": swap_words.of(offer, outcome, now=now),
        "reasons": [(reason.value, gettext(str(reason.label))) for reason in DeclineReason],
        "holds_no_later": holds_no_later(offer),
        "was_returned": offer.state == OfferState.RETURNED,
        "was_booked": offer.state == OfferState.ACCEPTED,
        "learned": lesson_words.of(offer) if outcome == Claim.DECLINED else None,
        "others": _others(offer, now=now) if outcome in WITH_ALTERNATIVES else [],
        **(_without_it(offer, outcome, left.visit if left else None, now=now) if outcome in ENDED else {}),
    }
    return render(request, f"matching/offer/{template}.html", context, status=status)


def after(
    request: HttpRequest, offer: Offer, outcome: Claim | None = None, *, notice: str = "", no_more: str = ""
) -> HttpResponse:
    """The page after an answer: the offer is read again first."""
    offer = claims.find(tokens.make(offer.public_id)) or offer
    return show(request, offer, outcome, notice=notice, no_more=no_more)


def _deadlines(offer: Offer, *, now: datetime) -> dict[str, Any]:
    """Until when: on the clinic's clock, as every deadline, and on their own where the two differ."""
    slot, zone, who = offer.slot, offer.slot.clinic.zone, offer.patient
    grace_ends_at = returns.grace_ends_at(offer)
    return {
        "deadline": facts.for_both(offer.expires_at, zone, who, now=now),
        "is_late": offer.expires_at <= now,
        "held_until": slot.held_until and facts.for_both(slot.held_until, zone, who, now=now),
        "grace_ends": grace_ends_at and facts.for_both(grace_ends_at, zone, who, now=now),
        "grace_ends_at": grace_ends_at,
        "in_grace": grace_ends_at is not None and now < grace_ends_at,
    }


def _after_a_yes(offer: Offer, *, now: datetime) -> dict[str, Any]:
    """What the winner may still say: keep another wish, or have another service."""
    visit, ends_at = offer.slot.filled_by, service_change.ends_at(offer.slot)
    choices = service_change.choices(visit) if visit is not None and ends_at is not None and now < ends_at else []
    accepted = completing.accepted(offer)
    return {
        "accepted": accepted,
        "accepted_at": accepted and facts.moment(accepted.accepted_at, offer.slot.clinic.zone, now=now),
        "beside": beside.of(offer, now=now),
        "choices": choices,
        "may_change": any(not one.refused for one in choices),
        "change_ends": ends_at and facts.moment(ends_at, offer.slot.clinic.zone, now=now),
    }


def _without_it(offer: Offer, outcome: Claim, visit: Appointment | None, *, now: datetime) -> dict[str, Any]:
    """Whether they wait on, what they are asked if they do not, and visits they could have earlier."""
    keeps_place = offer.entry is not None and offer.entry.status in WAITING_STATUSES
    clinic, service = offer.slot.clinic, offer.slot.service
    prompt = None if keeps_place else prompts.of(offer.patient, service, visit, now=now, clinic=clinic)
    held = prompts.other_visits(offer.patient, now=now) if outcome == Claim.TAKEN else []
    return {
        "keeps_place": keeps_place or (prompt is not None and prompt.standing.is_waiting),
        "prompt": prompt,
        "held": [facts.of(one, offer.patient) for one in held],
    }


def _others(offer: Offer, *, now: datetime) -> list[facts.Facts]:
    """Up to three other times this person could have now."""
    if offer.entry is None:
        return []
    slots = ranking.slots_for(offer.entry, now=now, limit=ranking.LOOKED_AT)
    free = [slot for slot in slots if slot != offer.slot and not slot.is_exclusive(now)]
    return [
        replace(facts.of(slot, offer.patient), terms=parting.before_claim(slot, now=now)) for slot in free[:OTHERS]
    ]
