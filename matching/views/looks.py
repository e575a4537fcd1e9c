"""Words and looks: why somebody was not asked, and how far an asked person has got."""

from dataclasses import dataclass
from datetime import datetime

from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message
from notifications.states import Channel, MessageStatus, Rule
from waitlist import cancellers

Look = tuple[str, str, str]  # tone, shape, word

REASONS = {
    "closed": "would come while it is closed",
    "silent": "did not say whether they still want it, so their wish rests",
    "inactive": "are paused",
    "another_service": "wait for another service",
    "excluded_practitioner": "do not want this practitioner",
    "another_day": "cannot that day",
    "another_time": "cannot at that hour",
    "outside_dates": "want an earlier or a later date",
    "short_notice": "need more notice",
    "too_far": "live too far away",
    "visit_too_long": "need a longer visit than fits",
    "not_earlier": "hold a visit no later than this",
    "booked_then": "have a visit then",
    "booked_earlier": "have an earlier visit already",
    "not_launched": "are not Platinum: nobody else is asked so far",
    "already_asked": "were asked for this time, left out of it, or gave it up",
    "opted_out": "opted out",
    "unreachable": "cannot be reached: no consent, or no number",
    "over_cap": "were texted often enough lately",
    "enough_offers": "have enough open offers",
    Rule.NO_CONTACT: "have no number or address",
    Rule.NO_CONSENT: "gave no consent",
    Rule.STOPPED: "opted out",
    Rule.TAKES_NO_TEXTS: "have a number that takes no texts",
    Rule.OFFERS_PER_DAY: "had enough offers today",
    Rule.OFFERS_PER_WEEK: "had enough offers this week",
    Rule.OFFERS_PER_MONTH: "had enough offers this month",
    Rule.TEXTS_PER_DAY: "had enough texts in 24 hours",
    Rule.OUTSIDE_HOURS: "cannot be texted at this hour",
    Rule.MAIL_TOO_SLOW: "would read an e-mail too late",
    Rule.OTHER_CHANNEL: "cannot be told by the channels of this wave",
    "left_out": "were left out of this time by staff",
    "gone": "left the waitlist a moment ago",
}
TOLD: dict[MessageStatus, Look] = {
    MessageStatus.DROPPED: ("", "square", "Not sent"),
    MessageStatus.REFUSED: ("bad", "cross", "Not sent"),
    MessageStatus.FAILED: ("bad", "cross", "Not sent"),
    MessageStatus.UNDELIVERED: ("bad", "cross", "Not delivered"),
    MessageStatus.PENDING: ("", "dashed", "Waiting to go"),
    MessageStatus.SENDING: ("", "dashed", "On its way"),
    MessageStatus.UNKNOWN: ("", "dashed", "Perhaps sent"),
    MessageStatus.SENT: ("open", "circle", "Sent"),
    MessageStatus.DELIVERED: ("open", "half", "Delivered"),
}
NOT_RECEIVED = (
    *(MessageStatus.DROPPED, MessageStatus.REFUSED, MessageStatus.FAILED, MessageStatus.UNDELIVERED),
)
FARTHEST = list(TOLD)  # of several messages the one that got farthest speaks
ANSWERED: dict[OfferState, Look] = {
    OfferState.ACCEPTED: ("good", "check", "Said yes"),
    OfferState.DECLINED: ("", "cross", "Said no"),
    OfferState.EXPIRED: ("", "circle", "No answer"),
    OfferState.RETRACTED: ("", "square", "Taken back"),
    OfferState.RETURNED: ("wait", "back", "Gave it back"),
}
PARTS = {
    "time": "Time",
    "practitioner": "Practitioner",
    "service": "Service",
    "geography": "Distance",
    "notice": "Notice",
    "responsiveness": "Answers",
    "fairness": "Waiting",
}


def reason(name: str) -> str:
    """A filter or a rule of contact in words."""
    return REASONS.get(name, name.replace("_", " "))


def why_not(counts: dict[str, int]) -> list[tuple[str, int]]:
    """People per reason in words, the most frequent first."""
    named = [(reason(name), count) for name, count in counts.items() if name != "eligible" and count]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True)
