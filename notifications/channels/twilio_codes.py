"""Twilio's error codes, by what follows from them (twilio.com/docs/api/errors). An unknown code is final."""

from notifications.channels.base import Outcome

TRY_AGAIN = {429, 10004, 20429, 21611}  # too fast, too many calls at once, the queue is full
MISCONFIGURED = {20003, 20404, 21212, 21408, 21606, 30002, 30034}
# Of calls: no voice for this account or country, a number that may not call, an address that is none.
MISCONFIGURED |= {10002, 10005, 21205, 21210, 21213, 21215, 21219}
NO_SUCH_NUMBER = {13224, 21211, 21214, 21217, 21612, 30005}
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


SIP_NO_SUCH_NUMBER = {404, 410, 484, 604}
SIP_DECLINED = {603, 607, 608}
CALLS = {"completed": "unheard", "busy": "busy", "no-answer": "no-answer", "canceled": "canceled"}


def of_call(status: str, sip: str, answered_by: str) -> str:
    """Why a call that is over reached nobody, in a word for staff. “Completed” says only that it was answered."""
    if is_machine(answered_by):
        return "machine"
    if status in CALLS:
        return CALLS[status]
    number = int(sip) if sip.isdecimal() else 0
    if number in SIP_NO_SUCH_NUMBER:
        return "no_such_number"
    if number in SIP_DECLINED:
        return "declined"
    return f"sip{number}" if number else "failed"


def is_machine(answered_by: str) -> bool:
    return answered_by.startswith("machine") or answered_by == "fax"
