"""What somebody allows at one number or address, in words, and what else they could."""

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from notifications.consent import own_page
from notifications.models import ContactPoint
from notifications.states import KIND_OF, Channel, Purpose
from waitlist.models import Clinic

CALLED = {
    "offers:sms": gettext_noop("Texts about open times"),
    "offers:voice": gettext_noop("Automated calls about open times"),
    "offers:email": gettext_noop("E-mails about open times"),
    "reminders:sms": gettext_noop("Texts about your visits"),
    "reminders:email": gettext_noop("E-mails about your visits"),
    "marketing:sms": gettext_noop("Texts with news"),
    "marketing:email": gettext_noop("E-mails with news"),
    "detail:sms": gettext_noop("Your name and visit in texts"),
    "detail:email": gettext_noop("Your name and visit in e-mails"),
}


@dataclass(frozen=True)
class Allowed:
    """One purpose by one channel: whether it is allowed, and the sentence to agree to where it is not."""

    grant: str
    name: str
    is_on: bool
    sentence: str


def of(point: ContactPoint, clinic: Clinic, language: str) -> list[Allowed]:
    """All that can be said about this number or address; what we never ask for only where it is allowed."""
    on = set(point.granted)
    return [
        Allowed(
            grant, gettext(name), grant in on, "" if grant in on else own_page.sentence(clinic, grant, language or "en")
        )
        for grant, name in CALLED.items()
        if KIND_OF[Channel(grant.partition(":")[2])] == point.kind and (grant in on or _is_asked_for(grant, clinic))
    ]


def _is_asked_for(grant: str, clinic: Clinic) -> bool:
    if grant.startswith(f"{Purpose.DETAIL}:"):
        return clinic.content_level > 0
    return grant in own_page.SENTENCES
