"""One e-mail over SMTP, stage by stage: only after the dot that ends it can nobody say whether it was taken.

A refusal before the sender is named is about our account, not about this e-mail: somebody has to mend something.
Until then a server that hangs or goes away has surely not taken it. What it says after the dot counts as said.
"""

import re
import smtplib

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from notifications.channels.base import Outcome, Result

TROUBLE = (OSError, smtplib.SMTPException)
OF_THIS_MAIL = {552, 554}  # answers to the sender that speak of its size or its content


def send(backend: EmailBackend, mail: EmailMessage, *, provider_id: str) -> Result:
    """Connect, hand it over, hang up."""
    try:
        content = mail.message().as_bytes(linesep="\r\n")
        sender, receiver = (sanitize_address(one, "utf-8") for one in (mail.from_email, mail.to[0]))
    except ValueError:
        return Result(Outcome.FAILED, code="cannot_be_written")
    try:
        backend.open()
        smtp: smtplib.SMTP = backend.connection  # type: ignore[assignment]
        smtp.ehlo_or_helo_if_needed()
    except TROUBLE as trouble:
        _hang_up(backend)
        return _not_connected(trouble)
    try:
        return _hand_over(smtp, sender, receiver, content, provider_id=provider_id)
    finally:
        _hang_up(backend)


def _hand_over(smtp: smtplib.SMTP, sender: str, receiver: str, content: bytes, *, provider_id: str) -> Result:
    try:
        code, _ = smtp.mail(sender, _options(smtp, content))
        if code != 250:
            is_ours = code >= 500 and code not in OF_THIS_MAIL
            return Result(Outcome.MISCONFIGURED, code=str(code)) if is_ours else _refused(code)
        code, _ = smtp.rcpt(receiver)
        if code not in (250, 251):
            return _refused(code)
        code, _ = smtp.docmd("DATA")
        if code != 354:
            return _refused(code)
    except TROUBLE as trouble:
        return Result(Outcome.NOT_SENT, code=_name(trouble))
    try:
        smtp.send(_stuffed(content))
        code, _ = smtp.getreply()
    except TROUBLE as trouble:
        return Result(Outcome.UNKNOWN, code=_name(trouble))
    if code != 250:
        return _refused(code)
    try:
        smtp.quit()
    except TROUBLE:
        pass  # it has it
    return Result(Outcome.SENT, provider_id)


def _options(smtp: smtplib.SMTP, content: bytes) -> list[str]:
    """What the server wants to know before it says yes."""
    options = []
    if smtp.has_extn("size"):
        options.append(f"size={len(content)}")
    if smtp.has_extn("8bitmime") and not content.isascii():
        options.append("body=8bitmime")
    return options


def _stuffed(content: bytes) -> bytes:
    """With a dot before each dot that begins a line (RFC 5321, 4.5.2), and the one that ends it."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _not_connected(trouble: Exception) -> Result:
    if isinstance(trouble, smtplib.SMTPResponseException):
        code = trouble.smtp_code
        return Result(Outcome.NOT_SENT if code < 500 else Outcome.MISCONFIGURED, code=str(code))
    lacks_something = isinstance(trouble, smtplib.SMTPNotSupportedError) or type(trouble) is smtplib.SMTPException
    return Result(Outcome.MISCONFIGURED if lacks_something else Outcome.NOT_SENT, code=_name(trouble))


def _refused(code: int) -> Result:
    """The server said no: 4xx for now, 5xx for good; what is no answer at all (-1) is for now."""
    return Result(Outcome.NOT_SENT if code < 500 else Outcome.FAILED, code=str(code))


def _name(trouble: Exception) -> str:
    return type(trouble).__name__[:20]


def _hang_up(backend: EmailBackend) -> None:
    """Without another word: one that hangs would keep us waiting once more."""
    for smtp in (backend.connection, getattr(backend, "_partial_connection", None)):
        if smtp is not None:
            smtp.close()
    backend.connection = None
    vars(backend).update(_partial_connection=None)
