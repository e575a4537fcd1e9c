"""The one write that gives a slot to somebody (claim.sql), for whoever holds its lock (docs/adr/0004)."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError

from audit import trail
from matching.models import Offer
from matching.prepared import fetch
from matching.states import BY_PATIENT, BY_STAFF
from matching.told_sql import MAY_BE_TOLD
from waitlist.live import hint
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback
from waitlist.nudge import nudge

CLAIM = (Path(__file__).parent / "claim.sql").read_text().replace("{MAY_BE_TOLD}", MAY_BE_TOLD)
OF_SLOT = [field.name for field in Slot._meta.concrete_fields]
OF_SERVICE = ("service__notice_minutes", "service__details_prompt", "service__hold_seconds")
BOOKED_THEN = ("practitioner_not_double_booked", "patient_not_double_booked")


class Lost(Exception):
    """The write found the slot or the offer no longer free: everything of it is rolled back."""


def is_double(error: IntegrityError) -> bool:
    """Whether the practitioner or the patient turned out to be booked then."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") in BOOKED_THEN


def lock_slot_of(offer_id: int) -> Slot:
    """Lock the slot an offer is of. What is read of the offer must be read after this."""
    return (
        Slot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("service", "policy")
        .only(*OF_SLOT, *OF_SERVICE, "policy__document")  # all columns of all three take Django twice as long
        .get(offers=offer_id)
    )


def write(slot: Slot, offer_id: int, *, via: str, known_at: datetime | None = None, now: datetime) -> int:
    """The one write, on a snapshot taken after the lock; the new appointment's id. `known_at`: when they can know of
    it, who do not say yes themselves."""
    rows = fetch(CLAIM, _facts(slot.pk, offer_id, via, now) | {"known_at": known_at or now})
    if not rows:
        raise Lost
    hint(slot.clinic_id, "board")
    nudge("notifications.tasks.deliver_slot", slot.pk)
    nudge("matching.tasks.tidy", offer_id)
    return rows[0]["id"]


def _facts(slot_id: int, offer_id: int, via: str, now: datetime) -> dict[str, Any]:
    actor = trail.current()
    return {
        "slot_id": slot_id,
        "offer_id": offer_id,
        "via": via,
        "claimable": [str(state) for state in (BY_STAFF if via == "staff" else BY_PATIENT)],
        "now": now,
        "known_at": now,
        "actor_id": actor.user_id,
        "actor_email": actor.user_email or None,
        "actor_kind": str(actor.kind),
        "actor_ref": actor.ref,
        "remote_addr": actor.remote_addr,
        "cid": actor.correlation_id,
        "slot_type": trail.content_type_id(Slot),
        "appointment_type": trail.content_type_id(Appointment),
        "offer_type": trail.content_type_id(Offer),
        "entry_type": trail.content_type_id(WaitlistEntry),
        "writeback_type": trail.content_type_id(Writeback),
    }
