"""Texts through Twilio. It knows no idempotency key, so what is unknown is looked up, never sent blindly again."""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from matching import tokens
from notifications import rendering
from notifications.channels import twilio_codes
from notifications.channels.base import Outcome, Result
from notifications.models import Message
from notifications.states import Kind

log = logging.getLogger(__name__)
TWILIO = "https://api.twilio.com"
TIMEOUT_SECONDS = 10
VALID_SECONDS = (1, 36_000)
LOOK_BACK = 100  # texts to one number, newest first
CLOCKS_DIFFER = timedelta(minutes=5)
GONE = {"failed", "canceled", "undelivered"}


class _Http(HttpClient):
    """One connection per request (a kept one may be dead), at the address settings name, with a timeout."""

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        given = dict(zip(("params", "data", "headers", "auth"), args, strict=False)) | options
        given |= {"timeout": TIMEOUT_SECONDS, "allow_redirects": False}
        with requests.Session() as session:
            answer = session.request(method, url.replace(TWILIO, settings.TWILIO_API_URL, 1), **given)
        return Response(answer.status_code, answer.text, answer.headers)


def send(message: Message, *, now: datetime) -> Result:
    """One request; its answer, or how much is known without one."""
    if not message.clinic.sms_sender:
        return Result(Outcome.MISCONFIGURED, code="no_sender", detail="The clinic has no sending number.")
    options: dict[str, Any] = {}
    if message.not_after is not None:
        left = int((message.not_after - now).total_seconds())
        options["validity_period"] = max(VALID_SECONDS[0], min(left, VALID_SECONDS[1]))
    try:
        sent = _client().messages.create(
            to=_to(message),
            from_=message.clinic.sms_sender,
            body=rendering.fill(message.text, message),
            status_callback=f"{settings.PUBLIC_URL}/api/twilio/status/{message.public_id}/",
            **options,
        )
    except TwilioRestException as refusal:
        code = refusal.code or refusal.status
        return Result(twilio_codes.outcome(code, refusal.status), code=str(code), detail=str(refusal.msg)[:200])
    except requests.RequestException as trouble:
        return Result(unheard(trouble), code=type(trouble).__name__[:20])
    except TwilioException as trouble:  # no account in the settings, or an answer that is no answer
        outcome = Outcome.UNKNOWN if settings.TWILIO_ACCOUNT_SID else Outcome.MISCONFIGURED
        return Result(outcome, code=type(trouble).__name__[:20])
    return Result(Outcome.SENT, sent.sid)


def find(message: Message, *, taken: Collection[str], now: datetime) -> Result:
    """Look through what we sent to this number since; an offer's link, or the whole text, tells which it was."""
    since = message.created_at - CLOCKS_DIFFER
    code = rendering.fill(message.text, message)
    if message.kind == Kind.OFFER and message.offer is not None:  # news of it has the same link
        code = tokens.make(message.offer.public_id)
    try:
        for sent in _client().messages.list(to=_to(message), limit=LOOK_BACK, page_size=LOOK_BACK):
            created_at = sent.date_created or now
            if created_at.astimezone(UTC) < since:
                break
            if code in (sent.body or "") and sent.sid not in taken:
                outcome = Outcome.FAILED if sent.status in GONE else Outcome.SENT
                return Result(outcome, sent.sid, str(sent.error_code or ""))
    except (TwilioException, requests.RequestException) as trouble:
        return Result(Outcome.UNKNOWN, code=type(trouble).__name__[:20])
    return Result(Outcome.ABSENT)


def unheard(trouble: requests.RequestException) -> Outcome:
    """Never connected is surely not processed; everything later is unknown."""
    if isinstance(trouble, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return Outcome.NOT_SENT
    reason = getattr(trouble.args[0] if trouble.args else None, "reason", None)
    never_connected = ("NewConnectionError", "NameResolutionError", "SSLError")
    if isinstance(trouble, requests.ConnectionError) and type(reason).__name__ in never_connected:
        return Outcome.NOT_SENT
    return Outcome.UNKNOWN


def _client() -> Client:
    return Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=_Http(log, False))


def _to(message: Message) -> str:
    return message.contact_point.value if message.contact_point else ""
