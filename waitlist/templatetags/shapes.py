"""Every state as shape, word and colour."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from notifications.models import Message
from notifications.states import MessageStatus, Rule
from waitlist.models import Slot
from waitlist.states import ClosedBecause, SlotState

register = template.Library()

ICONS = {
    "check": '<path d="M4 12.5 9.5 18 20 6.5"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "circle": '<circle cx="12" cy="12" r="8"/>',
    "dot": '<circle cx="12" cy="12" r="8"/><circle cx="12" cy="12" r="3" fill="currentColor"/>',
    "half": '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>',
    "full": '<circle cx="12" cy="12" r="8" fill="currentColor"/>',
    "dashed": '<circle cx="12" cy="12" r="8" stroke-dasharray="3 4"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "pause": '<path d="M8 5v14M16 5v14"/>',
    "square": '<rect x="5" y="5" width="14" height="14" rx="2"/>',
    "eye": '<path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z"/><circle cx="12" cy="12" r="3"/>',
    "warning": '<path d="M12 3 2 20h20zM12 10v4M12 17v.01"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
    "back": '<path d="M19 12H5m6-6-6 6 6 6"/>',
    "on": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
}
SLOT_LOOKS = {
    SlotState.OPEN: ("open", "circle"),
    SlotState.OFFERING: ("open", "half"),
    SlotState.HELD: ("hold", "pause"),
    SlotState.FILLED: ("good", "check"),
    SlotState.EXPIRED: ("bad", "cross"),
    SlotState.WITHDRAWN: ("", "square"),
}
LOST = ("wait", "back")
MESSAGE_LOOKS = {
    MessageStatus.PENDING: ("", "dashed"),
    MessageStatus.SENDING: ("", "dashed"),
    MessageStatus.SENT: ("open", "circle"),
    MessageStatus.DELIVERED: ("open", "half"),
    MessageStatus.UNKNOWN: ("", "dashed"),
    MessageStatus.UNDELIVERED: ("bad", "cross"),
    MessageStatus.FAILED: ("bad", "cross"),
    MessageStatus.REFUSED: ("bad", "cross"),
    MessageStatus.DROPPED: ("", "square"),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A shape beside a word; the word is what is read aloud."""
    return mark_safe(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>')


@register.simple_tag
def badge(tone: str, shape: str, word: str) -> SafeString:
    """One state as shape, word and colour."""
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(shape), word)


def slot_word(slot: Slot) -> str:
    """Open, Asking, Held, Filled, Filled, then cancelled, Kept empty, Ran out or Stopped."""
    if slot.is_lost:
        return "Filled, then cancelled"
    if slot.closed_because in (ClosedBecause.KEPT_EMPTY, ClosedBecause.CLOSURE):
        return "Kept empty"
    return str(SlotState(slot.state).label)


@register.simple_tag
def slot_badge(slot: Slot) -> SafeString:
    """The state of a slot."""
    tone, shape = LOST if slot.is_lost else SLOT_LOOKS[SlotState(slot.state)]
    return badge(tone, shape, slot_word(slot))


@register.simple_tag
def message_badge(message: Message) -> SafeString:
    """How far a message has got."""
    if message.refused_by == Rule.REHEARSAL:
        return badge("hold", "dashed", "Would have been sent")
    tone, shape = MESSAGE_LOOKS[MessageStatus(message.status)]
    return badge(tone, shape, message.get_status_display())


@register.filter
def rule(name: str) -> str:
    """Why a message did not go out."""
    return str(Rule(name).label) if name in Rule.values else ""
