"""Phones and their bubbles, from what the simulated carrier kept and what was typed here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from notifications import rendering
from notifications.models import InboundMessage, Message, PatientContact, SimulatedCall, SimulatedText
from notifications.phones import ringing
from notifications.phones.ringing import Call
from notifications.states import Channel, Kind, MessageStatus
from waitlist.models import Clinic
from waitlist.states import OpenedBecause

TYPED_HERE = "phone-"
NEVER = 10**12
SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Bubble:
    """One text on a phone: “out” is to the patient, “in” is their reply. `mail` is an e-mail's subject. Or a call."""

    id: str
    at: datetime
    direction: str
    text: str
    link: str | None = None
    clock: str = ""
    took: str = ""
    is_new: bool = False
    mail: str = ""
    call: Call | None = None

    @property
    def before(self) -> str:
        return self.text.partition(self.link)[0] if self.link else self.text

    @property
    def after(self) -> str:
        return self.text.partition(self.link)[2] if self.link else ""


@dataclass
class Phone:
    """One number and everybody who uses it."""

    number: str
    contact_id: int = 0
    patient: str = ""
    bubbles: list[Bubble] = field(default_factory=list)

    @property
    def latest(self) -> datetime:
        return self.bubbles[-1].at

    @property
    def call(self) -> Call | None:
        """The one that rings or goes on."""
        return next((b.call for b in reversed(self.bubbles) if b.call is not None and not b.call.is_over), None)

    @property
    def buzzes(self) -> bool:
        return any(bubble.is_new and bubble.direction == "out" for bubble in self.bubbles)

    @property
    def national(self) -> str:
        return rendering.national(self.number)


def stamp() -> str:
    """Changes whenever the shelf does."""
    out = SimulatedText.objects.aggregate(last=Max("pk"))["last"] or 0
    heard = InboundMessage.objects.filter(provider_id__startswith=TYPED_HERE).aggregate(last=Max("pk"))["last"] or 0
    return f"{out}-{heard}-{mails_sent().count()}.{ringing.stamp()}"


def collect(
    texts: Iterable[SimulatedText],
    heard: Iterable[InboundMessage],
    *,
    seen_out: int = NEVER,
    seen_in: int = NEVER,
    mails: Iterable[Message] = (),
    calls: Iterable[tuple[SimulatedCall, Call]] = (),
) -> list[Phone]:
    """Phones with their bubbles in order of time, whoever heard last first."""
    found: dict[str, Phone] = {}
    of_contact: dict[int, Phone] = {}
    for text in texts:
        if (phone := _phone(text.message, found, of_contact)) is not None:
            phone.bubbles.append(_sent(text, is_new=text.pk > seen_out))
    for made, call in calls:
        if (phone := _phone(made.message, found, of_contact)) is not None:
            clock = _clock(made.at, made.message.clinic)
            phone.bubbles.append(Bubble(f"call-{made.pk}", made.changed_at, "call", "", clock=clock, call=call))
    for one in heard:
        if one.contact_point_id in of_contact:
            clock = _clock(one.received_at, one.clinic)
            bubble = Bubble(f"in-{one.pk}", one.received_at, "in", one.text, clock=clock, is_new=one.pk > seen_in)
            of_contact[one.contact_point_id].bubbles.append(bubble)
    _name(of_contact, mails)
    for phone in found.values():
        phone.bubbles.sort(key=lambda bubble: bubble.at)
    return sorted(found.values(), key=lambda phone: phone.latest, reverse=True)


def _phone(message: Message, found: dict[str, Phone], of_contact: dict[int, Phone]) -> Phone | None:
    point = message.contact_point
    if point is None:
        return None
    phone = found.setdefault(point.value, Phone(point.value))
    phone.contact_id = point.pk
    of_contact[point.pk] = phone
    return phone


def _name(of_contact: dict[int, Phone], mails: Iterable[Message]) -> None:
    """Whose phones they are, and the e-mails their owners had."""
    users = PatientContact.objects.filter(contact_point__in=of_contact).select_related("patient")
    owners: dict[int, Phone] = {}
    for user in users.order_by("position", "pk"):
        phone = owners.setdefault(user.patient_id, of_contact[user.contact_point_id])
        if user.patient.name not in phone.patient:
            phone.patient = " & ".join(filter(None, [phone.patient, user.patient.name]))
    for mail in mails:
        if mail.patient_id in owners and mail.sent_at is not None:
            letter = rendering.letter(mail)
            bubble = Bubble(
                f"mail-{mail.pk}",
                mail.sent_at,
                "out",
                letter.text,
                clock=_clock(mail.sent_at, mail.clinic),
                mail=letter.subject,
            )
            owners[mail.patient_id].bubbles.append(bubble)


def texts_kept() -> QuerySet[SimulatedText]:
    """What the carrier was handed, in order."""
    return SimulatedText.objects.select_related(
        "message__contact_point", "message__clinic", "message__offer", "message__slot"
    ).order_by("pk")


def typed() -> QuerySet[InboundMessage]:
    """What was answered on these phones."""
    return InboundMessage.objects.filter(provider_id__startswith=TYPED_HERE).select_related("clinic").order_by("pk")


def mails_sent() -> QuerySet[Message]:
    """E-mails of this demo's own run; the ones of its made-up past were never handed to anybody."""
    went = (MessageStatus.SENT, MessageStatus.DELIVERED)
    rows = Message.objects.filter(status__in=went, channel=Channel.EMAIL).exclude(provider_id__startswith="demo-")
    return rows.select_related("clinic", "offer", "appointment__clinic", "appointment__location")


def _sent(text: SimulatedText, *, is_new: bool) -> Bubble:
    message = text.message
    said = rendering.fill(message.text, message)
    link = rendering.fill("{link}", message) if "{link}" in message.text else None
    clock = _clock(text.at, message.clinic)
    return Bubble(f"out-{text.pk}", text.at, "out", said, link, clock, _took(text), is_new)


def _clock(at: datetime, clinic: Clinic) -> str:
    return rendering.clock(at.astimezone(clinic.zone))


def _took(text: SimulatedText) -> str:
    """How long after the time became free an offer arrived."""
    slot = text.message.slot
    if text.message.kind != Kind.OFFER or slot is None or not timedelta(0) <= text.at - slot.opened_at < SOON:
        return ""
    seconds = (text.at - slot.opened_at).total_seconds()
    ago = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    since = "the cancellation" if slot.opened_because == OpenedBecause.CANCELLED else "the time opened"
    return f"{ago} after {since}"
