"""E-mail through Django's backend. The same Message-ID on every try lets mailboxes fold what came twice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from notifications import rendering
from notifications.channels import smtp
from notifications.channels.base import Outcome, Result
from notifications.models import Message
from notifications.rendering import Invite


def send(message: Message, *, now: datetime) -> Result:
    """By SMTP in its stages; another backend, as of the demo, says nothing of them."""
    mail, backend = compose(message), get_connection()
    if isinstance(backend, EmailBackend):
        return smtp.send(backend, mail, provider_id=f"{message.public_id}")
    backend.send_messages([mail])
    return Result(Outcome.SENT, f"{message.public_id}")


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Nobody can be asked."""
    return Result(Outcome.UNKNOWN, code=message.error_code)


def compose(message: Message) -> EmailMultiAlternatives:
    """The e-mail with its page, its way out, and the visit for the calendar."""
    letter = message.letter or rendering.letter(message)
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
    attach(mail, letter.invites)
    return mail


def attach(mail: EmailMultiAlternatives, invites: Sequence[Invite]) -> None:
    """The visit as one more way to read the e-mail, which is where Gmail and Outlook look for it, and as a file, which
    is what Apple Mail and people open; any further file once."""
    for number, invite in enumerate(invites):
        part = f"text/calendar; method={invite.method}"
        if number == 0:
            mail.attach_alternative(invite.content.decode(), part)
            mail.attach(invite.name, invite.content, "application/ics")
        else:
            mail.attach(invite.name, invite.content.decode(), part)


def receiver(message: Message) -> str:
    """A patient's address, or that of one of the staff."""
    if message.contact_point is not None:
        return message.contact_point.value
    return message.user.email if message.user is not None else ""
