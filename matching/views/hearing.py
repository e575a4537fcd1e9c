"""Whether a page may promise that they will hear of another time."""

from notifications.models import PatientContact
from notifications.states import Channel, Purpose
from waitlist.models import Patient

WAYS = [f"{Purpose.OFFERS}:{channel}" for channel in (Channel.SMS, Channel.VOICE, Channel.EMAIL)]


def hears_of_openings(patient: Patient) -> bool:
    """By any of their numbers and addresses."""
    allowed = {"contact_point__granted__overlap": WAYS, "contact_point__stopped_at": None}
    return PatientContact.objects.filter(patient=patient, **allowed).exists()
