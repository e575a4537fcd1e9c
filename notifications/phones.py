"""The demo's phones: what the simulated carrier delivered, and replies that go the way of real ones. Demo only."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from matching import tokens
from notifications import rendering, replies
from notifications.models import ContactPoint, InboundMessage, Message, PatientContact, SimulatedText
from notifications.states import Channel, Kind, MessageStatus
from waitlist.models import Clinic
from waitlist.states import OpenedBecause

SHOWN_PHONES = 24
SHOWN_TEXTS = 300
TYPED_HERE = "phone-"
SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Bubble:
    """One text on a phone: “out” is to the patient, “in” is their reply. `mail` is an e-mail's subject."""

    id: str
    at: datetime
    direction: str
    text: str
    link: str | None = None
    clock: str = ""
    took: str = ""
    is_new: bool = False
    mail: str = ""

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
    def buzzes(self) -> bool:
        return any(bubble.is_new and bubble.direction == "out" for bubble in self.bubbles)

    @property
    def national(self) -> str:
        return rendering.national(self.number)


@login_not_required
@never_cache
@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """The shelf, with the patient's own page beside it."""
    return render(request, "demo/phones.html", _shelf(request))


@login_not_required
@never_cache
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """Only the shelf, and nothing at all while nothing has changed."""
    if request.GET.get("seen") == _stamp():
        return HttpResponse(status=204)
    return render(request, "demo/_shelf.html", _shelf(request))


@login_not_required
@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """What was tapped or typed on the phone, as the carrier would bring it."""
    point = get_object_or_404(ContactPoint.objects.select_related("clinic"), pk=pk)
    text = request.POST.get("text", "").strip()[:300]
    if text:
        replies.receive(
            point.clinic,
            sender=point.value,
            text=text,
            provider_id=f"{TYPED_HERE}{uuid.uuid4().hex}",
            now=timezone.now(),
        )
    return render(request, "demo/_shelf.html", _shelf(request)) if request.htmx else redirect("demo-phones")  # type: ignore[attr-defined]


@login_not_required
@require_GET
def blank(request: HttpRequest) -> HttpResponse:
    """What the big phone shows until a link is tapped."""
    return render(request, "demo/blank.html")


@login_not_required
@never_cache
@require_GET
def phones_json(request: HttpRequest) -> JsonResponse:
    """Every phone and its texts for programs, oldest text first."""
    return JsonResponse(
        {
            "phones": [
                {
                    "number": phone.number,
                    "patient": phone.patient,
                    "messages": [
                        {
                            "id": bubble.id,
                            "at": bubble.at.isoformat(),
                            "direction": bubble.direction,
                            "text": bubble.text,
                            "link": bubble.link,
                        }
                        for bubble in phone.bubbles
                    ],
                }
                for phone in collect(_texts(), _replies())
            ]
        }
    )


def _shelf(request: HttpRequest) -> dict[str, Any]:
    stamp = _stamp()  # first: what comes while we look is shown next time
    seen_out, seen_in, _ = (int(part) if part.isdigit() else 10**12 for part in _parts(request.GET.get("seen", "")))
    latest = _texts().order_by("-pk")[:SHOWN_TEXTS]
    found = collect(reversed(latest), _replies(), seen_out=seen_out, seen_in=seen_in, mails=_mails())
    return {"phones": found[:SHOWN_PHONES], "seen": stamp}


def _parts(seen: str) -> list[str]:
    parts = seen.split("-")
    return parts if len(parts) == 3 else ["", "", ""]


def _stamp() -> str:
    """Changes whenever the shelf does."""
    out = SimulatedText.objects.aggregate(last=Max("pk"))["last"] or 0
    heard = InboundMessage.objects.filter(provider_id__startswith=TYPED_HERE).aggregate(last=Max("pk"))["last"] or 0
    return f"{out}-{heard}-{_mails().count()}"


def collect(
    texts: Iterable[SimulatedText],
    heard: Iterable[InboundMessage],
    *,
    seen_out: int = 10**12,
    seen_in: int = 10**12,
    mails: Iterable[Message] = (),
) -> list[Phone]:
    """Phones with their bubbles in order of time, whoever heard last first."""
    found: dict[str, Phone] = {}
    of_contact: dict[int, Phone] = {}
    for text in texts:
        point = text.message.contact_point
        if point is not None:
            phone = found.setdefault(point.value, Phone(point.value))
            phone.contact_id = point.pk
            of_contact[point.pk] = phone
            phone.bubbles.append(_sent(text, is_new=text.pk > seen_out))
    for one in heard:
        if one.contact_point_id in of_contact:
            clock = _clock(one.received_at, one.clinic)
            bubble = Bubble(f"in-{one.pk}", one.received_at, "in", one.text, clock=clock, is_new=one.pk > seen_in)
            of_contact[one.contact_point_id].bubbles.append(bubble)
    _name(of_contact, mails)
    for phone in found.values():
        phone.bubbles.sort(key=lambda bubble: bubble.at)
    return sorted(found.values(), key=lambda phone: phone.latest, reverse=True)


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


def _texts() -> Any:
    return SimulatedText.objects.select_related(
        "message__contact_point", "message__clinic", "message__offer", "message__slot"
    ).order_by("pk")


def _replies() -> Any:
    return InboundMessage.objects.filter(provider_id__startswith=TYPED_HERE).select_related("clinic").order_by("pk")


def _mails() -> Any:
    """E-mails of this demo's own run; the ones of its made-up past were never handed to anybody."""
    went = Q(status__in=(MessageStatus.SENT, MessageStatus.DELIVERED))
    rows = Message.objects.filter(went, channel=Channel.EMAIL).exclude(provider_id__startswith="demo-")
    return rows.select_related("clinic", "offer", "appointment__clinic", "appointment__location")


def _sent(text: SimulatedText, *, is_new: bool) -> Bubble:
    message = text.message
    said = rendering.fill(message.text, message)
    link = tokens.link(message.offer.public_id) if message.offer is not None and "{link}" in message.text else None
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
