"""The short code of an offer, and of the booking that came of it: what somebody can say on the phone or text back."""

import re

from matching.models import Offer

_IN_A_TEXT = re.compile(r"\bwl[ \-–]?([0-9a-z]{4,10})\b", re.IGNORECASE)
LENGTH = 4


def of(offer: Offer) -> str:
    """WL-7KQ2: four characters of its public id, told apart among the few offers of one number."""
    return f"WL-{offer.public_id[:LENGTH].upper()}"


def of_booking(visit_id: int) -> str:
    """WL-8934."""
    return f"WL-{visit_id:04d}"


def find(text: str) -> tuple[str, str]:
    """The code in a text without its WL, and the text without the code; two empty words where there is none."""
    found = _IN_A_TEXT.search(text)
    if found is None:
        return "", ""
    return found.group(1).upper(), f"{text[: found.start()]} {text[found.end() :]}".strip()
