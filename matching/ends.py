"""When the time for a yes to a slot is over, whoever was asked. Reads only."""

from datetime import datetime, timedelta

from matching.policies import Policy
from waitlist.models import Slot


def answers_end_at(slot: Slot) -> datetime:
    """The last moment for a yes: the start less the service's notice and its policy's cut-off (decision R5)."""
    cutoff_minutes = slot.policy.document.get("cutoff_minutes", Policy.cutoff_minutes)
    return slot.starts_at - timedelta(minutes=slot.service.notice_minutes + cutoff_minutes)


def offers_end_at(slot: Slot) -> datetime:
    """The last moment for a wave: the last for a yes less the policy's cut-off for offers."""
    cutoff_minutes = slot.policy.document.get("offer_cutoff_minutes", Policy.offer_cutoff_minutes)
    return answers_end_at(slot) - timedelta(minutes=cutoff_minutes)
