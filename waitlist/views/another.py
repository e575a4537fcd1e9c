"""The dialog of a cancellation asks whether its patient wants another time; the answer is one sentence."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from audit.middleware import remote_addr
from notifications import askable
from notifications.models import ContactPoint
from waitlist import prompting
from waitlist.forms.another import AnotherForm
from waitlist.forms.people import SENTENCE
from waitlist.models import Appointment, Patient
from waitlist.vacancies import Refused


@dataclass(frozen=True)
class Asked:
    """What the dialog has to know of a patient who waits for nothing like it."""

    may_be_asked: bool
    has_phone: bool
    has_email: bool
    sentence: str = SENTENCE


def asked_of(visit: Appointment, *, now: datetime) -> Asked | None:
    """None where there is nobody, nothing to wait for, or they wait for it already."""
    patient = visit.patient
    if patient is None or visit.service.retired_at is not None:
        return None
    if prompting.standing(patient, visit.service, visit, now=now).is_waiting:
        return None
    kinds = {point.kind for point in points_of(patient)}
    return Asked(askable.may_be_asked(patient), "phone" in kinds, "email" in kinds)


def points_of(patient: Patient) -> list[ContactPoint]:
    return list(ContactPoint.objects.filter(users__patient=patient))


def put_down(request: HttpRequest, visit: Appointment, form: AnotherForm, *, now: datetime) -> str:
    """Their wish, after the visit was cancelled; what came of it, in a sentence. Empty: it was not asked for."""
    if not form.is_wanted or visit.patient is None:
        return ""
    given = form.given(points_of(visit.patient), by=request.user, remote_addr=remote_addr(request), now=now)
    try:
        desk = prompting.at_the_desk(visit.pk, form.wish(), given, now=now)
    except Refused as refused:
        return f"Not on the waitlist: {refused}"
    if desk.is_anew:
        said = '<a href="{}">{}</a> was on the waitlist for it, and waits again from now on.'
    elif not desk.is_new:
        said = '<a href="{}">{}</a> was on the waitlist for it; the wish stays as it was.'
    elif desk.may_be_asked:
        said = '<a href="{}">{}</a> is on the waitlist for another time.'
    else:
        said = '<a href="{}">{}</a> is on the waitlist; without their consent nobody writes to them, so please call.'
    return format_html(said, reverse("entry-edit", args=[desk.entry.pk]), visit.patient.name)
