"""What is owed for giving a visit up, in a patient's words: before the claim, before they cancel, and afterwards."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from matching.models import Offer
from matching.terms import Due, Terms, share_of
from matching.views import facts
from matching.views.facts import moment
from waitlist import fees
from waitlist.models import Appointment, CancellationFee, Patient, Slot
from waitlist.states import WAITING_STATUSES, AppointmentStatus, FeeRule
from waitlist.templatetags.standby import hours, money


def before_claim(slot: Slot, *, is_reserve: bool = False, now: datetime) -> str:
    """What a yes to a time inside its own notice leads to; nothing where there is time enough, or nothing to owe."""
    terms = Terms.of(slot.clinic, slot.service)
    owed = share_of(slot.price_cents, terms.late_percent)
    if not owed or terms.free_until(now, slot.starts_at) <= terms.early_until(slot.starts_at):
        return ""
    words = {"minutes": terms.grace_minutes, "percent": terms.late_percent, "price": money(owed)}
    if not terms.grace_minutes:
        text = gettext("This time is less than {notice} away: cancelling costs {percent}\u00a0% ({price}).")
        return text.format(notice=hours(terms.notice_minutes), **words)
    if is_reserve:
        text = gettext(
            "Free to cancel for {minutes} minutes after we book it and tell you, then cancelling costs"
            " {percent}\u00a0% ({price})."
        )
    else:
        text = gettext(
            "Free to cancel for {minutes} minutes after your yes, then cancelling costs {percent}\u00a0% ({price})."
        )
    return text.format(**words)


def in_full(slot: Slot, patient: Patient) -> str:
    """What a booking link asks a patient to accept: the visit and what cancelling it costs, a sentence a line.

    The same words whenever they are read, so that what was accepted can be told from anything else."""
    terms, known, whole = Terms.of(slot.clinic, slot.service), facts.of(slot, patient), slot.price_cents
    early, late = share_of(whole, terms.early_percent), share_of(whole, terms.late_percent)
    words = {"notice": hours(terms.notice_minutes), "early": money(early), "late": money(late)}
    words |= {"early_percent": str(terms.early_percent), "late_percent": str(terms.late_percent)}
    visit = {"service": slot.service.name, "name": slot.practitioner.name, "day": known.day, "time": known.time}
    lines = [gettext("{service} with {name}: {day}, {time} {zone} time.").format(zone=known.zone, **visit)]
    if not late:
        return "\n".join([*lines, gettext("Cancelling costs nothing. Please tell us as early as you can.")])
    if terms.grace_minutes:
        free = ngettext(
            "You may cancel free of charge for {minutes} minute after you book.",
            "You may cancel free of charge for {minutes} minutes after you book.",
            terms.grace_minutes,
        )
        lines.append(free.format(minutes=terms.grace_minutes))
    costs = gettext("Until {notice} before the visit, cancelling costs {early_percent}\u00a0% ({early}).")
    is_free = gettext("Until {notice} before the visit, cancelling is free.")
    lines.append((costs if early else is_free).format(**words))
    lines.append(gettext("Later, cancelling costs {late_percent}\u00a0% ({late}).").format(**words))
    return "\n".join([*lines, gettext("If we have to cancel, you owe nothing.")])


@dataclass(frozen=True)
class Price:
    """What giving this visit up costs at this moment, and what it will cost later."""

    due: Due
    why: str
    later: str


def price(offer: Offer, visit: Appointment, *, now: datetime) -> Price:
    """Shown before a patient cancels (decision R18)."""
    slot = offer.slot
    due, terms = fees.due(visit, slot, now=now), Terms.of(slot.clinic, slot.service)
    notice, whole, zone = hours(due.notice_minutes), money(due.price_cents), slot.clinic.zone
    words = {"notice": notice, "percent": due.percent, "whole": whole, "owed": money(due.cents)}
    early_until, late = terms.early_until(slot.starts_at), share_of(due.price_cents, terms.late_percent)
    why = {
        FeeRule.GRACE: gettext("You said yes only a moment ago."),
        FeeRule.MOVED: gettext("The clinic moved it."),
        FeeRule.CLOSED: gettext("The clinic is closed then."),
        FeeRule.EARLY: gettext("More than {notice} before: {percent} % of {whole} = {owed}").format(**words),
        FeeRule.LATE: gettext("Less than {notice} before: {percent} % of {whole} = {owed}").format(**words),
    }[due.rule]
    grows = due.rule == FeeRule.EARLY and late > due.cents
    words = {"moment": moment(early_until, zone, now=now), "price": money(late)}
    later = gettext("After {moment} it would be {price}.").format(**words) if grows else ""
    return Price(due, why if due.price_cents else "", later)


@dataclass(frozen=True)
class Parted:
    """A visit its winner gave up after the free minutes: what became of the fee, and whether they still wait."""

    visit: Appointment
    fee: CancellationFee | None
    notice: str
    is_waiting: bool


def parted(offer: Offer) -> Parted | None:
    """None where this offer is not one of a visit that ended."""
    visit = offer.slot.filled_by
    if visit is None or visit.patient_id != offer.patient_id or visit.status != AppointmentStatus.CANCELLED:
        return None
    fee = CancellationFee.objects.filter(appointment=visit).first()
    is_waiting = offer.entry is not None and offer.entry.status in WAITING_STATUSES
    return Parted(visit, fee, hours(Terms.of(offer.slot.clinic, offer.slot.service).notice_minutes), is_waiting)
