"""Asking a patient, on a page of theirs, whether they want another time or an earlier one: what stands there, and what
became of their answer."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import get_language, gettext_noop

from audit.middleware import remote_addr
from matching.answering import swaps
from notifications.consent import texts
from notifications.models import Message
from notifications.states import REACHED_CARRIER, Kind
from waitlist import prompting
from waitlist.joins import Agreed
from waitlist.models import Appointment, Clinic, Patient, Service
from waitlist.prompting import Answer, How, Standing
from waitlist.states import AppointmentStatus, Origin

NOBODY_TO_ASK = gettext_noop("We may not write to you about openings yet. Please call us, and we put you on the list.")
NOT_YOURS = gettext_noop("This visit is not booked any more, so nothing was changed.")
OTHER_VISITS = 3


@dataclass(frozen=True)
class Prompt:
    """Whether they are asked, and the sentence they agree to where their number has to confirm it first."""

    standing: Standing
    is_asked: bool
    sentence: str
    version: str


def of(
    patient: Patient, service: Service, visit: Appointment | None = None, *, now: datetime, clinic: Clinic
) -> Prompt:
    """Of this service; nothing is asked of who waits for it, has it booked again, or cannot be reached at all."""
    stands = prompting.standing(patient, service, visit, now=now)
    holds_it = visit is not None and visit.status == AppointmentStatus.BOOKED
    moved = visit is not None and swaps.gave_up(visit).exists()
    has_another = not holds_it and (stands.is_booked_again or moved)
    version = texts.prompt_version(get_language() or "") if stands.how == How.BY_START else ""
    sentence = texts.join_sentence(clinic, version) if version else ""
    return Prompt(stands, stands.may_ask and not has_another, sentence, version)


def agreed(request: HttpRequest, clinic: Clinic) -> Agreed | None:
    """The sentence that stood on the page they answered; None where there was none."""
    version = request.POST.get("agreed", "")
    if version not in (texts.PROMPT, *texts.PROMPT_IN.values()):
        return None
    return Agreed(texts.join_sentence(clinic, version), version, remote_addr(request))


def notice(answer: Answer) -> str:
    """What the page has to say besides how they stand now."""
    return {Answer.NOBODY: NOBODY_TO_ASK, Answer.OVER: NOT_YOURS}.get(answer, "")


def led_by(visit: Appointment) -> Origin:
    """A reminder that asked them has brought them to the visit's page, or something else has."""
    asked = Message.objects.filter(appointment=visit, kind=Kind.REMINDER, context__asks_earlier=True)
    return Origin.REMINDER if asked.filter(status__in=REACHED_CARRIER).exists() else Origin.VISIT_PAGE


def other_visits(patient: Patient, *, now: datetime) -> list[Appointment]:
    """Visits they hold and could have earlier, where one answer makes them wait for that: the nearest few."""
    held = Appointment.objects.filter(patient=patient, status=AppointmentStatus.BOOKED, starts_at__gt=now)
    rows = held.select_related("clinic", "location__clinic", "practitioner", "service").order_by("starts_at", "pk")
    asks: list[Appointment] = []
    for visit in rows[: 2 * OTHER_VISITS]:
        stands = prompting.standing(patient, visit.service, visit, now=now)
        if len(asks) < OTHER_VISITS and not stands.is_waiting and stands.how == How.AT_ONCE:
            asks.append(visit)
    return asks

