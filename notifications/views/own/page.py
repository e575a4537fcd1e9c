"""A patient's own page: what they wait for, what is offered to them now, what they may be told and how."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateformat import format as write
from django.utils.translation import get_language, gettext, gettext_noop, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from matching import claims, tokens
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from matching.states import OfferState
from matching.views import facts, parting
from notifications.views.own import allowed, visits
from notifications.views.own.door import Here, as_them, door, whoever
from waitlist import joining, languages
from waitlist.forms.own import PauseForm, length
from waitlist.forms.wishes import DAYS
from waitlist.models import Availability, Clinic, Patient, WaitlistEntry
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES, AppointmentStatus, EntryStatus
from waitlist.templatetags.standby import minute_of_day

MOST_OFFERS = 5
BY_RULE = gettext_noop(
    "We put you on the list because you hold this visit and agreed to hear of open times. You keep the visit until you"
    " say yes to an earlier one, and can leave the list here at any time."
)


@dataclass(frozen=True)
class Own:
    """One wish in its patient's words."""

    entry: WaitlistEntry
    services: str
    when: list[str]
    people: str
    notice: str
    is_joining: bool
    paused_until: str
    closes: str
    earlier_than: str
    since: str
    asked_on: str  # whether they still want it; empty: no answer is due
    why: str = ""
    not_with: str = ""

    @property
    def rests(self) -> bool:
        """Whether nothing is offered for want of an answer."""
        return self.entry.silent_since is not None

    @property
    def is_paused(self) -> bool:
        return self.entry.status == EntryStatus.PAUSED


@dataclass(frozen=True)
class Live:
    """A time offered to them that they may still have. `token` opens its page; it may be taken here where that page has
    nothing more to say before a yes."""

    facts: facts.Facts
    token: str
    deadline: str
    is_late: bool
    may_take: bool


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def my(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of whoever has opened it; for anybody else its door."""
    clinic = get_object_or_404(Clinic, slug=slug)
    here = None if request.method == "POST" else whoever(request, clinic, now=timezone.now())
    if here is None:
        return door(request, clinic)
    return as_them(request, here, lambda: show(request, here))


def show(request: HttpRequest, here: Here, *, pause: PauseForm | None = None, of: int = 0) -> HttpResponse:
    """All of it; `pause` is what they typed of the wish `of` that could not be."""
    now = timezone.now()
    who, language = here.who, languages.known(get_language() or "")
    context = {
        "clinic": here.clinic,
        "here": here,
        "who": who,
        "wishes": wishes(who, now=now) if who else [],
        "offers": live_offers(who, now=now) if who else [],
        "visits": visits.ahead(who, now=now) if who else [],
        "allowed": allowed.of(here.point, here.clinic, language),
        "pause": pause or PauseForm(here.clinic, now=now),
        "wrong_pause": of,
        "tongues": settings.LANGUAGES,
        "now": now,
    }
    return render(request, "notifications/own/page.html", context)


def wishes(patient: Patient, *, now: datetime) -> list[Own]:
    """What they wait for, the oldest first."""
    rows = WaitlistEntry.objects.filter(patient=patient, status__in=WAITING_STATUSES)
    rows = rows.annotate(is_joining=joining.unconfirmed()).order_by("added_at", "pk")
    return [own(entry, now=now) for entry in rows.select_related("clinic", "later_visit__location__clinic")]


def own(entry: WaitlistEntry, *, now: datetime) -> Own:
    """The same of one."""
    clinic, held = entry.clinic, entry.later_visit
    services = clinic.services.filter(pk__in=entry.services).order_by("name").values_list("name", flat=True)
    people = clinic.practitioners.filter(pk__in=entry.practitioners).order_by("name").values_list("name", flat=True)
    holds = held is not None and held.status != AppointmentStatus.CANCELLED
    return Own(
        entry=entry,
        services=", ".join(services),
        when=[_window(one) for one in entry.availabilities.order_by("pk")],
        people=", ".join(people),
        notice=length(entry.notice_minutes),
        is_joining=bool(getattr(entry, "is_joining", False)),
        paused_until=_day(entry.paused_until, clinic) if entry.paused_until else "",
        since=_day(entry.added_at, clinic),
        asked_on=_day(entry.still_asked_at, clinic) if entry.still_asked_at else "",
        closes=facts.moment(entry.closes_at, clinic.zone, now=now) if entry.closes_at else "",
        earlier_than=facts.moment(held.starts_at, held.location.zone, now=now) if held is not None and holds else "",
        not_with=_not_with(entry),
        why=gettext(BY_RULE) if entry.is_automatic and holds else "",
    )


def _not_with(entry: WaitlistEntry) -> str:
    """Whom they do not want to come to."""
    if not entry.excluded_practitioners:
        return ""
    people = entry.clinic.practitioners.filter(pk__in=entry.excluded_practitioners)
    return ", ".join(people.order_by("name").values_list("name", flat=True))


def live_offers(patient: Patient, *, now: datetime) -> list[Live]:
    """Times they were asked for and may have, the first to end first."""
    pending = Offer.objects.filter(patient=patient, state=OfferState.PENDING, slot__starts_at__gt=now)
    pending = pending.filter(slot__state__in=LIVE_SLOT_STATES).order_by("expires_at", "pk")
    links = [tokens.make(public_id) for public_id in pending.values_list("public_id", flat=True)[:MOST_OFFERS]]
    found = [(token, offer) for token in links if (offer := claims.find(token)) is not None]
    free = (Claim.OPEN, Claim.HELD)
    return [_live(token, offer, now=now) for token, offer in found if claims.outcome(offer, now=now) in free]


def _live(token: str, offer: Offer, *, now: datetime) -> Live:
    slot, entry = offer.slot, offer.entry
    has_more = (
        slot.service.details_prompt
        or offer.link_sent_at is not None
        or parting.before_claim(slot, now=now)
        or (entry is not None and entry.later_visit_id is not None)
    )
    return Live(
        facts=facts.of(slot, offer.patient),
        token=token,
        deadline=facts.for_both(offer.expires_at, slot.clinic.zone, offer.patient, now=now),
        is_late=offer.expires_at <= now,
        may_take=not has_more and ranking.slot_is_answerable(slot, now=now),
    )


def _window(one: Availability) -> str:
    """Mon–Fri, 9:00 AM–5:00 PM; the days alone where it is all day."""
    if one.from_minute == 0 and one.until_minute == 24 * 60:
        return _days(one.days)
    return f"{_days(one.days)}, {minute_of_day(one.from_minute)}–{minute_of_day(one.until_minute)}"


def _days(days: int) -> str:
    """Every day, Mon–Fri, or Mon, Wed, Sat."""
    names = [(int(day), str(name)) for day, name in DAYS if days & 1 << int(day)]
    (first, begins), (last, ends) = names[0], names[-1]
    if len(names) == 7:
        return gettext("Every day")
    if len(names) > 2 and last - first == len(names) - 1:
        return f"{begins}–{ends}"
    return ", ".join(name for _, name in names)


def _day(at: datetime, clinic: Clinic) -> str:
    return write(at.astimezone(clinic.zone), pgettext("date", "l, M j"))
