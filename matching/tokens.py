"""Claim links: derived from the offer's public id, stored nowhere, the same on every resend.

A token is one character naming the key, the offer's 8-character public id, and the first 128 bits of
HMAC-SHA256(key, "offer:" + public id), base64url without padding: 31 characters. That of a visit is the same with its
number, as 8 characters, and "visit:"; that of a question whether they still want it the same with its message's number
and "still:". The six digits of a code follow in the same way from its own id.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings

_ID_LENGTH = 8


def _mac(key: str, public_id: str, purpose: str) -> str:
    digest = hmac.new(key.encode(), f"{purpose}:{public_id}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _key_id(key: str) -> str:
    """One character that tells keys apart without their order, so that rotation keeps old links open."""
    return urlsafe_b64encode(hashlib.sha256(b"key-id:" + key.encode()).digest())[:1].decode()


def make(public_id: str, purpose: str = "offer") -> str:
    """The token of an offer, with the newest key."""
    key = settings.TOKEN_KEYS[0]
    return _key_id(key) + public_id + _mac(key, public_id, purpose)


def read(token: str, purpose: str = "offer") -> str | None:
    """The offer's public id, or None for anything we did not make."""
    key_id, public_id, mac = token[:1], token[1 : 1 + _ID_LENGTH], token[1 + _ID_LENGTH :]
    for key in settings.TOKEN_KEYS:
        if key_id == _key_id(key) and hmac.compare_digest(mac.encode(), _mac(key, public_id, purpose).encode()):
            return public_id
    return None


def link(public_id: str) -> str:
    """The address a text carries."""
    return f"{settings.PUBLIC_URL}/o/{make(public_id)}"


def make_visit(appointment_id: int) -> str:
    """The token of a visit."""
    return _make_numbered(appointment_id, "visit")


def read_visit(token: str) -> int | None:
    """The number of the visit, or None for anything we did not make."""
    return _read_numbered(token, "visit")


def make_still(message_id: int) -> str:
    """The token of a question whether they still want what they wait for."""
    return _make_numbered(message_id, "still")


def read_still(token: str) -> int | None:
    """The number of the message that asked it, or None for anything we did not make."""
    return _read_numbered(token, "still")


def still_link(message_id: int) -> str:
    """The address such a question carries."""
    return f"{settings.PUBLIC_URL}/s/{make_still(message_id)}"


def visit_link(appointment_id: int) -> str:
    """The address a reminder carries."""
    return f"{settings.PUBLIC_URL}/v/{make_visit(appointment_id)}"


def passcode(public_id: str) -> str:
    """The six digits of a code, with the newest key."""
    return _digits(settings.TOKEN_KEYS[0], public_id)


def is_passcode(public_id: str, typed: str) -> bool:
    """Whether these are its digits, by any key; compared in constant time."""
    fits = [hmac.compare_digest(_digits(key, public_id).encode(), typed.encode()) for key in settings.TOKEN_KEYS]
    return any(fits)


def fingerprint(text: str) -> str:
    """By which the same text is known again, and nothing else can be told."""
    return hmac.new(settings.TOKEN_KEYS[0].encode(), f"asked for:{text}".encode(), hashlib.sha256).hexdigest()


def _make_numbered(number: int, purpose: str) -> str:
    return make(urlsafe_b64encode(number.to_bytes(6)).decode(), purpose)


def _read_numbered(token: str, purpose: str) -> int | None:
    found = read(token, purpose)
    return None if found is None else int.from_bytes(urlsafe_b64decode(found))


def _digits(key: str, public_id: str) -> str:
    digest = hmac.new(key.encode(), f"passcode:{public_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest) % 1_000_000:06d}"
