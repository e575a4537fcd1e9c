"""One patient on one sheet: who they are, what they allowed, wait for, were offered and said."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.middleware import remote_addr
from matching.views import history
from notifications import unsent
from notifications.models import ContactPoint
from notifications.states import ContactKind
from notifications.views import inbox
from waitlist import access, cancellers, notes, roster, tier_choices, tiering
from waitlist.forms.notes import NoteForm
from waitlist.forms.people import LANGUAGES, SENTENCE, TierForm, WithdrawalForm
from waitlist.models import Membership, Patient, PatientNote, User
from waitlist.states import Role, Tier
from waitlist.templatetags.standby import all_errors
from waitlist.views import patient_parts as parts
from waitlist.views.fees import WHOLE as WITH_VISIT
from waitlist.views.tier_words import why

PROVES = (Role.MANAGER, Role.COMPLIANCE, Role.ADMIN)
WHOLE = Patient.objects.select_related("clinic__tier_rules", "tier_set_by").prefetch_related(
    "contacts__contact_point__users__patient"
)


@never_cache
@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one patient; `all` names the part shown whole, `number` the conversation."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    return _sheet(request, patient, access.get_membership(request))


@require_POST
def tier(request: HttpRequest, pk: int) -> HttpResponse:
    """A tier by hand, with the reason."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    form = TierForm(request.POST, prefix="tier")
    if form.is_valid() and isinstance(request.user, User):
        tier_choices.choose(patient.pk, **form.cleaned_data, by=request.user, now=timezone.now())
        chosen = Tier(form.cleaned_data["tier"]).label
        messages.success(request, f"{patient.name} is {chosen} until somebody takes that back.")
        return redirect("patient", patient.pk)
    return _sheet(request, patient, access.get_membership(request), tier=form)


@require_POST
def release_tier(request: HttpRequest, pk: int) -> HttpResponse:
    """The tier follows from the figures again."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    if tier_choices.release(patient.pk, now=timezone.now()):
        messages.success(request, f"The tier of {patient.name} follows from their visits and spend again.")
    return redirect("patient", patient.pk)


@require_POST
def no_more(request: HttpRequest, pk: int) -> HttpResponse:
    """No more texts, or no more e-mails: withdrawn at their word."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    form = WithdrawalForm(patient, request.POST)
    if form.is_valid() and isinstance(request.user, User):
        contact_id, channel, purpose, words = form.withdrawn()
        said_by, where = form.cleaned_data["said_by"], remote_addr(request)
        now, by = timezone.now(), request.user
        roster.withdraw(
            patient.pk, contact_id, channel, only=purpose, said_by=said_by, by=by, remote_addr=where, now=now
        )
        messages.success(request, f"{words} to {patient.name}: noted, as {said_by} said.")
    for _, _, error in all_errors(form):
        messages.error(request, error)
    return redirect("patient", patient.pk)


@require_POST
def write_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note for whoever looks next."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    member, form = access.get_member(request), NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        return _sheet(request, patient, member, note=form, status=422)
    notes.write(patient, form.cleaned_data["text"], by=member.user, now=timezone.now())
    messages.success(request, "The note is saved.")
    return redirect(f"{reverse('patient', args=[patient.pk])}#notes")


@require_POST
def take_note_back(request: HttpRequest, pk: int, note: int) -> HttpResponse:
    """Its words go; a colleague's only by a manager."""
    member = access.get_member(request)
    found = get_object_or_404(PatientNote, clinic=member.clinic, patient=pk, pk=note)
    if not _may_take_back(found, member):
        messages.error(request, "Whoever wrote a note takes it back, or a manager. Nothing was changed.")
    elif notes.take_back(found, by=member.user, now=timezone.now()):
        messages.success(request, "The note is taken back: its words are gone.")
    else:
        messages.warning(request, "It was taken back before.")
    return redirect(f"{reverse('patient', args=[pk])}#notes")


def _sheet(
    request: HttpRequest,
    patient: Patient,
    member: Membership,
    *,
    tier: TierForm | None = None,
    note: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now, everything = timezone.now(), request.GET.get("all", "")
    tier, note = tier or TierForm(prefix="tier"), note or NoteForm(prefix="note")
    ways, wishes = parts.ways(patient), parts.wishes(patient)
    offers, more_offers = history.of(patient, everything=everything == "offers")
    lately = cancellers.counts([patient.pk], now=now).get(patient.pk, 0)
    is_manager = member.role in access.MAY_ACT_AS[Role.MANAGER]
    context = {
        "clinic": patient.clinic,
        "patient": patient,
        "now": now,
        "language": dict(LANGUAGES).get(patient.language, patient.language),
        "zone": patient.timezone.rpartition("/")[2].replace("_", " "),
        "earned": tiering.earned(patient).label,
        "reasons": why(patient),
        "ways": ways,
        "sentence": SENTENCE,
        "wishes": wishes,
        "offers": offers,
        "has_more_offers": more_offers,
        "visits": parts.visits(patient, everything=everything == "visits", now=now),
        "fees": WITH_VISIT.filter(appointment__patient=patient).order_by("-owed_at", "-pk"),
        "cancelled_lately": lately,
        "flag": cancellers.flag(lately),
        "may_waive": is_manager,
        "notes": [(one, _may_take_back(one, member)) for one in parts.notes(patient)],
        "unsent": unsent.of(patient),
        "may_see_proof": member.role in PROVES,
        "tier": tier,
        "note": note,
        "forms": [tier, note],
        **_conversation(request, patient, [way.point for way in ways], now=now),
    }
    with timezone.override(patient.clinic.zone):
        return render(request, "waitlist/patient.html", context, status=status)


def _conversation(
    request: HttpRequest, patient: Patient, points: list[ContactPoint], *, now: datetime
) -> dict[str, object]:
    """With the number asked for, else the first; empty where they have none."""
    numbers = [point for point in points if point.kind == ContactKind.PHONE]
    asked_for = access.row_id(request.GET.get("number", ""))
    chosen = next((point for point in numbers if point.pk == asked_for), next(iter(numbers), None))
    if chosen is None:
        return {"numbers": []}
    chosen.clinic = patient.clinic
    back = f"{reverse('patient', args=[patient.pk])}?number={chosen.pk}#texts"
    return {"numbers": numbers, **inbox.in_context(chosen, back=back, short=True, now=now)}


def _may_take_back(note: PatientNote, member: Membership) -> bool:
    is_theirs = note.written_by_id == member.user_id or member.role in access.MAY_ACT_AS[Role.MANAGER]
    return note.taken_back_at is None and is_theirs
