"""Rows of what patients accepted when they booked by a link of staff's: word for word, from where, and when."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from audit import trail
from matching.models import ExpressBooking, Offer


@dataclass(frozen=True)
class Accepted:
    """What stood on the page and was ticked, as it was sent in: in no trace of an error may it be read."""

    terms: str
    language: str
    name: str = field(repr=False)
    email: str = field(default="", repr=False)
    device: str = field(default="", repr=False)


def digest(terms: str) -> str:
    """What tells these terms from any others."""
    return sha256(terms.encode()).hexdigest()


def write_down(offer: Offer, visit_id: int, accepts: Accepted, *, clinic_id: int, now: datetime) -> ExpressBooking:
    """In the transaction that books. The trail's line has the digest: with its seal, who doubts the words can check."""
    row = ExpressBooking.objects.create(
        clinic_id=clinic_id,
        offer=offer,
        appointment_id=visit_id,
        name=accepts.name,
        email=accepts.email,
        terms=accepts.terms,
        terms_sha256=digest(accepts.terms),
        language=accepts.language,
        remote_addr=trail.current().remote_addr,
        device=accepts.device,
        accepted_at=now,
    )
    changes = {"terms_sha256": row.terms_sha256, "language": row.language, "appointment": visit_id}
    trail.record("offer.terms_accepted", offer, now=now, clinic_id=clinic_id, changes=changes)
    return row
