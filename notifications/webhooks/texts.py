"""What Twilio tells us: texts that came in, and what became of those that went out. Nothing unsigned is heard."""

import logging
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications import outbox, replies, rules
from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, ContactKind
from notifications.webhooks.door import of_twilio
from waitlist.models import Clinic

log = logging.getLogger(__name__)
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@of_twilio
def inbound(request: HttpRequest) -> HttpResponse:
    """A text from somebody. Answers go through the outbox, so the reply here is empty."""
    clinic = _written_to(request.POST.get("To", ""), request.POST.get("From", ""))
    if clinic is None:
        log.warning("a text came in for a number that is no clinic's")
        return _thanks()
    text = request.POST.get("Body", "").replace("\0", "")
    try:
        replies.receive(
            clinic,
            sender=request.POST.get("From", ""),
            text=text,
            provider_id=request.POST.get("MessageSid", "")[:64],
            already_answered="OptOutType" in request.POST or replies.carrier_answers(text),
            carrier=request.POST.get("OptOutType", "").upper(),
            now=timezone.now(),
        )
    except ValidationError:  # a short code or a name: nobody we could answer
        log.warning("a text came in from a sender that is no phone number")
    return _thanks()


@of_twilio
def status(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What became of a text. A message we do not know is none of our business, and no fault of Twilio's."""
    outbox.receipt(
        public_id,
        provider_id=request.POST.get("MessageSid", "")[:64],
        status=request.POST.get("MessageStatus", ""),
        code=request.POST.get("ErrorCode", ""),
        now=timezone.now(),
    )
    return HttpResponse(status=200)


def _written_to(number: str, sender: str) -> Clinic | None:
    """Whose number this is; of clinics that share one, the one whose text or call
    went out to this sender last, else one that knows them."""
    clinics = list(Clinic.objects.filter(sms_sender=number).exclude(sms_sender="").order_by("pk"))
    if len(clinics) > 1:
        texts = Message.objects.filter(clinic__in=clinics, contact_point__value=sender, channel__in=rules.PHONE)
        went_out = texts.filter(status__in=REACHED_CARRIER).annotate(at=Coalesce("sent_at", "created_at"))
        last = went_out.order_by("-at", "-pk").first()
        if last is not None:
            return last.clinic
        known = ContactPoint.objects.filter(clinic__in=clinics, kind=ContactKind.PHONE, value=sender)
        point = known.select_related("clinic").order_by("-pk").first()
        return point.clinic if point is not None else clinics[0]
    return clinics[0] if clinics else None


def _thanks() -> HttpResponse:
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")
