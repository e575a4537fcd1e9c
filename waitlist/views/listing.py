"""Who of the waitlist a page asks for: found, filtered and sorted by the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, TextChoices, Value
from django.db.models.functions import Coalesce, NullIf

from matching.models import Offer
from matching.states import OfferState
from notifications.alerts import finding
from notifications.models import PatientContact
from notifications.states import Capability, Channel, ContactKind, Purpose
from waitlist import joining
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import WAITING_STATUSES, EntryStatus
from waitlist.views.answer import find_patients, matching_words

LATELY = timedelta(days=90)
WHOLE = WaitlistEntry.objects.select_related("clinic", "patient", "later_visit__location__clinic")


class Sort(TextChoices):
    WAIT = "wait", "Longest wait first"
    NEW = "new", "Newest first"
    NAME = "name", "By name"
    TIER = "tier", "By tier"
    ASKED = "asked", "Asked least first"


class State(TextChoices):
    ACTIVE = "active", "Waiting"
    PAUSED = "paused", "Paused"
    AWAY = "away", "Away until a day"
    RESTING = "resting", "Rests: no answer whether still wanted"
    CLOSING = "closing", "Has booked, leaves by itself"
    JOINING = "joining", "Joined on the web, not confirmed"
    JOINED = "joined", "Joined on the web in the last day"


class Reached(TextChoices):
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"
    CALL = "call", "Automated call"
    NOTHING = "nothing", "Nothing: call them"


@dataclass(frozen=True)
class Question:
    """What is asked for; empty and None ask for nothing in particular."""

    words: str = ""
    service_id: int | None = None
    practitioner_id: int | None = None
    tier: str = ""
    state: str = ""
    reach: str = ""
    origin: str = ""
    longer_than_days: int | None = None
    is_silent: bool = False
    sort: str = Sort.WAIT

    @property
    def sort_label(self) -> str:
        return str(Sort(self.sort).label)

    def filters(self) -> dict[str, object]:
        """All of it but the words, which may name somebody, and the order."""
        return {name: value for name, value in vars(self).items() if name not in ("words", "sort")}


def find(clinic: Clinic, asked: Question, *, now: datetime) -> QuerySet[WaitlistEntry]:
    """The entries that wait and are asked for, in a total order; what a row shows comes with them."""
    rows = WHOLE.filter(clinic=clinic, status__in=WAITING_STATUSES).annotate(is_joining=joining.unconfirmed())
    if asked.words:
        wanted = clinic.services.filter(matching_words(asked.words, "name__folded")).values_list("pk", flat=True)
        people = find_patients(clinic, asked.words).order_by().values("pk")
        rows = rows.filter(Q(patient__in=people) | Q(services__overlap=list(wanted)))
    if asked.service_id:
        rows = rows.filter(services__contains=[asked.service_id])
    if asked.practitioner_id:
        would = Q(practitioners=[]) | Q(practitioners__contains=[asked.practitioner_id])
        rows = rows.filter(would).exclude(excluded_practitioners__contains=[asked.practitioner_id])
    if asked.tier:
        rows = rows.filter(Q(priority=asked.tier) | Q(priority="", patient__tier=asked.tier))
    if asked.state:
        rows = rows.filter(in_state(State(asked.state), now=now))
    if asked.reach:
        rows = rows.filter(reached_by(Reached(asked.reach)))
    if asked.origin:
        rows = rows.filter(origin=asked.origin)
    if asked.longer_than_days is not None:
        rows = rows.filter(added_at__lt=now - timedelta(days=asked.longer_than_days))
    if asked.is_silent:
        rows = rows.filter(*silent(since=now - LATELY))
    return rows.order_by(*ORDERS[Sort(asked.sort)])


PAUSED = Q(status=EntryStatus.PAUSED, closes_at=None)
STATES = {
    State.ACTIVE: Q(status=EntryStatus.ACTIVE),
    State.PAUSED: PAUSED & Q(paused_until=None, is_joining=False, silent_since=None),
    State.RESTING: Q(silent_since__isnull=False),
    State.AWAY: PAUSED & Q(paused_until__isnull=False),
    State.CLOSING: Q(status=EntryStatus.PAUSED, closes_at__isnull=False),
    State.JOINING: PAUSED & Q(is_joining=True),
}


def in_state(state: State, *, now: datetime) -> Q:
    """What they do now. Who has joined lately are those Today counts as new."""
    return finding.joined_lately(now=now) if state == State.JOINED else STATES[state]


TIER = Coalesce(NullIf(F("priority"), Value("", output_field=CharField())), F("patient__tier"))
ORDERS = {
    Sort.WAIT: ("added_at", "pk"),
    Sort.NEW: ("-added_at", "-pk"),
    Sort.NAME: ("patient__last_name", "patient__first_name", "pk"),
    Sort.TIER: (TIER, "added_at", "pk"),
    Sort.ASKED: ("offers_received", "added_at", "pk"),
}


def reached_by(way: Reached) -> Q:
    """As `rows.reach` says it of one person: no STOP there, and offers allowed."""
    if way == Reached.NOTHING:
        return ~reached_by(Reached.TEXT) & ~reached_by(Reached.EMAIL) & ~reached_by(Reached.CALL)
    if way == Reached.TEXT:
        takes_texts = ~Q(contact_point__sms_capability=Capability.NO)
        return _allowed(Channel.SMS, takes_texts & Q(contact_point__kind=ContactKind.PHONE))
    if way == Reached.EMAIL:
        return _allowed(Channel.EMAIL, Q(contact_point__kind=ContactKind.EMAIL))
    return _allowed(Channel.VOICE, Q())


def _allowed(channel: str, only: Q) -> Q:
    grant = [f"{Purpose.OFFERS}:{channel}"]
    theirs = PatientContact.objects.filter(only, patient=OuterRef("patient"), contact_point__stopped_at=None)
    return Q(Exists(theirs.filter(contact_point__granted__contains=grant)))


def silent(*, since: datetime) -> tuple[Q, Q]:
    """Whoever was asked since then, let it pass, and answered nothing at all."""
    lately = Offer.objects.filter(patient=OuterRef("patient"), offered_at__gte=since)
    passed = lately.filter(state=OfferState.EXPIRED)
    return Q(Exists(passed)), ~Q(Exists(lately.filter(answered_at__isnull=False)))
