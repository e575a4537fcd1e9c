"""What came of a run: every message held against what the carrier accepted, decided, and was told."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notifications.models import Message
from notifications.states import Channel, Kind, MessageStatus
from tests.outgoing.cast import ALLOWED, Part

# A call that was in the air when a STOP was acknowledged, or an offer ended, cannot be called back; it takes moments.
IN_THE_AIR_SECONDS = 1.0
NOT_TOLD: dict[Part | None, set[MessageStatus]] = {
    Part.STOPPED: {MessageStatus.REFUSED},
    Part.STOPS: {MessageStatus.REFUSED, MessageStatus.DROPPED},
    Part.CAPPED: {MessageStatus.REFUSED},
    Part.CEILING: {MessageStatus.REFUSED},
    Part.NIGHT: {MessageStatus.REFUSED, MessageStatus.PENDING},  # waits, where an outage has put its end on
    Part.MORNING: {MessageStatus.PENDING},
    Part.LATE: {MessageStatus.DROPPED, MessageStatus.FAILED, MessageStatus.REFUSED},
    Part.REFUSED: {MessageStatus.FAILED},
}
NEVER_SENT = {MessageStatus.DROPPED, MessageStatus.REFUSED}
MUST_BE_TOLD = {Part.PLAIN}
ENDS = {"delivered", "undelivered", "failed"}


@dataclass
class Verdict:
    """The counts, and a sentence for each message with which something is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    by_part: dict[Part, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def top(self) -> dict[str, int]:
        names = (
            "messages", "accepted_once", "accepted_twice", "never_accepted", "after_stop", "outside_hours", "over_cap",
            "late", "wrong_state",
        )  # fmt: skip
        return {name: self.counts[name] for name in names}

    def count(self, name: str, message: Message, why: str = "") -> None:
        self.counts[name] += 1
        if why:
            self.wrong.append(f"{name}: message {message.pk} ({message.kind}, {message.status}) {why}")


def judge(part_of: dict[str, Part], seen: dict[str, Any]) -> Verdict:
    """`seen`: all that the carrier knows."""
    texts, found = defaultdict(list), Verdict()
    for text in seen["texts"]:
        texts[text["key"]].append(text)
    rows = Message.objects.filter(channel=Channel.SMS).select_related("contact_point").order_by("pk")
    had: Counter[str] = Counter()
    for message in rows:
        key = str(message.public_id)
        part = part_of.get(key)
        _times(message, part, texts[key], found)
        if part is not None:
            found.by_part[part][message.status] += 1
        for text in texts[key]:
            _moment(message, part, text, seen["replies"], found)
        if part in ALLOWED and texts[key]:
            had[text["to"]] += 1
            if had[text["to"]] > ALLOWED[part]:
                found.count("over_cap", message, f"is number {had[text['to']]} to {text['to']}")
        _state(message, part, texts[key], found)
    for key in set(texts) - {str(message.public_id) for message in rows}:
        found.wrong.append(f"the carrier has a text of no message: {key}")
    return found


def _times(message: Message, part: Part | None, texts: Sequence[dict[str, Any]], found: Verdict) -> None:
    found.counts["messages"] += 1
    if len(texts) == 1:
        found.count("accepted_once", message)
    elif texts:
        found.count("accepted_twice", message, f"was accepted {len(texts)} times")
    elif part in MUST_BE_TOLD:
        found.count("never_accepted", message, f"({message.refused_by or message.error_code}) was never accepted")
    else:
        found.count("rightly_not_sent", message)


def _moment(
    message: Message, part: Part | None, text: dict[str, Any], replies: dict[str, Any], found: Verdict
) -> None:
    said_at = replies.get(text["to"], {}).get("at")
    if message.kind != Kind.STOPPED:
        if part == Part.STOPPED or (said_at is not None and text["at"] > said_at + IN_THE_AIR_SECONDS):
            found.count("after_stop", message, f"{text['at'] - (said_at or 0):.3f} s after STOP")
        elif said_at is not None and text["at"] > said_at:
            found.counts["in_the_air_at_stop"] += 1
    if part in (Part.NIGHT, Part.MORNING):
        found.count("outside_hours", message, "at night")
    if message.not_after is not None:
        late = text["at"] - message.not_after.timestamp()
        if late > IN_THE_AIR_SECONDS:
            found.count("late", message, f"{late:.3f} s after {message.not_after}")
        elif late > 0:
            found.counts["in_the_air_at_end"] += 1


def _state(message: Message, part: Part | None, texts: Sequence[dict[str, Any]], found: Verdict) -> None:
    if part in MUST_BE_TOLD and not texts:
        return  # counted as never accepted
    right = expected(texts[0]) if texts else NOT_TOLD.get(part, NEVER_SENT)
    if message.status not in right:
        found.count("wrong_state", message, f"should be one of {sorted(right)} ({part}, {texts})")
    elif len(texts) == 1 and message.provider_id != texts[0]["sid"]:
        found.count("wrong_state", message, f"has another id than {texts[0]['sid']}")


def expected(text: dict[str, Any]) -> set[str]:
    """As it was told; where nobody told of its end, as it was when it was handed over or looked up."""
    heard = {status for status, answered in text["told"] if answered == 200}
    if ends := heard & ENDS:
        return {str(status) for status in ends}
    return {"sent", "failed"} if text["ends_as"] in ("undelivered", "failed") else {"sent"}

