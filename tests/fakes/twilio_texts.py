"""A text as Twilio stores it, and the codes it refuses or loses one with."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

# Whom Twilio's test credentials may write to (twilio.com/docs/iam/test-credentials), and what they are told.
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MESSAGES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number",
    21408: "Permission to send an SMS has not been enabled for the region",
    21602: "Message body is required.",
    21604: "A 'To' phone number is required.",
    21603: "A 'From' phone number is required.",
    21606: "The 'From' phone number is not a valid, SMS-capable number",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}
STATUS = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503, 21611: 429}  # of the others: 400
ORDER = ("accepted", "queued", "sending", "sent", "undelivered", "failed", "delivered")


def error(code: int, status: int | None = None) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of a refusal."""
    status = status or STATUS.get(code, 400)
    said = MESSAGES.get(code, "No.")
    return status, {
        "code": code,
        "message": said,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


@dataclass
class SentText:
    """One text as Twilio stored it. `ends_as` is what becomes of it, decided when it was accepted."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    validity: str
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None
    account: str = ""
    accepted_at: float = 0.0  # by time.time(), when the request was there
    ends_as: str = ""
    told: list[tuple[str, int]] = field(default_factory=list)  # which reports we answered, and how

    @property
    def key(self) -> str:
        """Our own id of the message, as its callback has it."""
        return self.callback.rstrip("/").rpartition("/")[2]

    def goes_on_to(self, status: str, code: int | None = None) -> None:
        """It never goes back, whatever is told in whatever order."""
        if status in ORDER and ORDER.index(status) > ORDER.index(self.status):
            self.status, self.error_code = status, code

    def report(self, status: str, code: int | None = None) -> dict[str, str]:
        """What its callback says of a status."""
        form = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "From": self.sender,
            "MessageSid": self.sid,
            "MessageStatus": status,
            "SmsSid": self.sid,
            "SmsStatus": status,
            "To": self.to,
        }
        return form | ({"ErrorCode": str(code)} if code else {})

    def as_json(self) -> dict[str, Any]:
        address = f"/2010-04-01/Accounts/{self.account}/Messages/{self.sid}"
        created_at = format_datetime(self.created_at)
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": created_at,
            "date_sent": None if self.status in ("accepted", "queued") else created_at,
            "date_updated": created_at,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": MESSAGES.get(self.error_code, "") if self.error_code else None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{address}/Media.json"},
            "to": self.to,
            "uri": f"{address}.json",
        }
