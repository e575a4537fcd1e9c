"""E-mail through Django's backend. The same Message-ID on every try lets mailboxes fold what came twice."""

import smtplib
from collections.abc import Collection
from datetime import datetime
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications import rendering
from notifications.channels.base import Outcome, Result
from notifications.models import Message


def send(message: Message, *, now: datetime) -> Result:
    """Connecting and sending are told apart: what never connected was surely not sent."""
    mail = compose(message)
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as refusal:
        return Result(Outcome.MISCONFIGURED, code=str(refusal.smtp_code))
    except (OSError, smtplib.SMTPException) as trouble:
        return Result(Outcome.NOT_SENT, code=type(trouble).__name__[:20])
    try:
        connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as refusal:
        return _refused(max(code for code, _ in refusal.recipients.values()))
    except smtplib.SMTPResponseException as refusal:
        return _refused(refusal.smtp_code)
    except (OSError, smtplib.SMTPException) as trouble:
        return Result(Outcome.UNKNOWN, code=type(trouble).__name__[:20])
    finally:
        connection.close()
    return Result(Outcome.SENT, f"{message.public_id}")


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Nobody can be asked."""
    return Result(Outcome.UNKNOWN, code=message.error_code)


def compose(message: Message) -> EmailMultiAlternatives:
    """The e-mail with its page, its way out, and the visit for the calendar."""
    letter = rendering.letter(message)
    headers = {
        "Message-ID": f"<{message.public_id}@{urlsplit(settings.PUBLIC_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
    }
    if letter.unsubscribe_url:  # of a patient; what staff hear is theirs to choose behind the sign-in
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=formataddr((message.clinic.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[receiver(message)],
        reply_to=[message.clinic.email] if message.clinic.email else None,
        headers=headers,
    )
    mail.attach_alternative(letter.html, "text/html")
    if letter.ics:
        mail.attach("appointment.ics", letter.ics.decode(), "text/calendar")
    return mail


def receiver(message: Message) -> str:
    """A patient's address, or that of one of the staff."""
    if message.contact_point is not None:
        return message.contact_point.value
    return message.user.email if message.user is not None else ""


def _refused(code: int) -> Result:
    """The server said no: 4xx for now, 5xx for good."""
    return Result(Outcome.NOT_SENT if code < 500 else Outcome.FAILED, code=str(code))
