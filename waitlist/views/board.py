"""Today: what is being filled, what was, and how well."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from audit import heart
from matching import calls, kpis
from matching.views.cards import cards, with_past
from notifications.alerts import finding
from waitlist import access, closing, first_run, masses
from waitlist.models import MassCancellation, Membership, Slot
from waitlist.states import BOOKED_AGAIN, LIVE_SLOT_STATES, ClosedBecause, Role, SlotState
from waitlist.templatetags import bar
from waitlist.views.answer import done, is_update


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its inner part when the page asks to be brought up to date."""
    membership = access.get_membership(request)
    if membership.role not in access.MAY_ACT_AS[Role.FRONT_DESK]:  # compliance: the brand over every page leads here
        return redirect("trail")
    clinic, now = membership.clinic, timezone.now()
    midnight = kpis.day_start(clinic, now=now)
    shown = Q(state__in=LIVE_SLOT_STATES) | Q(state=SlotState.FILLED, filled_at__gte=midnight)
    shown |= Q(state__in=(SlotState.EXPIRED, SlotState.WITHDRAWN), closed_at__gte=midnight)
    slots = Slot.objects.filter(shown, clinic=clinic).exclude(closed_because=ClosedBecause.REHEARSED)
    slots = slots.order_by("starts_at", "pk")
    news = calls.news(clinic, now=now)
    every = with_past(cards(slots, now=now), news.by_slot, now=now)
    counts = bar.count(membership, now=now)
    context = {
        "clinic": clinic,
        "now": now,
        "news": news,
        "live": [card for card in every if card.slot.is_live],
        "filled": [card for card in every if card.slot.state == SlotState.FILLED and not card.slot.is_lost],
        "lost": [card for card in every if card.slot.is_lost],
        "empty": [card for card in every if _stays_empty(card.slot)],
        "many": masses.unanswered(clinic, now=now),
        "checkup": heart.last_checkup(clinic.pk),
        "bar_counts": counts,
        "waits": finding.lines(counts),
        "administers": membership.role == Role.ADMIN,
        "to_set_up": _to_set_up(membership),
        "oversees": membership.role in access.MAY_ACT_AS[Role.MANAGER],
        "figures": kpis.figures(clinic, since=kpis.week_start(clinic, now=now)),
        "today": kpis.figures(clinic, since=midnight),
    }
    return render(request, "waitlist/_board.html" if is_update(request) else "waitlist/board.html", context)


def _to_set_up(mine: Membership) -> int:
    """How many steps of the first run are left to an admin of a new clinic."""
    if mine.role != Role.ADMIN or not first_run.is_new(mine.clinic):
        return 0
    return first_run.look(mine.clinic).left


@require_POST
def many_cancelled(request: HttpRequest, pk: int) -> HttpResponse:
    """Many times of one day were cancelled at once: refill them, or keep them empty."""
    rows = MassCancellation.objects.select_related("clinic", "practitioner", "location")
    mass = access.get_row(request, rows, pk=pk)
    said = request.POST.get("answer", "")
    if said not in MassCancellation.Answer.values:
        messages.warning(request, "Nothing was chosen, so nothing was changed.")
    elif not closing.answer(mass, MassCancellation.Answer(said), request.user.pk, now=timezone.now()):
        messages.warning(request, "Somebody has answered that before. Nothing was changed.")
    elif said == MassCancellation.Answer.REFILL:
        messages.success(request, "They are refilled: each goes on as its policy says.")
    else:
        messages.success(request, "They stay empty, and so does what else is cancelled of that day.")
        if left := closing.still_booked(mass, now=timezone.now()):
            noun, it = ("appointment is", "it") if left == 1 else ("appointments are", "them")
            messages.warning(request, f"{left} {noun} still booked then: cancel {it} under Appointments, Close a day.")
    return done(request, reverse("board"))


def _stays_empty(slot: Slot) -> bool:
    """Whether nobody has the time: neither its winner nor, booked again, whoever had it before."""
    return not slot.is_live and slot.state != SlotState.FILLED and slot.closed_because not in BOOKED_AGAIN
