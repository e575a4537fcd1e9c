"""Messages in the air: several at once, so that one slow call keeps no other waiting, and no lock or transaction is
open meanwhile. Threads do nothing but the call; rows are read and written by the one that started them.
"""

import logging
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings

from notifications import channels
from notifications.channels import Outcome, Result
from notifications.models import Message
from notifications.outbox import boarding, landing

log = logging.getLogger(__name__)
BOARDS_FOR = timedelta(seconds=5)  # then others have their turn: what is left is due still
AFTER_A_FAULT = timedelta(seconds=15)
GATHERED_FOR_SECONDS = 0.05  # what lands at nearly the same time is written down together
# Counted as its lease is: not gone by then, the rules are looked at again. With the longest call after it
# (channels.twilio_http) it ends before the lease does, so nobody looks for what is still in the air.
HELD_AT_MOST_SECONDS = 5


def fly(message_ids: Sequence[int], *, now: datetime) -> None:
    """Do what is due with these messages: send them, or find out what became of them. Safe to run twice, or at once."""
    waiting = deque(message_ids)
    started = began = monotonic()
    at_once = min(settings.MESSAGES_IN_FLIGHT, len(waiting))
    with channels.line(max(at_once, 1)) as take, ThreadPoolExecutor(max(at_once, 1), initializer=take) as crew:
        flying: dict[Future[Result], Message] = {}
        while waiting or flying:
            at = now + timedelta(seconds=began - started)
            if at - now > BOARDS_FOR:
                waiting.clear()
            # So many at a time, since a batch of rows costs little more than one; and before the crew is idle.
            room = min(at_once, len(waiting)) if len(flying) <= 2 * at_once else 0
            boarded = _board([waiting.popleft() for _ in range(room)], now=at)
            landed = list(boarded.known)
            for message, taken in (*((message, None) for message in boarded.ready), *boarded.to_look_up):
                if at_once > 1 and channels.is_remote(message):
                    flying[crew.submit(_call, message, taken, began, now=at)] = message
                else:
                    landed.append((message, _call(message, taken, began, now=at)))
            if flying and not landed:
                if not room:
                    wait(flying, return_when=FIRST_COMPLETED)
                done, _ = wait(flying, 0 if room else GATHERED_FOR_SECONDS)
                landed += [(flying.pop(call), call.result()) for call in done]
            landing.land(landed, now=now + timedelta(seconds=monotonic() - started))
            began = monotonic()  # after what landed, before the next locks are waited for: leases are counted from here


def _board(message_ids: Sequence[int], *, now: datetime) -> boarding.Boarded:
    """All together; where that fails each by itself, since one bad message must not hold up the others."""
    if not message_ids:
        return boarding.Boarded()
    try:
        return boarding.board(message_ids, now=now)
    except Exception:
        if len(message_ids) > 1:
            return _merged(_board([pk], now=now) for pk in message_ids)
        log.exception("message %s could not be delivered", message_ids[0])
        landing.put_off(message_ids[0], now + AFTER_A_FAULT)
        return boarding.Boarded()


def _merged(parts: Iterable[boarding.Boarded]) -> boarding.Boarded:
    whole = boarding.Boarded()
    for part in parts:
        whole.ready += part.ready
        whole.to_look_up += part.to_look_up
        whole.known += part.known
    return whole


def _call(message: Message, taken: Collection[str] | None, began: float, *, now: datetime) -> Result:
    """What the provider says, or how much is known without; `taken`: look it up, it is none of these."""
    if monotonic() - began > HELD_AT_MOST_SECONDS:
        return Result(Outcome.UNKNOWN if taken is not None else Outcome.NOT_SENT, code="held_up")
    transport = channels.of(message)
    try:
        if taken is None:
            return transport.send(message, now=now)
        return transport.find(message, taken=taken, now=now)
    except Exception:  # it may have been handed over: look before sending again
        log.exception("message %s: its channel broke", message.pk)
        return Result(Outcome.UNKNOWN, code="internal")
