"""The one write that gives a slot to somebody (claim.sql), for whoever holds its lock (docs/adr/0004)."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError

from audit import trail
from matching.models import Offer, PolicyVersion
from matching.prepared import columns, fetch, row_as
from matching.states import BY_PATIENT, BY_STAFF
from matching.told_sql import MAY_BE_CONFIRMED
from waitlist.live import hint
from waitlist.models import Appointment, Service, Slot, WaitlistEntry, Writeback
from waitlist.nudge import nudge

CLAIM = (Path(__file__).parent / "claim.sql").read_text().replace("{MAY_BE_CONFIRMED}", MAY_BE_CONFIRMED)
LOCK = f"""
SELECT o.link_sent_at IS NOT NULL AS by_link, {columns(Slot, of="slot")},
    {columns(PolicyVersion, ["document"], of="policy")},
    {columns(Service, ["notice_minutes", "details_prompt", "hold_seconds"], of="service")}
FROM matching_offer o JOIN waitlist_slot slot ON slot.id = o.slot_id
    JOIN waitlist_service service ON service.id = slot.service_id
    JOIN matching_policyversion policy ON policy.id = slot.policy_id
WHERE o.id = %(offer_id)s FOR NO KEY UPDATE OF slot
"""
BOOKED_THEN = ("practitioner_not_double_booked", "patient_not_double_booked")


class Lost(Exception):
    """The write found the slot or the offer no longer free: everything of it is rolled back."""


def is_double(error: IntegrityError) -> bool:
    """Whether the practitioner or the patient turned out to be booked then."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") in BOOKED_THEN


def lock_slot_of(offer_id: int) -> Slot:
    """Lock the slot an offer is of. What is read of the offer must be read after this. Raises Slot.DoesNotExist."""
    for row in fetch(LOCK, {"offer_id": offer_id}):
        slot = row_as(Slot, row, of="slot")
        slot.service = row_as(Service, row, of="service")
        slot.policy = row_as(PolicyVersion, row, of="policy")
        slot.by_link = row["by_link"]
        return slot
    raise Slot.DoesNotExist


def write(
    slot: Slot, offer_id: int, *, via: str, accepts: bool = False, known_at: datetime | None = None, now: datetime
) -> int:
    """The one write, on a snapshot taken after the lock; the new appointment's id. `accepts`: the clinic's terms, which
    a booking link asks for. `known_at`: when they can know of it, who do not say yes themselves."""
    facts = {"known_at": known_at or now, "accepts": int(accepts)}
    rows = fetch(CLAIM, _facts(slot.pk, offer_id, via, now) | facts)
    if not rows:
        raise Lost
    hint(slot.clinic_id, "board")
    nudge("matching.tasks.tidy", offer_id)  # which wakes who tells them: a nudge costs as much as the lock
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
