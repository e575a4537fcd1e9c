"""The bar over every staff page."""

from datetime import datetime
from typing import Any

from django import template
from django.http import HttpRequest

from notifications import inbox
from waitlist import access, calendar
from waitlist.models import InboundEvent, Membership, Writeback
from waitlist.states import EventStatus, Role, WritebackStatus
from waitlist.templatetags.standby import address

register = template.Library()

PAGES = (  # label, address by name, who may open it
    ("Today", "board", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Appointments", "appointments", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Waitlist", "waitlist", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Tasks", "tasks", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Trail", "trail", {Role.COMPLIANCE, Role.ADMIN}),
    ("Settings", "settings", {Role.MANAGER, Role.ADMIN}),
)

ALSO = {  # what else lies under it
    "board": ("/slots/", "/openings/"),
    "waitlist": ("/patients/",),
    "tasks": ("/calls/", "/fees/"),
    "settings": ("/checks/",),
}


def open_tasks(clinic_id: int, *, now: datetime) -> int:
    """What waits for a person's hand: one query, as every page asks."""
    waiting = (WritebackStatus.TASK, WritebackStatus.CONFLICT)
    owed = Writeback.objects.filter(clinic_id=clinic_id, status__in=waiting)
    refused = InboundEvent.objects.filter(connection__clinic_id=clinic_id, status=EventStatus.REJECTED)
    replies = inbox.to_read(clinic_id, now=now)
    twice = calendar.promised_twice(clinic_id, now=now)
    rest = (rows.values("pk") for rows in (refused, replies, twice))
    return owed.values("pk").union(*rest, all=True).count()


@register.inclusion_tag("_bar.html", takes_context=True)
def bar(context: template.Context) -> dict[str, Any]:
    """The bar over every staff page: where one is, where one may go, which clinic, who."""
    request: HttpRequest | None = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return {"mine": None}
    everywhere = list(access.memberships(user))
    chosen = request.session.get(access.SESSION_KEY)
    mine: Membership | None = next(
        (one for one in everywhere if one.clinic_id == chosen), everywhere[0] if everywhere else None
    )
    pages = [
        {
            "label": label,
            "url": url,
            "is_here": _is_here(request.path, name, url),
        }
        for label, name, roles in PAGES
        if mine is not None and mine.role in roles and (url := address(name)) is not None
    ]
    return {
        "mine": mine,
        "user": user,
        "others": [one for one in everywhere if one != mine],
        "pages": pages,
        "tasks": open_tasks(mine.clinic_id, now=context["now"]) if mine is not None else 0,
        "csrf_token": context.get("csrf_token"),
        "here": request.get_full_path(),
    }


def _is_here(path: str, name: str, url: str) -> bool:
    return path == url or path.startswith(ALSO.get(name, ())) or (url != "/" and path.startswith(url))
