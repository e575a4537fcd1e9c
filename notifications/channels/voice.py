"""Automated calls through Twilio. A call has no body to know it by, so its id is never guessed: it comes with
Twilio's answer, or with what is told to the addresses of this message."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings

from notifications.channels.base import Outcome, Result
from notifications.channels.twilio_http import client, looked, to, tried
from notifications.models import Message

RINGS_SECONDS = 25  # before most voicemails take over
LASTS_SECONDS = 180  # at most
MACHINE_DETECTION_SECONDS = 10
LOOK_BACK = 100  # calls to one number, newest first
CLOCKS_DIFFER = timedelta(minutes=5)
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


def send(message: Message, *, now: datetime) -> Result:
    """One request to call; what is said is asked of us when somebody picks up."""
    if not message.clinic.sms_sender:
        return Result(Outcome.MISCONFIGURED, code="no_sender", detail="The clinic has no number to call from.")
    ours = f"{settings.PUBLIC_URL}/api/twilio/call/{message.public_id}/"

    def hand_over() -> str | None:
        made = client().calls.create(
            to=to(message),
            from_=message.clinic.sms_sender,
            url=ours,
            method="POST",
            status_callback=f"{ours}status/",
            status_callback_event=["completed"],  # busy, no-answer, failed and canceled come there too
            status_callback_method="POST",
            timeout=RINGS_SECONDS,
            time_limit=LASTS_SECONDS,
            machine_detection="Enable",
            machine_detection_timeout=MACHINE_DETECTION_SECONDS,
        )
        return made.sid

    return tried(hand_over)


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Whether we may have called: no message is called twice while a call of ours to them may have been its own.

    One that somebody heard has told us so before, and is no more unknown: what is over has reached nobody.
    """
    return looked(lambda: _find(message, taken, now=now))


def _find(message: Message, taken: Collection[str], *, now: datetime) -> Result:
    since = message.created_at - CLOCKS_DIFFER
    calls = client().calls.list(
        to=to(message), from_=message.clinic.sms_sender, limit=LOOK_BACK, page_size=LOOK_BACK
    )
    mine = {call.sid: str(call.status) for call in calls if (call.date_created or now).astimezone(UTC) >= since}
    perhaps = [mine[sid] for sid in mine.keys() - set(taken)]
    if not perhaps:
        return Result(Outcome.ABSENT)
    return Result(Outcome.FAILED if OVER.issuperset(perhaps) else Outcome.UNKNOWN, code="perhaps_called")
