"""When the first wave of a new vacancy goes by itself, as its policy says."""

from datetime import datetime, timedelta

from matching.policy import ends
from matching.policy.policies import SHORT_LEAD, Policy
from waitlist import desk
from waitlist.calendar import Time
from waitlist.states import Autopilot

TO_ANSWER = timedelta(minutes=10)  # neither a buffer nor a busy desk may take these from the patients


def first_wave_at(policy: Policy, time: Time, *, now: datetime) -> datetime | None:
    """After the undo delay, the buffer and, where staff are asked first, their time; None: only when staff start it."""
    lead = time.starts_at - now
    if policy.autopilot == Autopilot.SUGGEST or not policy.waves(lead):
        return None
    undone_until = now + timedelta(minutes=policy.undo_delay_minutes)
    buffer_minutes = policy.short_buffer_minutes if lead < SHORT_LEAD else policy.long_buffer_minutes
    first = undone_until + timedelta(minutes=buffer_minutes)
    if policy.autopilot == Autopilot.APPROVE:
        first = _approved_by(policy, time, first)
    answers_end_at = ends.last_yes_at(time.starts_at, time.service, policy.cutoff_minutes)
    last = max(TO_ANSWER, timedelta(minutes=policy.offer_cutoff_minutes + 1))
    return min(first, max(undone_until, answers_end_at - last))


def _approved_by(policy: Policy, time: Time, ready_at: datetime) -> datetime:
    """Goes ahead by itself after the staff's minutes, when the desk closes before, or at once while it is closed."""
    closes_at = desk.closes_at(time.location, ready_at)
    if closes_at is None:
        return ready_at
    return min(closes_at, ready_at + timedelta(minutes=policy.approve_within_minutes))
