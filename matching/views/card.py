"""A slot as staff see it: how far the asking has got and what happens next."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from matching import likeness
from matching.answering import reserves
from matching.asking import clocks
from matching.choosing import ranking
from matching.models import SentWave
from matching.policy import plans
from matching.policy.plans import Plan
from matching.states import IN_LINE, MAY_BE_RESERVE, Reserve
from matching.views.doing import Doing, doing
from matching.views.looks import Asked, why_not
from matching.views.wave_line import WaveLine
from waitlist import vacancies
from waitlist.models import Slot, Writeback
from waitlist.states import BOOKED_AGAIN, AppointmentStatus, ClosedBecause, OpenedBecause, SlotState

FRESH = timedelta(seconds=5)
SHOWN = 6  # people on a card; the slot's page has them all


@dataclass(frozen=True)
class Card:
    """Everything about one slot that its card and its page show."""

    slot: Slot
    now: datetime
    people: list[Asked] = field(default_factory=list)
    waves: list[SentWave] = field(default_factory=list)
    past: likeness.Past | None = None
    to_call: int = 0  # who nothing could tell of it

    @property
    def minutes(self) -> int:
        return round((self.slot.ends_at - self.slot.starts_at).total_seconds() / 60)

    @property
    def took(self) -> timedelta | None:
        """From the opening to the booking."""
        return self.slot.filled_at - self.slot.opened_at if self.slot.filled_at else None

    @property
    def opened(self) -> str:
        """Why it is free."""
        visit, is_anew = self.slot.freed_by, self.slot.opened_because == OpenedBecause.ANEW
        why = "Moved to another time" if visit else "Opened by hand"
        was_cancelled = is_anew and visit is not None and visit.status == AppointmentStatus.CANCELLED
        if visit and (was_cancelled or self.slot.opened_because == OpenedBecause.CANCELLED):
            why = f"Cancelled: {visit.cancel_reason}" if visit.cancel_reason else "Cancelled"
        return f"{why}; opened anew after the dry run" if is_anew else why

    @property
    def waiting(self) -> list[Asked]:
        """Who may still answer."""
        return [asked for asked in self.people if asked.is_waiting]

    @property
    def reserve(self) -> list[tuple[str, str]]:
        """Who has this time first if it comes free again, in their order, and how."""
        line = [asked.offer for asked in self.people if asked.offer.reserve in IN_LINE]
        line = sorted((one for one in line if one.state in MAY_BE_RESERVE), key=lambda one: (one.reserved_at, one.pk))
        if reserves.frees_until(self.slot, 0, now=self.now) is None and not self.slot.is_live:
            return []
        asks = bool(self.slot.service.details_prompt)
        books = {one.pk: one.reserve == Reserve.BOOK and not asks for one in line}
        return [(one.patient.short_name, "books by itself" if books[one.pk] else "asked first") for one in line]

    @property
    def is_held(self) -> bool:
        """Whether it is kept for somebody at this moment."""
        until = self.slot.held_until
        return self.slot.state == SlotState.HELD and until is not None and until > self.now

    @property
    def link(self) -> Asked | None:
        """Whoever has yet to complete the booking link that was sent to them."""
        if self.slot.state != SlotState.HELD:
            return None
        theirs = (asked for asked in self.people if asked.offer.patient_id == self.slot.held_by_id)
        return next((asked for asked in theirs if asked.offer.link_sent_at is not None), None)

    @property
    def may_reopen(self) -> bool:
        """Whether it helps to open the time again: not where nobody could be asked for it any more."""
        if self.slot.closed_because in BOOKED_AGAIN:
            return False
        return self.slot.filled_by is None and ranking.slot_is_answerable(self.slot, now=self.now)

    @property
    def asked(self) -> list[Asked]:
        """All but those staff left out."""
        return [asked for asked in self.people if not asked.offer.is_left_out]

    @property
    def how_many_asked(self) -> int:
        return sum(bool(one.number) for one in self.asked)

    @property
    def has_asked(self) -> bool:
        """Whether anybody was ever asked for it; whose time it was, never is."""
        return any(not asked.is_set_aside for asked in self.asked)

    @property
    def shown(self) -> list[Asked]:
        """The latest who were asked, then who never was."""
        numbered = [one for one in self.asked if one.number]
        unasked = [one for one in self.asked if not one.number]
        return [*numbered[-SHOWN:], *unasked]

    @property
    def more(self) -> int:
        return len(self.asked) - len(self.shown)

    @cached_property
    def plan(self) -> Plan:
        """What the policy it was opened with says."""
        return plans.of(self.slot, self.waves)

    @property
    def is_kept(self) -> bool:
        """Whether only those asked may have it now."""
        return self.slot.is_live and self.slot.is_exclusive(self.now)

    @property
    def is_paused(self) -> bool:
        """Whether staff have yet to say what becomes of it and the others cancelled with it."""
        return self.slot.is_live and getattr(self.slot, "waits_for_word", False)

    @property
    def is_out(self) -> bool:
        """Whether nobody can be asked, as what the next wave goes by is out."""
        return self.slot.is_live and bool(clocks.stopped_by(self.plan.to_come, getattr(self.slot, "out", ())))

    @property
    def may_undo(self) -> bool:
        """Whether the cancellation that freed it may still be taken back."""
        slot, visit = self.slot, self.slot.freed_by
        is_free = slot.is_live or slot.closed_because in (ClosedBecause.KEPT_EMPTY, ClosedBecause.CLOSURE)
        was_cancelled = visit is not None and visit.status == AppointmentStatus.CANCELLED
        at_its_time = visit is not None and visit.starts_at == slot.starts_at
        was_swapped = getattr(slot, "was_swapped", False)
        return is_free and was_cancelled and not was_swapped and at_its_time and slot.starts_at > self.now

    @property
    def kept(self) -> str:
        """Until when, in a sentence."""
        return vacancies.kept(self.slot, now=self.now) if self.is_kept else ""

    @cached_property
    def line(self) -> WaveLine:
        return WaveLine(self.slot, self.plan)

    @property
    def is_paused_by_hand(self) -> bool:
        """Whether it would go on by itself, but for staff who stopped it for now."""
        return self.slot.is_live and self.slot.halted_at is not None and not self.plan.is_over

    @property
    def may_pause(self) -> bool:
        """Whether something would happen by itself that staff may put off."""
        is_at_it = self.slot.is_live and self.slot.next_wave_at is not None and not self.plan.is_over
        return is_at_it and not (self.is_kept or self.is_paused or self.is_out)

    @property
    def is_fresh(self) -> bool:
        """Whether it was filled this very moment."""
        return self.slot.filled_at is not None and self.now - self.slot.filled_at < FRESH

    @property
    def doing(self) -> Doing:
        return doing(self)

    @property
    def excluded(self) -> list[tuple[str, int]]:
        """Why the others were not asked, as of the latest wave."""
        return why_not(self.waves[-1].excluded) if self.waves else []

    @property
    def writeback(self) -> Writeback | None:
        """What the calendar of record knows of the booking."""
        return next(iter(self.slot.filled_by.writebacks.all()), None) if self.slot.filled_by else None
