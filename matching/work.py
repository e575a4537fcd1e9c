"""Which slots have something to do now, found from rows alone: the sweep's list, whatever nudge was lost."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from matching import anew
from matching.answering import reserves
from matching.asking import clocks, refills
from matching.models import Offer
from matching.states import OfferState
from notifications import asked, outages
from notifications.states import REACHED_CARRIER, MessageStatus, Rule
from waitlist import masses
from waitlist.models import Slot
from waitlist.states import LIVE_SLOT_STATES, Launch, SlotState

ON_ITS_WAY = (MessageStatus.PENDING, *REACHED_CARRIER)
OLDEST_FIRST = (F("next_wave_at").asc(nulls_last=True), F("pk").asc())


def due(*, now: datetime, limit: int) -> list[int]:
    """Live slots whose cascade has something to do, whatever nudge was lost: the sweep's list, oldest first.

    At most `limit` of one clinic, so that a clinic that loses a whole week at once keeps no other waiting.
    """
    waiting = Offer.objects.filter(slot=OuterRef("pk"), state=OfferState.PENDING)
    over = waiting.filter(~clocks.stands_still(outages.out()), expires_at__lte=now)
    at_work = Q(paused_for="") & ~masses.pausing()
    line = Offer.objects.filter(reserves.IN_RESERVE, slot=OuterRef("pk"))
    at_rest = Q(state=SlotState.HELD, held_until__gt=now)  # whatever is due waits for whoever is finishing
    return list(
        Slot.objects.filter(~at_rest, state__in=LIVE_SLOT_STATES)
        .filter(
            (Q(next_wave_at__lte=now) & ~masses.pausing())
            | Q(Q(next_wave_at=None) | masses.pausing(), starts_at__lte=now)
            | Q(held_until__lte=now)
            | anew.waiting()
            | Exists(over)
            | clocks.thawed(now=now)
            | (refills.waiting() & at_work)
            | Exists(undeliverable(waiting))
            | (Q(state=SlotState.OFFERING) & ~Exists(waiting))
            | (Exists(line) & ~Exists(waiting.filter(reserves.BEING_ASKED)) & at_work)
        )
        .annotate(place=Window(RowNumber(), partition_by="clinic", order_by=OLDEST_FIRST))
        .filter(place__lte=limit)
        .order_by(*OLDEST_FIRST)
        .values_list("pk", flat=True)
    )


def due_by_clinic(*, now: datetime, limit: int) -> list[list[int]]:
    """The same, those of one clinic together."""
    found = due(now=now, limit=limit)
    clinics = dict(Slot.objects.filter(pk__in=found).values_list("pk", "clinic_id"))
    together: dict[int, list[int]] = {}
    for slot_id in found:
        together.setdefault(clinics[slot_id], []).append(slot_id)
    return list(together.values())


def undeliverable(waiting: QuerySet[Offer]) -> QuerySet[Offer]:
    """Those of which no message went out, or is still to go. While a dry run lasts, what it held back is gone."""
    on_its_way = Q(status__in=ON_ITS_WAY) | Q(refused_by=Rule.REHEARSAL, clinic__launch=Launch.REHEARSAL)
    return waiting.filter(Exists(asked.of_each()), ~Exists(asked.of_each().filter(on_its_way)))
