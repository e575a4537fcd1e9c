"""Staff choose whom to ask: who matches a live slot, and offers to exactly the chosen."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from matching import picks
from matching.asking.reach import GONE
from matching.choosing import ranking
from matching.choosing.ranking import Candidate
from matching.policy import policies
from matching.views.card import Card
from matching.views.looks import PARTS, reason
from matching.views.slots import get_card
from waitlist import access, cancellers
from waitlist.models import Slot, WaitlistEntry
from waitlist.states import Tier

SHOWN = 40
NOT_FREE = "That time is not free any more. Nobody was asked."


@dataclass(frozen=True)
class Match:
    """Somebody who fits, as staff choose among them."""

    candidate: Candidate
    entry: WaitlistEntry

    @property
    def points(self) -> str:
        return f"{self.candidate.score / policies.POINT:.0f}"

    @property
    def tier(self) -> str:
        """The staff's word on the wish, else the patient's own."""
        return str(Tier(self.entry.priority or self.entry.patient.tier).label)

    @property
    def flag(self) -> str:
        """“cancels often (3 in 30 days)”, where they do."""
        return cancellers.flag(getattr(self.entry, "cancelled_lately", 0))

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [(words, round(self.candidate.parts[name] / 100)) for name, words in PARTS.items()]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick who is to be asked."""
    card = get_card(request, pk)
    if request.method == "POST":
        return _ask(request, card)
    may_ask = card.slot.is_live and not card.is_kept
    everybody = _matches(card.slot, now=card.now) if may_ask else []
    context = {
        "card": card,
        "slot": card.slot,
        "zone": card.slot.location.zone,
        "now": card.now,
        "matches": everybody[:SHOWN],
        "are_more": len(everybody) > SHOWN,
        "shown": SHOWN,
    }
    return render(request, "matching/slot_ask.html", context)


def _ask(request: HttpRequest, card: Card) -> HttpResponse:
    chosen = [access.row_id(text) for text in request.POST.getlist("entry")]
    if not chosen:
        messages.warning(request, "Nobody was ticked, so nobody was asked.")
        return redirect("slot-ask", card.slot.pk)
    outcome = picks.ask(card.slot.pk, chosen, now=timezone.now())
    if not outcome.is_free or outcome.kept_for_those_asked:
        messages.error(request, get_card(request, card.slot.pk).kept or NOT_FREE)
        return redirect("slot", card.slot.pk)
    if outcome.asked:
        messages.success(request, f"Asked: {', '.join(entry.patient.name for entry in outcome.asked)}.")
    for entry, why in outcome.refused:
        messages.warning(request, f"{entry.patient.name} was not asked: they {reason(why or GONE)}.")
    return redirect("slot" if outcome.asked else "slot-ask", card.slot.pk)


def _matches(slot: Slot, *, now: datetime) -> list[Match]:
    """The best matches and, as a sign that there are more, one too many."""
    ranked = ranking.rank(slot, limit=SHOWN + 1, now=now)
    lately = cancellers.count_of(OuterRef("patient"), now=now)
    rows = WaitlistEntry.objects.select_related("patient").annotate(cancelled_lately=lately)
    entries = rows.in_bulk([one.entry_id for one in ranked])
    return [Match(one, entries[one.entry_id]) for one in ranked if one.entry_id in entries]
