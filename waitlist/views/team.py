"""Users and roles: who works here, as what; inviting them, and ending it. For admins."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from waitlist import access, team
from waitlist.forms import point_out
from waitlist.forms.team import MAY, InviteForm, RoleForm
from waitlist.models import Membership
from waitlist.states import Role
from waitlist.views.answer import typed

log = logging.getLogger(__name__)
ROWS = Membership.objects.select_related("user", "clinic")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, and the form that invites one more."""
    mine = access.get_member(request, Role.ADMIN)
    clinic = mine.clinic
    form = InviteForm(typed(request), initial={"role": Role.FRONT_DESK})
    if access.sent_from_elsewhere(request, clinic, "sent"):
        return redirect("team")
    if request.method == "POST" and form.is_valid():
        try:
            member, is_new = _invite(mine, **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            _write_to(request, member, is_new=is_new)
            return redirect("team")
    rows = clinic.memberships.select_related("user").order_by("user__name", "pk")
    context = {"clinic": clinic, "mine": mine, "rows": rows, "form": form, "forms": [form], "may": _may()}
    return render(request, "waitlist/team.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: another role, the invitation once more, or the end."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    by = access.get_member(request, Role.ADMIN).user
    form = RoleForm(typed(request), initial={"role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            team.change_role(row.pk, row.clinic, Role(form.cleaned_data["role"]), by=by)
        except ValidationError as error:
            point_out(error, form)
        else:
            role = Role(form.cleaned_data["role"]).label.lower()
            messages.success(request, f"{row.user.name} is {role} from now on.")
            return redirect("team")
    context = {"clinic": row.clinic, "row": row, "is_me": row.user_id == by.pk, "form": form, "forms": [form]}
    return render(request, "waitlist/member.html", context | {"may": _may()})


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """They may do nothing here from the next click on."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    try:
        team.end(row.pk, row.clinic, by=access.get_member(request, Role.ADMIN).user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect("member", row.pk)
    messages.success(request, f"{row.user.name} no longer works at {row.clinic.name}. Their pages show nothing more.")
    return redirect("team")


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """The invitation once more, with a link that is good for three days again."""
    row = access.get_row(request, ROWS, Role.ADMIN, pk=pk)
    _write_to(request, row, is_new=not row.user.has_usable_password())
    return redirect("member", row.pk)


def _invite(mine: Membership, *, email: str, name: str, role: str) -> tuple[Membership, bool]:
    return team.invite(mine.clinic, email=email, name=name, role=Role(role), by=mine.user)


def _may() -> list[tuple[str, str]]:
    return [(str(role.label), words) for role, words in MAY.items()]


def _write_to(request: HttpRequest, row: Membership, *, is_new: bool) -> None:
    """By e-mail; that it could not be sent undoes nothing, and is said."""
    user, path = row.user, reverse("login")
    if is_new:
        uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
        path = reverse("password_reset_confirm", args=[uid, token])
    facts = {"member": row, "is_new": is_new, "url": settings.PUBLIC_URL + path}
    text = render_to_string("registration/invitation_email.txt", facts)
    try:
        send_mail(f"You work with Standby at {row.clinic.name}", text, None, [user.email])
    except (SMTPException, OSError) as fault:
        log.warning("an invitation could not be sent: %s", type(fault).__name__)
        messages.warning(request, f"{user.name} may work here, but the e-mail could not be sent. Send it again later.")
    else:
        messages.success(request, f"{user.name} may work here. The e-mail is on its way to {user.email}.")
