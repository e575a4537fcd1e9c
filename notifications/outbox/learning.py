"""What becomes of a text says something about the number itself."""

import logging
from datetime import datetime

from audit import trail
from notifications import consent
from notifications.channels import twilio_codes
from notifications.models import Consent, ContactPoint
from notifications.states import Capability

log = logging.getLogger(__name__)


def is_stop(code: str) -> bool:
    return code.isdecimal() and int(code) in twilio_codes.OPTED_OUT


def learn(point: ContactPoint, code: int, *, now: datetime) -> None:
    """What an error code says about the number itself."""
    if is_stop(str(code)):
        consent.stop_person(point, source=Consent.Source.KEYWORD, now=now, note=f"said so to the carrier ({code})")
    if code in twilio_codes.TAKES_NO_TEXTS | twilio_codes.NO_SUCH_NUMBER:
        capable(point, Capability.NO, now=now)
    if code in twilio_codes.MISCONFIGURED:
        log.error("the SMS provider refuses us with code %s: look at the account and the numbers", code)
    if code in twilio_codes.BLOCKED:
        log.warning("a text was blocked as unwanted, code %s", code)


def capable(point: ContactPoint, capability: Capability, *, now: datetime) -> None:
    rows = ContactPoint.objects.filter(pk=point.pk).exclude(sms_capability=capability)
    if rows.update(sms_capability=capability):
        trail.record("contact.learned", point, now=now, clinic_id=point.clinic_id, changes={"texts": capability})
