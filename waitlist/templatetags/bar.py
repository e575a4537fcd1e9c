"""The bar over every staff page."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications.alerts import counting, finding
from notifications.alerts.events import Event
from waitlist import access, calendar
from waitlist.models import InboundEvent, Membership, Writeback
from waitlist.states import EventStatus, Role, WritebackStatus
from waitlist.templatetags.standby import address

register = template.Library()

PAGES = (  # label, address by name, who may open it
    ("Today", "board", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Appointments", "appointments", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Waitlist", "waitlist", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Inbox", "inbox", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Tasks", "tasks", {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}),
    ("Trail", "trail", {Role.COMPLIANCE, Role.ADMIN}),
    ("Settings", "settings", {Role.MANAGER, Role.ADMIN}),
)

ALSO = {  # what else lies under it
    "board": ("/slots/", "/openings/"),
    "appointments": ("/day/",),
    "waitlist": ("/patients/",),
    "tasks": ("/calls/", "/fees/"),
    "settings": ("/checks/",),
}


WAITS_UNDER = {  # event → the page whose label says how many
    Event.APPROVAL: "board",
    Event.EXHAUSTED: "board",
    Event.MONEY: "board",
    Event.JOIN: "waitlist",
    Event.INBOUND: "inbox",
    Event.OUTREACH: "tasks",
}
SAID = {"board": "to look at", "waitlist": "new", "tasks": "to do", "inbox": "to read"}


def count(mine: Membership, *, now: datetime) -> dict[str, int]:
    """How much of everything waits: one query, as every page asks."""
    return counting.ask(_statement(), mine.clinic_id, mine.pk, now=now)


def everything(clinic_id: int, membership_id: int, now: datetime) -> list[QuerySet[Any]]:
    """The parts of that query."""
    return _tasks(clinic_id, now=now) + finding.counting(clinic_id, membership_id, now=now)


@cache
def _statement() -> str:
    return counting.write(everything)


def by_page(counts: Mapping[str, int]) -> dict[str, int]:
    """The same by the page under which it waits."""
    found = {"tasks": counts.get("tasks", 0)}
    for event, page in WAITS_UNDER.items():
        found[page] = found.get(page, 0) + counts.get(event, 0)
    return found


def _tasks(clinic_id: int, *, now: datetime) -> list[QuerySet[Any]]:
    waiting = (WritebackStatus.TASK, WritebackStatus.CONFLICT)
    owed = Writeback.objects.filter(clinic_id=clinic_id, status__in=waiting)
    refused = InboundEvent.objects.filter(connection__clinic_id=clinic_id, status=EventStatus.REJECTED)
    twice = calendar.promised_twice(clinic_id, now=now)
    return [finding.part("tasks", rows) for rows in (owed, refused, twice)]


def _badges(counts: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """What the bar shows beside each label, by the page's name; a live page brings them up to date."""
    waits = by_page(counts)
    return {name: {"name": name, "count": waits.get(name, 0), "said": said} for name, said in SAID.items()}


@register.inclusion_tag("_badges.html", takes_context=True)
def badges(context: template.Context) -> dict[str, Any]:
    """The bar's numbers anew, for an open page that asks what has changed on it."""
    counts = context.get("bar_counts")
    if counts is None:
        counts = count(access.get_membership(context["request"]), now=context["now"])
    return {"badges": _badges(counts).values()}


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
    counts = context.get("bar_counts")  # of a page that shows them itself
    if counts is None and mine is not None:
        counts = count(mine, now=context["now"])
    marks = _badges(counts or {})
    pages = [
        {
            "label": label,
            "url": url,
            "badge": marks.get(name),
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
        "csrf_token": context.get("csrf_token"),
        "here": request.get_full_path(),
        "notices_url": address("my-notices"),
        "may_enrol": mine is not None and mine.role in access.MAY_ACT_AS[Role.FRONT_DESK],
    }


def _is_here(path: str, name: str, url: str) -> bool:
    return path == url or path.startswith(ALSO.get(name, ())) or (url != "/" and path.startswith(url))
