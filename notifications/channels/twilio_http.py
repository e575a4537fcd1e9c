"""What every way through Twilio shares: the client over HTTP, and what is known after an answer or without one."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.channels import twilio_codes
from notifications.channels.base import Outcome, Result
from notifications.models import Message

log = logging.getLogger(__name__)
TWILIO = "https://api.twilio.com"
CONNECTS_WITHIN_SECONDS = 3  # the two add up: with the longest answer it is over before a message's lease is


_here = threading.local()  # the client of a thread that has a line


class Http(HttpClient):
    """At the address settings name, with a timeout; over this session, or over a connection per request."""

    session: requests.Session | None = None

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        given = dict(zip(("params", "data", "headers", "auth"), args, strict=False)) | options
        answers_within = settings.TWILIO_TIMEOUT_SECONDS
        given |= {"timeout": (min(CONNECTS_WITHIN_SECONDS, answers_within), answers_within), "allow_redirects": False}
        url = url.replace(TWILIO, settings.TWILIO_API_URL, 1)
        if self.session is not None:
            answer = self.session.request(method, url, **given)
        else:
            with requests.Session() as session:
                answer = session.request(method, url, **given)
        return Response(answer.status_code, answer.text, answer.headers)


@contextmanager
def line(at_once: int) -> Iterator[Callable[[], None]]:
    """Connections kept while this is open, a few seconds: longer, and they may be dead. A thread takes part by calling
    what this gives."""
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=at_once))
        # Proxies and certificates the environment names, looked up once: for each request it takes a quarter of it.
        for name, value in session.merge_environment_settings(settings.TWILIO_API_URL, {}, None, None, None).items():
            setattr(session, name, value)
        session.trust_env = False
        kept = _client(session)

        def take() -> None:
            _here.client = kept

        yield take


def client() -> Client:
    """This thread's, or one for a single request."""
    return getattr(_here, "client", None) or _client(None)


def _client(session: requests.Session | None) -> Client:
    http = Http(log, False)
    http.session = session
    return Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)


def tried(hand_over: Callable[[], str | None]) -> Result:
    """One request, which gives Twilio's id; its answer, or how much is known without one."""
    try:
        return Result(Outcome.SENT, hand_over())
    except TwilioRestException as refusal:
        code = refusal.code or refusal.status
        return Result(twilio_codes.outcome(code, refusal.status), code=str(code), detail=str(refusal.msg)[:200])
    except requests.RequestException as trouble:
        return Result(unheard(trouble), code=type(trouble).__name__[:20])
    except TwilioException as trouble:  # no account in the settings, or an answer that is no answer
        outcome = Outcome.UNKNOWN if settings.TWILIO_ACCOUNT_SID else Outcome.MISCONFIGURED
        return Result(outcome, code=type(trouble).__name__[:20])


def looked(look: Callable[[], Result]) -> Result:
    """A look-up; without an answer nothing is known."""
    try:
        return look()
    except (TwilioException, requests.RequestException) as trouble:
        return Result(Outcome.UNKNOWN, code=type(trouble).__name__[:20])


def unheard(trouble: requests.RequestException) -> Outcome:
    """Never connected is surely not processed; everything later is unknown."""
    if isinstance(trouble, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return Outcome.NOT_SENT
    reason = getattr(trouble.args[0] if trouble.args else None, "reason", None)
    never_connected = ("NewConnectionError", "NameResolutionError", "SSLError")
    if isinstance(trouble, requests.ConnectionError) and type(reason).__name__ in never_connected:
        return Outcome.NOT_SENT
    return Outcome.UNKNOWN


def to(message: Message) -> str:
    return message.contact_point.value if message.contact_point else ""
