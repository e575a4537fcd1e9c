"""What waits for a person's hand: bookings to enter in the calendar, conflicts, refused events."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from matching import calls
from notifications.models import Message
from notifications.states import REACHED_CARRIER, Kind, MessageStatus
from waitlist import access, calendar, writebacks
from waitlist.models import Clinic, InboundEvent, Writeback
from waitlist.states import EventStatus, Role, WritebackStatus
from waitlist.templatetags.standby import day_time
from waitlist.views.answer import done, is_update
from waitlist.views.toasts import undoable

WHOLE = Writeback.objects.select_related(
    *("appointment__patient", "appointment__practitioner", "appointment__service", "appointment__location__clinic")
)


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """The soonest first; a conflict stays until somebody has seen it."""
    member = access.get_member(request)
    clinic = member.clinic
    rows = WHOLE.filter(clinic=clinic).order_by("appointment__starts_at", "pk")
    now = timezone.now()
    context = {
        "clinic": clinic,
        "now": now,
        "news": calls.news(clinic, now=now),
        "to_enter": rows.filter(status=WritebackStatus.TASK),
        "conflicts": rows.filter(status=WritebackStatus.CONFLICT).annotate(
            is_told=_apology(*REACHED_CARRIER), is_to_be_told=_apology(MessageStatus.PENDING)
        ),
        "twice": calendar.promised_twice(clinic.pk, now=now)
        .select_related("patient", "practitioner", "service", "location__clinic")
        .order_by("starts_at", "pk"),
        "refused": _refused(clinic),
        "is_admin": member.role == Role.ADMIN,
    }
    return render(request, "waitlist/_tasks.html" if is_update(request) else "waitlist/tasks.html", context)


@require_POST
def task_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody entered it in the calendar, or has seen the conflict; never before its patient's apology is owed."""
    rows = WHOLE.exclude(status=WritebackStatus.QUEUED)
    writeback = access.get_row(request, rows.exclude(status=WritebackStatus.CONFLICT, resolved_at=None), pk=pk)
    if writebacks.done(writeback, now=timezone.now()):
        undoable(request, f"Done: {_visit(writeback)}.", reverse("task-not-done", args=[pk]))
    else:
        messages.warning(request, "That was done before.")
    return done(request, "tasks")


@require_POST
def task_not_done(request: HttpRequest, pk: int) -> HttpResponse:
    """It was not done after all: it is to do again."""
    writeback = access.get_row(request, WHOLE, pk=pk)
    if writebacks.not_done(writeback, now=timezone.now()):
        messages.success(request, f"To do again: {_visit(writeback)}.")
    else:
        messages.warning(request, "Something has changed since, so it is not to do again. Nothing was changed.")
    return done(request, "tasks")


def _visit(writeback: Writeback) -> str:
    """Whose, and when."""
    visit = writeback.appointment
    who = visit.patient.name if visit.patient else visit.service.name
    return f"{who}, {day_time(visit.starts_at, visit.location.zone)}"


def _refused(clinic: Clinic) -> list[dict[str, Any]]:
    """Each calendar with events that nobody could use yet, and how many."""
    rows = InboundEvent.objects.filter(connection__clinic=clinic, status=EventStatus.REJECTED)
    counted = rows.values("connection_id", "connection__name").annotate(count=Count("pk"))
    return list(counted.order_by("connection__name", "connection_id"))


def _apology(*statuses: str) -> Exists:
    """Whether the patient's apology, which offers other times, has got as far as one of these."""
    mine = Message.objects.filter(kind=Kind.APOLOGY, appointment=OuterRef("appointment"))
    return Exists(mine.filter(status__in=statuses))
