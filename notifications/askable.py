"""Who may be asked about openings, by a number or an address they use."""

from django.db.models import Q, QuerySet

from notifications.models import ContactPoint, PatientContact
from notifications.states import Capability, Channel, ContactKind, Purpose
from waitlist.models import Patient

BY_TEXT, BY_MAIL = (f"{Purpose.OFFERS}:{channel}" for channel in (Channel.SMS, Channel.EMAIL))
TAKES_TEXTS = ~Q(contact_point__sms_capability=Capability.NO)


def ways() -> QuerySet[PatientContact]:
    """What somebody uses and may be asked at, whoever it is."""
    texts = Q(contact_point__kind=ContactKind.PHONE, contact_point__granted__contains=[BY_TEXT])
    mails = Q(contact_point__kind=ContactKind.EMAIL, contact_point__granted__contains=[BY_MAIL])
    return PatientContact.objects.filter(TAKES_TEXTS & texts | mails, contact_point__stopped_at=None)


def may_be_asked(patient: Patient) -> bool:
    """By text or e-mail."""
    return ways().filter(patient=patient).exists()


def number_to_confirm(patient: Patient) -> ContactPoint | None:
    """Their first number that takes texts and never said STOP: it can be asked for START."""
    phones = Q(contact_point__kind=ContactKind.PHONE, contact_point__stopped_at=None)
    uses = PatientContact.objects.filter(TAKES_TEXTS & phones, patient=patient)
    use = uses.select_related("contact_point__clinic").order_by("position", "pk").first()
    return use.contact_point if use is not None else None
