"""What happens to a slot by itself next, in words for staff."""

from datetime import datetime
from typing import TYPE_CHECKING

from waitlist.states import Autopilot, SlotState

if TYPE_CHECKING:
    from matching.views.card import Card
    from matching.views.looks import Asked

Doing = tuple[str, str, datetime | None]  # tone, words, and when


def doing(card: "Card") -> Doing:
    """What is in the way, else what comes next."""
    slot = card.slot
    if not slot.is_live:
        return ("", "", None)
    if card.link is not None:
        return _link(card.link, slot.held_until)
    if slot.state == SlotState.HELD:
        who = slot.held_by.short_name if slot.held_by else "somebody"
        return ("hold", f"{who} is finishing the booking · lapses", slot.held_until)
    if card.is_kept:
        return ("hold", "kept for those asked · open to others", slot.exclusive_until)
    if slot.paused_for or card.is_out:
        return ("bad", "paused: nothing goes out to people now", None)
    if card.is_paused:
        return ("wait", "paused until you say whether to refill", None)
    return _next(card)


def _link(asked: "Asked", until: datetime | None) -> Doing:
    """How far whoever was sent a booking link has got, and when it is over."""
    who = asked.offer.patient.short_name
    if asked.is_untold:
        return ("bad", f"booking link not delivered to {who} · lapses", until)
    opened = "they have opened it" if asked.offer.seen_at else "not opened yet"
    return ("hold", f"booking link sent to {who}, {opened} · lapses", until)


def _next(card: "Card") -> Doing:
    slot, next_at = card.slot, card.slot.next_wave_at
    if not card.plan.waves:
        return ("wait", "asks nobody by itself: you choose whom to ask", None)
    if next_at is None:
        if card.is_paused_by_hand and slot.wave:
            return ("wait", "paused by hand: nobody else is asked until you resume", None)
        if card.is_paused_by_hand:
            return ("wait", "paused by hand: nobody is asked until you say so", None)
        return ("wait", "waits for you: it asks nobody by itself", None)
    if slot.state == SlotState.OFFERING:
        return _after_this(card)
    if card.waves and card.plan.is_over:
        return ("bad", "everybody planned was asked: choose more people, or book by hand", None)
    if card.waves:
        return ("bad", "nobody left to ask · looks again", next_at)
    if next_at <= card.now:
        return ("", "about to ask", None)
    if card.plan.policy.autopilot == Autopilot.APPROVE:
        return ("wait", "needs your OK · asks by itself", next_at)
    return ("", "asks the first people", next_at)


def _after_this(card: "Card") -> Doing:
    """What comes after the wave that is out."""
    if card.plan.is_over:
        return ("", "the last wave: nobody else is asked by itself", None)
    return ("", "next wave" if card.slot.wave < card.line.total else "looks again", card.slot.next_wave_at)
