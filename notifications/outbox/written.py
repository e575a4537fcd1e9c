"""What a message says, written down just before it goes, and what it costs."""

import logging
from datetime import datetime

from notifications import rendering, rules
from notifications.channels import Outcome, Result
from notifications.models import Message
from notifications.outbox import moved
from notifications.states import Channel, MessageStatus

log = logging.getLogger(__name__)
WORDED_AT_MOST = 5  # times: words that fail once fail again, unless somebody mends them at once


def write(message: Message, *, now: datetime) -> Result | None:
    """Write what it says; else what that means: later once more, a few times, then it has failed."""
    if message.not_after is not None and now >= message.not_after:
        return None
    try:
        moved.follow(message)
        if message.channel == Channel.EMAIL:
            message.letter = rendering.letter(message)
        message.text = message.letter.stored if message.letter else rendering.render(message)
        if message.channel == Channel.SMS:
            message.segments = rendering.segments(message.text)
        message.cost_mills = rules.cost_mills(message.clinic, message.channel, message.segments)
    except Exception as fault:  # its facts stay out of the log
        rows = Message.objects.filter(pk=message.pk, status=MessageStatus.PENDING, attempts=message.attempts)
        message.attempts += 1
        if not rows.update(attempts=message.attempts):
            return Result(Outcome.ABSENT)  # somebody else's by now
        if message.attempts < WORDED_AT_MOST:
            return Result(Outcome.NOT_SENT, code="no_words")
        log.error("message %s: there are no words for it (%s)", message.pk, type(fault).__name__)
        return Result(Outcome.FAILED, code="no_words")
    return None
