"""Cancellation fees: what is owed, settled at the desk, or let go by a manager with a reason."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from waitlist import access, fees
from waitlist.forms.fees import WaiverForm
from waitlist.models import CancellationFee
from waitlist.states import FeeStatus, Role
from waitlist.templatetags.standby import money

PER_PAGE = 60
WHOLE = CancellationFee.objects.select_related(
    "appointment__patient", "appointment__service", "appointment__location__clinic", "ended_by"
)


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is owed first, then what was settled or let go, the newest first."""
    member = access.get_member(request)
    owed_first = Case(When(status=FeeStatus.OWED, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = WHOLE.filter(clinic=member.clinic).order_by(owed_first, "-owed_at", "-pk")
    owed = CancellationFee.objects.filter(clinic=member.clinic, status=FeeStatus.OWED)
    context = {
        "clinic": member.clinic,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "owed_cents": owed.aggregate(cents=Sum("cents"))["cents"] or 0,
        "may_waive": member.role in access.MAY_ACT_AS[Role.MANAGER],
        "now": timezone.now(),
    }
    return render(request, "waitlist/fees.html", context)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Paid at the desk."""
    member = access.get_member(request)
    fee = access.get_row(request, WHOLE.all(), pk=pk)
    if fees.settle(fee, by=member.user, now=timezone.now()):
        messages.success(request, f"{money(fee.cents)} of {_who(fee)} is settled.")
    else:
        messages.warning(request, "That fee was not owed any more. Nothing was changed.")
    return redirect("fees")


@require_POST
def waive(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go, for a reason."""
    member = access.get_member(request, Role.MANAGER)
    fee = access.get_row(request, WHOLE.all(), Role.MANAGER, pk=pk)
    form = WaiverForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Reason: {form.errors['reason'][0]} Nothing was changed.")
    elif fees.waive(fee, reason=form.cleaned_data["reason"], by=member.user, now=timezone.now()):
        messages.success(request, f"{money(fee.cents)} of {_who(fee)} is let go.")
    else:
        messages.warning(request, "That fee was not owed any more. Nothing was changed.")
    return redirect("fees")


def _who(fee: CancellationFee) -> str:
    patient = fee.appointment.patient
    return patient.name if patient is not None else "somebody"
