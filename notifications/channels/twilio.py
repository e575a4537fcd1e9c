"""Texts through Twilio. It knows no idempotency key, so what is unknown is looked up, never sent blindly again."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from matching import tokens
from notifications import rendering
from notifications.channels.base import Outcome, Result
from notifications.channels.twilio_http import client, looked, to, tried
from notifications.models import Message
from notifications.states import Kind

VALID_SECONDS = (1, 36_000)
LOOK_BACK = 100  # texts to one number, newest first
CLOCKS_DIFFER = timedelta(minutes=5)
GONE = {"failed", "canceled", "undelivered"}


def send(message: Message, *, now: datetime) -> Result:
    """One request; its answer, or how much is known without one."""
    if not message.clinic.sms_sender:
        return Result(Outcome.MISCONFIGURED, code="no_sender", detail="The clinic has no sending number.")
    options: dict[str, Any] = {}
    if message.not_after is not None:
        left = int((message.not_after - now).total_seconds())
        options["validity_period"] = max(VALID_SECONDS[0], min(left, VALID_SECONDS[1]))

    def hand_over() -> str | None:
        sent = client().messages.create(
            to=to(message),
            from_=message.clinic.sms_sender,
            body=rendering.fill(message.text, message),
            status_callback=f"{settings.PUBLIC_URL}/api/twilio/status/{message.public_id}/",
            **options,
        )
        return sent.sid

    return tried(hand_over)


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Look through what we sent to this number since; an offer's link, or the whole text, tells which it was."""
    return looked(lambda: _find(message, taken, now=now))


def _find(message: Message, taken: Collection[str], *, now: datetime) -> Result:
    since = message.created_at - CLOCKS_DIFFER
    code = rendering.fill(message.text, message)
    if message.kind == Kind.OFFER and message.offer is not None:  # news of it has the same link
        code = tokens.make(message.offer.public_id)
    for sent in client().messages.list(to=to(message), limit=LOOK_BACK, page_size=LOOK_BACK):
        created_at = sent.date_created or now
        if created_at.astimezone(UTC) < since:
            break
        if code in (sent.body or "") and sent.sid not in taken:
            outcome = Outcome.FAILED if sent.status in GONE else Outcome.SENT
            return Result(outcome, sent.sid, str(sent.error_code or ""))
    return Result(Outcome.ABSENT)
