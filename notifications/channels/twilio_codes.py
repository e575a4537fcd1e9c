"""Twilio's error codes, by what follows from them (twilio.com/docs/api/errors). An unknown code is final."""

from notifications.channels.base import Outcome

TRY_AGAIN = {429, 20429, 21611}  # too fast, the queue is full
MISCONFIGURED = {20003, 20404, 21212, 21408, 21606, 30002, 30034}
NO_SUCH_NUMBER = {21211, 21612, 30005}
TAKES_NO_TEXTS = {21614, 30006}
OPTED_OUT = {21610}
PERHAPS_LATER = {30003, 30008}  # phone off, carrier unsure: once more
BLOCKED = {30004, 30007}


def outcome(code: int, status: int) -> Outcome:
    """What a refused request means."""
    if code in TRY_AGAIN or status == 429:
        return Outcome.NOT_SENT
    if status >= 500:
        return Outcome.UNKNOWN
    if code in MISCONFIGURED or status in (401, 403):
        return Outcome.MISCONFIGURED
    return Outcome.FAILED