class Asked:
    """One person who was asked, and how far that has got."""

    number: int  # 0: never asked
    offer: Offer
    messages: list[Message]
    held_until: datetime | None = None  # kept for them until then

    @property
    def look(self) -> Look:
        if self.offer.state == OfferState.ACCEPTED and self.offer.answered_by == "staff":
            return ("good", "check", "Booked by hand")
        if self.held_until is not None:
            return ("hold", "dashed", "Finishing")
        if self.offer.is_left_out:
            return ("", "square", "Left out")
        if self.is_set_aside:
            return ("", "back", "Not asked")
        if self.was_rehearsed and self.offer.state in (OfferState.EXPIRED, OfferState.RETRACTED):
            return ("", "dashed", "Rehearsed")
        if self.offer.state != OfferState.PENDING:
            return ANSWERED[OfferState(self.offer.state)]
        if self.offer.seen_at:
            return ("open", "eye", "Seen")
        if not self.messages:
            return ("open", "circle", "Asked")
        if self.was_rehearsed:
            return ("hold", "dashed", "Would have been told")
        return TOLD[max((MessageStatus(m.status) for m in self.messages), key=FARTHEST.index)]

    @property
    def was_rehearsed(self) -> bool:
        """Whether a dry run held back what would have told them, and nothing else did."""
        held_back = any(message.refused_by == Rule.REHEARSAL for message in self.messages)
        return held_back and not any(message.sent_at for message in self.messages)

    @property
    def is_untold(self) -> bool:
        """Whether nothing of what was to tell them went out, or still may."""
        now = [m for m in self.messages if m.round == self.offer.rounds and m.channel != Channel.STAFF]
        return bool(now) and all(m.status in NOT_RECEIVED for m in now)

    @property
    def is_waiting(self) -> bool:
        return self.offer.state == OfferState.PENDING

    @property
    def until(self) -> datetime | None:
        """How long they may finish it, or answer."""
        return self.held_until or (self.offer.expires_at if self.is_waiting else None)

    @property
    def note(self) -> str:
        """Why they said no, or why they were not told."""
        if self.offer.decline_reason:
            return self.offer.get_decline_reason_display()
        whys = set(Rule) - {Rule.REHEARSAL}
        rules = {str(rule.label) for rule in whys for m in self.messages if m.refused_by == rule}
        return ", ".join(sorted(rules)) if self.is_waiting else ""

    @property
    def goes_at(self) -> datetime | None:
        """When the first message goes out, while none has."""
        waiting = [m.next_attempt_at for m in self.messages if m.status == MessageStatus.PENDING]
        return min(waiting) if self.is_waiting and len(waiting) == len(self.messages) > 0 else None

    @property
    def remarks(self) -> list[str]:
        """What a short line says beside the name."""
        wave = {0: self.unasked, 1: ""}.get(self.offer.wave, f"wave {self.offer.wave}")
        link = "booking link" if self.offer.link_sent_at else ""
        return [words for words in (link or wave, self.note) if words]

    @property
    def unasked(self) -> str:
        """How somebody came to an offer that no wave made."""
        if self.offer.is_left_out:
            return "by staff"
        if self.is_set_aside:
            return "gave this time up" if self.offer.state == OfferState.RETURNED else "had this time"
        return "by hand" if self.offer.answered_by == "staff" else "chose it"

    @property
    def is_set_aside(self) -> bool:
        """Never asked: it is the very time they had."""
        never_theirs = not self.offer.answered_by and not self.offer.holds and self.offer.wave == 0
        return never_theirs and self.offer.state in (OfferState.RETURNED, OfferState.RETRACTED)

    @property
    def is_unasked(self) -> bool:
        """In the list only so that it says why: they are not asked for this time."""
        return self.offer.is_left_out or self.is_set_aside

    @property
    def flag(self) -> str:
        """“cancels often (3 in 30 days)”, where they do."""
        return cancellers.flag(getattr(self.offer, "cancelled_lately", 0))

    @property
    def channels(self) -> str:
        """text and e-mail."""
        return " and ".join(dict.fromkeys(str(Channel(m.channel).label).lower() for m in self.messages))

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The parts of the score in words, 0 to 100 each."""
        return [(PARTS[name], round(self.offer.parts[name] / 100)) for name in PARTS if name in self.offer.parts]

    @property
    def points(self) -> str:
        return f"{self.offer.score / 10_000:.0f}"
