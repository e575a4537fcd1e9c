"""Acts: a number turns out not to be the patient's."""

from datetime import datetime

from django.db import transaction

from audit import trail
from notifications import consent
from notifications.models import Consent, ContactPoint, PatientContact
from waitlist import live
from waitlist.models import Patient, User


@transaction.atomic(durable=True)
def forget(patient: Patient, point: ContactPoint, *, by: User, remote_addr: str | None, now: datetime) -> bool:
    """It is no longer this patient's, and nothing more goes to it: whoever has it now never agreed. False where it was
    not theirs any more. Who else uses it keeps it, and may ask for messages again."""
    consent.lock_line(point)
    uses = PatientContact.objects.filter(patient=patient, contact_point=point)
    if not uses.exists():
        return False
    said = {"recorded_by": by, "remote_addr": remote_addr, "note": "Rung up: a wrong number"}
    consent.stop(point, source=Consent.Source.STAFF, now=now, **said)
    uses.delete()
    changes = {"patient": patient.pk, "reason": "wrong number"}
    trail.record("contact.detached", point, now=now, clinic_id=point.clinic_id, changes=changes)
    live.hint(point.clinic_id, "waitlist")
    return True
