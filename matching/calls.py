"""The call list: people nothing could tell of an offer, or of a visit they lost, for staff to ring up. Reads only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, F, Q, QuerySet

from matching import untold, unwritten
from matching.asking import clocks
from matching.models import Offer
from matching.policy.ends import answers_end_at
from matching.states import MAY_ANSWER, OfferState
from notifications import asked, outages, rules
from notifications.alerts import counting, finding
from notifications.models import Message, Outage, PatientContact
from notifications.states import UNFINISHED, Channel, ContactKind, Kind, MessageStatus
from waitlist.models import Appointment, Clinic
from waitlist.states import LIVE_SLOT_STATES, EntryStatus

NOT_RECEIVED = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


@dataclass(frozen=True)
class Call:
    """Somebody to ring up, their number if we know one, whether every way to them has failed, and by when to call;
    `is_unreachable`: that time is over, or they did not answer."""

    offer: Offer
    number: str
    has_failed: bool = True
    due_at: datetime | None = None
    is_unreachable: bool = False


@dataclass(frozen=True)
class Unwritten:
    """A visit of which nothing in writing has reached its patient, their number, and what became of the last word."""

    visit: Appointment
    number: str
    last: Message | None

    @property
    def word(self) -> str:
        return unwritten.name_of(self.last) if self.last is not None else ""


@dataclass(frozen=True)
class News:
    """What boards say of it: the outage of now, if any, how many to call: of a free time, of a lost visit, of one they
    have nothing in writing of; and whether the month's money for messages is spent."""

    outage: Outage | None
    people: int
    losers: int
    unwritten: int = 0
    is_money_spent: bool = False
    by_slot: Mapping[int, int] = field(default_factory=dict)  # how many of a free time


def news(clinic: Clinic, *, now: datetime) -> News:
    """Every open board asks it after every change, so what is rare is looked for only where there is some."""
    counts, out = counting.ask(_statement(), clinic.pk, 0, now=now), outages.out()
    offers = _offers(clinic, out, now=now) if out or "failed" in counts else []
    by_slot = Counter(offer.slot_id for offer in offers)
    outage = outages.of_now() if out else None
    losers, blank = counts.get("losers", 0), counts.get("unwritten", 0)
    return News(outage, by_slot.total(), losers, blank, rules.is_money_spent(clinic, now=now), by_slot)


@cache
def _statement() -> str:
    return counting.write(_counted)


def _counted(clinic_id: int, membership_id: int, now: datetime) -> list[QuerySet[Any]]:
    """What nothing tells, and the offers among which may be some that no way could tell."""
    clinic = Clinic(pk=clinic_id)
    return [
        finding.part("failed", _failed_at(clinic)),
        finding.part("losers", untold.of_clinic(clinic, now=now)),
        finding.part("unwritten", unwritten.of_clinic(clinic, now=now)),
    ]


def of_clinic(clinic: Clinic, *, now: datetime) -> list[Call]:
    """Whom to ring up, by the start of the time on offer; who could not be reached by telephone either comes last."""
    offers = _offers(clinic, outages.out(), now=now)
    numbers = numbers_of(clinic, [offer.patient_id for offer in offers], contact_point__stopped_at=None)
    failed = set(_failed().filter(pk__in=[offer.pk for offer in offers]).values_list("pk", flat=True))
    listed = {one.offer_id: one for one in _on_the_list(offers)}
    found = []
    for offer in offers:
        hop = listed.get(offer.pk)
        due_at = hop.next_attempt_at if hop is not None and hop.status == MessageStatus.PENDING else None
        in_vain = hop is not None and hop.status in NOT_RECEIVED
        found.append(Call(offer, numbers.get(offer.patient_id, ""), offer.pk in failed, due_at, in_vain))
    return sorted(found, key=lambda call: call.is_unreachable)


def _on_the_list(offers: Iterable[Offer]) -> QuerySet[Message]:
    """Their last hop: the call by staff."""
    rounds = {offer.pk: offer.rounds for offer in offers}
    rows = Message.objects.filter(offer__in=rounds, kind=Kind.OFFER, channel=Channel.STAFF, round=F("offer__rounds"))
    return rows.only("offer", "status", "next_attempt_at")


def of_losers(clinic: Clinic, *, now: datetime) -> list[Call]:
    """Whom to ring up since their visit is cancelled and nothing tells them, by its start."""
    offers = list(untold.of_clinic(clinic, now=now))
    numbers = numbers_of(clinic, [offer.patient_id for offer in offers])
    return [Call(offer, numbers.get(offer.patient_id, "")) for offer in offers]


def of_unwritten(clinic: Clinic, *, now: datetime) -> list[Unwritten]:
    """Whom to ring up since nothing in writing has reached them of their visit, or its new time, by its start."""
    visits = list(unwritten.of_clinic(clinic, now=now))
    numbers = numbers_of(clinic, [visit.patient_id for visit in visits])
    last = unwritten.last_words(visits)
    return [Unwritten(visit, numbers.get(visit.patient_id or 0, ""), last.get(visit.pk)) for visit in visits]


def numbers_of(clinic: Clinic, patients: Iterable[int | None], **only: Any) -> dict[int, str]:
    """Patient → the number to ring them up at; who wants no more texts is called about a visit all the same."""
    users = PatientContact.objects.filter(
        patient__in=[pk for pk in patients if pk is not None],
        contact_point__kind=ContactKind.PHONE,
        contact_point__clinic=clinic,
        **only,
    )
    return dict(users.order_by("-position", "-pk").values_list("patient_id", "contact_point__value"))


def _offers(clinic: Clinic, out: Iterable[str], *, now: datetime) -> list[Offer]:
    """Of free times for which a yes would still count: not handed over while these channels are out, or failed on every
    way."""
    told = asked.of_each().filter(status__in=untold.HANDED_OVER)
    unsent = asked.of_each().filter(status__in=UNFINISHED)
    waiting = clocks.stands_still(out) & Q(Exists(unsent), ~Exists(told), state=OfferState.PENDING)
    failed = Q(pk__in=_failed_at(clinic).values("pk"))
    live = Offer.objects.filter(slot__clinic=clinic, slot__state__in=LIVE_SLOT_STATES, slot__starts_at__gt=now)
    rows = live.filter(waiting | failed).exclude(entry__status__in=(EntryStatus.BOOKED, EntryStatus.REMOVED))
    shown = rows.select_related(
        "patient", "slot__service", "slot__policy", "slot__practitioner", "slot__location__clinic"
    )
    return [offer for offer in shown.order_by("slot__starts_at", "slot_id", "pk") if now < answers_end_at(offer.slot)]


def _failed_at(clinic: Clinic) -> QuerySet[Offer]:
    return _failed().filter(slot__clinic=clinic, slot__state__in=LIVE_SLOT_STATES)


def _failed() -> QuerySet[Offer]:
    """Those of which no way could tell them, and which they may still take."""
    mine = asked.of_each()
    tried, other = mine.filter(status__in=NOT_RECEIVED), mine.exclude(status__in=NOT_RECEIVED)
    return Offer.objects.filter(Exists(tried), ~Exists(other), state__in=MAY_ANSWER)
