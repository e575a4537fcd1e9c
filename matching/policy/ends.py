"""When the time for a yes to a slot is over, whoever was asked. Reads only."""

from datetime import datetime, timedelta

from matching.policy.policies import Policy
from waitlist.models import Service, Slot


def last_yes_at(starts_at: datetime, service: Service, cutoff_minutes: int) -> datetime:
    """The start less the service's notice and its policy's cut-off (decision R5)."""
    return starts_at - timedelta(minutes=service.notice_minutes + cutoff_minutes)


def answers_end_at(slot: Slot) -> datetime:
    """The last moment for a yes to it."""
    cutoff_minutes = slot.policy.document.get("cutoff_minutes", Policy.cutoff_minutes)
    return last_yes_at(slot.starts_at, slot.service, cutoff_minutes)


def offers_end_at(slot: Slot) -> datetime:
    """The last moment for a wave: the last for a yes less the policy's cut-off for offers."""
    cutoff_minutes = slot.policy.document.get("offer_cutoff_minutes", Policy.offer_cutoff_minutes)
    return answers_end_at(slot) - timedelta(minutes=cutoff_minutes)
