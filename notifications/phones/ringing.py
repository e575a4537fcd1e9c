"""Calls on the demo's phones: they ring until somebody here picks up or not, and go on as the carrier's would."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from notifications import calls
from notifications.calls import Spoken, Stage
from notifications.channels import simulator_calls, voice
from notifications.models import SimulatedCall

ANSWER, LET_RING = "answer", "ring"
RINGS = timedelta(seconds=voice.RINGS_SECONDS)
RINGS_ON = timedelta(seconds=15)  # at least, once somebody looks


@dataclass(frozen=True)
class Call:
    """One call as its phone shows it."""

    pk: int
    clinic: str
    turns: list[dict[str, str]]
    is_over: bool
    rings_for_seconds: int

    @property
    def rings(self) -> bool:
        return not (self.turns or self.is_over)

    @property
    def is_missed(self) -> bool:
        return self.is_over and not self.turns


def made() -> QuerySet[SimulatedCall]:
    """Every call, in order."""
    return SimulatedCall.objects.select_related("message__contact_point", "message__clinic").order_by("pk")


def stamp() -> int:
    """Changes with every ring and every word."""
    changed_at = SimulatedCall.objects.aggregate(at=Max("changed_at"))["at"]
    return int(changed_at.timestamp() * 1_000_000) if changed_at else 0


def shown(call: SimulatedCall, *, now: datetime) -> Call:
    left = max(call.at + RINGS - now, RINGS_ON)
    return Call(
        call.pk, call.message.clinic.name, call.turns, call.ended_at is not None, int(left.total_seconds())
    )


def act(call: SimulatedCall, key: str, *, now: datetime) -> None:
    """Pick up, press a key (or none), or let it ring. What came from a page that was behind does nothing."""
    message = calls.find(call.message.public_id)
    if message is None or call.ended_at is not None or (key in (ANSWER, LET_RING)) != (not call.turns):
        return
    call_id = simulator_calls.call_id(call)
    if key == LET_RING:
        calls.ended(message.public_id, call_id=call_id, status="no-answer", now=now)
        _keep(call, [], None, now=now)
        return
    if key == ANSWER:
        said = calls.pick_up(message, call_id=call_id, answered_by="human", now=now)
    else:
        said = calls.press(message, key[:1], Stage(call.said, call.wrong), call_id=call_id, now=now)
    _keep(call, [*call.turns, *_turns(key, said)], said.stage, now=now)
    if said.stage is None:
        calls.ended(message.public_id, call_id=call_id, status="completed", now=now)


def _turns(key: str, said: Spoken) -> Iterator[dict[str, str]]:
    if key != ANSWER:
        yield {"who": "key", "text": key[:1]}
    if said.words:
        yield {"who": "voice", "text": said.words}


def _keep(call: SimulatedCall, turns: list[dict[str, str]], stage: Stage | None, *, now: datetime) -> None:
    """Unless the same was pressed twice, and is kept already."""
    ends: dict[str, Any] = {"ended_at": now}
    changes = {"said": stage.said, "wrong": stage.wrong} if stage is not None else ends
    SimulatedCall.objects.filter(pk=call.pk, changed_at=call.changed_at, ended_at=None).update(
        turns=turns, changed_at=now, **changes
    )
