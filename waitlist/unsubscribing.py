"""Acts: what the link in every e-mail ends, for its address and, if they say so, for their phones, too (RFC 8058)."""

from datetime import datetime

from django.db import transaction

from notifications import consent
from notifications.models import Consent, ContactPoint
from notifications.states import ContactKind
from waitlist import live

LINK = {"source": Consent.Source.FORM, "note": "unsubscribe link"}


@transaction.atomic(durable=True)
def one_purpose(address: ContactPoint, purpose: str, *, remote_addr: str | None, now: datetime) -> None:
    """No more e-mails of this purpose to this address; the others stay."""
    consent.withdraw(address, purpose, now=now, remote_addr=remote_addr, **LINK)
    live.hint(address.clinic_id, "waitlist")


@transaction.atomic(durable=True)
def offers(address: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    """No more openings to this address, nor on any other way of whoever uses it; what is about their visits stays."""
    consent.stop_offers(address, remote_addr=remote_addr, now=now, **LINK)
    live.hint(address.clinic_id, "waitlist")


@transaction.atomic(durable=True)
def e_mails(address: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    """No more e-mails to this address."""
    consent.stop(address, now=now, remote_addr=remote_addr, **LINK)
    live.hint(address.clinic_id, "waitlist")


@transaction.atomic(durable=True)
def everything(address: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    """Nothing more to this address, nor to any number of whoever uses it: of a family that shares it, everybody's."""
    numbers = ContactPoint.objects.filter(kind=ContactKind.PHONE, patients__contact_points=address).distinct()
    points = [address, *numbers.select_related("clinic").order_by("pk")]
    consent.lock_lines(points)
    for point in points:
        consent.stop(point, now=now, remote_addr=remote_addr, **LINK)
    live.hint(address.clinic_id, "waitlist")


@transaction.atomic(durable=True)
def again(address: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    """The way back, for the address alone: a number comes back by START."""
    consent.start(address, now=now, remote_addr=remote_addr, **LINK)
    live.hint(address.clinic_id, "waitlist")
