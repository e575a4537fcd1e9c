"""Who may see what: authorise and fetch in one call, always starting from the clinic."""

from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from waitlist.models import Clinic, Membership, User
from waitlist.states import Role

SESSION_KEY = "clinic"
MAY_ACT_AS = {
    Role.FRONT_DESK: {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN},
    Role.MANAGER: {Role.MANAGER, Role.ADMIN},
    Role.COMPLIANCE: {Role.COMPLIANCE, Role.ADMIN},
    Role.ADMIN: {Role.ADMIN},
}
Row = TypeVar("Row", bound=Model)


def memberships(user: User | AnonymousUser) -> QuerySet[Membership]:
    """Where this user works, by clinic name; nowhere for somebody not signed in."""
    mine = Membership.objects.none() if user.pk is None else Membership.objects.filter(user_id=user.pk)
    return mine.select_related("clinic").order_by("clinic__name")


def get_membership(request: HttpRequest) -> Membership:
    """The membership in use: the clinic chosen in this session, else the first. 403 without any."""
    mine = list(memberships(request.user))
    chosen = request.session.get(SESSION_KEY)
    for membership in mine:
        if membership.clinic_id == chosen:
            return membership
    if not mine:
        raise PermissionDenied("You are not a member of any clinic.")
    return mine[0]


def get_member(request: HttpRequest, role: Role = Role.FRONT_DESK) -> Membership:
    """The membership in use of somebody who may act in `role` there; else 403."""
    membership = get_membership(request)
    if membership.role not in MAY_ACT_AS[role]:
        mine = Role(membership.role).label.lower()
        raise PermissionDenied(f"Your role at {membership.clinic.name}, {mine}, does not include this page.")
    return membership


def get_overseer(request: HttpRequest) -> Membership:
    """The membership in use of somebody who answers for the clinic: manager, compliance or admin; else 403."""
    mine = get_membership(request)
    return get_member(request, Role.COMPLIANCE if mine.role == Role.COMPLIANCE else Role.MANAGER)


def get_clinic(request: HttpRequest, role: Role = Role.FRONT_DESK) -> Clinic:
    """The clinic in use, for somebody who may act in `role` there; else 403."""
    return get_member(request, role).clinic


def get_row(request: HttpRequest, rows: QuerySet[Row], role: Role = Role.FRONT_DESK, **lookup: object) -> Row:
    """One row of the clinic in use, by its own lookup; 403 for the wrong role, 404 for any other clinic's."""
    return get_object_or_404(rows.filter(clinic=get_clinic(request, role)), **lookup)


def sent_from_elsewhere(request: HttpRequest, clinic: Clinic, nothing_was: str = "saved") -> bool:
    """Whether this form was opened at another clinic than the one chosen since, perhaps in another tab; if so, the
    next page says it."""
    if request.POST.get("clinic", str(clinic.pk)) == str(clinic.pk):
        return False
    messages.error(request, f"You work at {clinic.name} now. Nothing was {nothing_was}: check, and send it again.")
    return True


def row_id(text: str) -> int:
    """The id somebody sent us, or 0, which no row has, for anything that can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def choose_clinic(request: HttpRequest, clinic_id: int) -> Clinic:
    """Work at another clinic of theirs from now on; 404 where they are no member."""
    for membership in memberships(request.user):
        if membership.clinic_id == clinic_id:
            request.session[SESSION_KEY] = clinic_id
            return membership.clinic
    raise Http404("No such clinic of yours.")
