"""The page of the doctor, for whoever answers for the clinic."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops import doctor
from waitlist import access
from waitlist.states import Role


@never_cache
@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """Every check of the clinic in use and of the installation, as it is at this moment."""
    membership = access.get_overseer(request)
    clinic, now = membership.clinic, timezone.now()
    found = [*doctor.examine_machine(now=now), *doctor.examine(clinic, now=now)]
    lines = [_line(check, found) for check in (*doctor.CHECKS, *doctor.MACHINE)]
    context = {
        "clinic": clinic,
        "now": now,
        "broken": [line for line in lines if line["found"]],
        "kept": [line for line in lines if not line["found"]],
        "count": len(found),
        "may_open_slots": membership.role in access.MAY_ACT_AS[Role.FRONT_DESK],
    }
    return render(request, "ops/checks.html", context)


def _line(check: doctor.Check, found: list[doctor.Violation]) -> dict[str, Any]:
    """A check with what it found."""
    mine = [violation.found for violation in found if violation.name == check.name]
    return {"check": check, "found": mine}
