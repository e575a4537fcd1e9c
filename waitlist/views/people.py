"""A new person on the waitlist, and a known one's name, number and consent."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.middleware import remote_addr
from notifications import unsent
from notifications.models import Consent
from waitlist import access, cancellers, roster, tier_choices, tiering
from waitlist.forms import are_valid, point_out
from waitlist.forms.people import SENTENCE, ConsentForm, PersonForm, TierForm, WithdrawalForm
from waitlist.forms.wishes import WindowFormSet, WishForm, opening_hours, windows_of
from waitlist.models import Clinic, Patient, User
from waitlist.states import Role, Tier
from waitlist.templatetags.standby import all_errors
from waitlist.views.answer import find_patients, typed
from waitlist.views.fees import WHOLE as WITH_VISIT

PROVES = (Role.MANAGER, Role.COMPLIANCE, Role.ADMIN)
WHOLE = Patient.objects.select_related("clinic", "tier_set_by").prefetch_related("contacts__contact_point")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Person, wish and consent in one go; who waits for the same already is opened instead."""
    clinic = access.get_clinic(request)
    now, data = timezone.now(), typed(request)
    with timezone.override(clinic.zone):
        person = PersonForm(data, prefix="p", initial=_known(request, clinic))
        offers = {"hx-get": reverse("entry-known"), "hx-target": "#known"}
        person.fields["phone"].widget.attrs |= offers | ({} if data else {"autofocus": True})
        wish = WishForm(clinic, data, prefix="w")
        windows = WindowFormSet(data, prefix="t", initial=[opening_hours(clinic)])
        consent = ConsentForm(data, prefix="c", now=now, may_name=clinic.content_level > 0)
        if request.method == "POST" and are_valid(person, wish, windows, consent):
            try:
                enrolled = roster.enrol(
                    clinic,
                    person=person.person(),
                    wish=wish.wish(windows_of(windows)),
                    consents=consent.given(by=request.user, remote_addr=remote_addr(request)),
                    now=now,
                )
            except ValidationError as error:
                point_out(error, person, wish)
            else:
                return _joined(request, enrolled)
        context = {
            "clinic": clinic,
            "person": person,
            "wish": wish,
            "windows": windows,
            "consent": consent,
            "sentence": SENTENCE,
            "forms": [person, wish, *windows.forms, consent],
        }
        return render(request, "waitlist/entry_new.html", context)


def _joined(request: HttpRequest, enrolled: roster.Enrolment) -> HttpResponse:
    name = enrolled.patient.name
    if not enrolled.patient.contacts.exists():
        messages.warning(request, f"Nobody can reach {name}: add a phone or an e-mail.")
    if enrolled.created:
        entry = reverse("entry-edit", args=[enrolled.entry.pk])
        messages.success(request, format_html('<a href="{}">{}</a> is on the waitlist.', entry, name))
        return redirect("waitlist")
    messages.warning(request, f"{name} waits for this already; nothing was added. Here is the wish as it is.")
    return redirect("entry-edit", enrolled.entry.pk)


@never_cache
@require_safe
def known(request: HttpRequest) -> HttpResponse:
    """Who is known at a number, for the form to offer: families share phones."""
    clinic = access.get_clinic(request)
    number = request.GET.get("p-phone", "")
    is_long = sum(letter.isdigit() for letter in number) >= 7
    people = find_patients(clinic, number)[:5] if is_long else []
    return render(request, "waitlist/_known.html", {"people": people})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, number, address, and a consent given now."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    now, data = timezone.now(), typed(request)
    with timezone.override(patient.clinic.zone):
        person = PersonForm(data, prefix="p", initial=PersonForm.of(patient))
        consent = ConsentForm(data, prefix="c", now=now, may_name=patient.clinic.content_level > 0)
        if request.method == "POST" and are_valid(person, consent):
            given = consent.given(by=request.user, remote_addr=remote_addr(request))
            try:
                roster.edit_person(patient.pk, person.person(), given, now=now)
            except ValidationError as error:
                point_out(error, person)
            else:
                messages.success(request, f"{person.cleaned_data['first_name']} is saved.")
                return redirect("waitlist")
        return _page(request, patient, person=person, consent=consent, tier=TierForm(prefix="tier"))


@require_POST
def tier(request: HttpRequest, pk: int) -> HttpResponse:
    """A tier by hand, with the reason."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    form, now = TierForm(request.POST, prefix="tier"), timezone.now()
    if form.is_valid() and isinstance(request.user, User):
        tier_choices.choose(patient.pk, **form.cleaned_data, by=request.user, now=now)
        chosen = Tier(form.cleaned_data["tier"]).label
        messages.success(request, f"{patient.name} is {chosen} until somebody takes that back.")
        return redirect("patient-edit", patient.pk)
    with timezone.override(patient.clinic.zone):
        person = PersonForm(prefix="p", initial=PersonForm.of(patient))
        consent = ConsentForm(prefix="c", now=now, may_name=patient.clinic.content_level > 0)
        return _page(request, patient, person=person, consent=consent, tier=form)


@require_POST
def release_tier(request: HttpRequest, pk: int) -> HttpResponse:
    """The tier follows from the figures again."""
    patient = access.get_row(request, WHOLE.all(), pk=pk)
    if tier_choices.release(patient.pk, now=timezone.now()):
        messages.success(request, f"The tier of {patient.name} follows from their visits and spend again.")
    return redirect("patient-edit", patient.pk)


def _page(
    request: HttpRequest, patient: Patient, *, person: PersonForm, consent: ConsentForm, tier: TierForm
) -> HttpResponse:
    context = {
        "patient": patient,
        "earned": tiering.earned(patient).label,
        "allowed": _allowed(patient),
        "unsent": unsent.of(patient),
        "fees": WITH_VISIT.filter(appointment__patient=patient).order_by("-owed_at", "-pk"),
        "cancelled_lately": (lately := cancellers.counts([patient.pk], now=timezone.now()).get(patient.pk, 0)),
        "flag": cancellers.flag(lately),
        "may_waive": access.get_member(request).role in access.MAY_ACT_AS[Role.MANAGER],
        "person": person,
        "consent": consent,
        "tier": tier,
        "sentence": SENTENCE,
        "now": timezone.now(),
        "may_see_proof": access.get_membership(request).role in PROVES,
        "forms": [person, consent, tier],
    }
    return render(request, "waitlist/patient_edit.html", context)


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
    return redirect("patient-edit", patient.pk)


def _allowed(patient: Patient) -> list[dict[str, object]]:
    """Each number and address with its ledger, the newest word first, and what can be withdrawn there."""
    points = [use.contact_point for use in patient.contacts.all()]
    ledger = Consent.objects.filter(contact_point__in=points).select_related("recorded_by").order_by("-at", "-pk")
    lines = list(ledger)
    return [
        {
            "point": point,
            "lines": [line for line in lines if line.contact_point_id == point.pk],
            "no_more": [(f"{point.pk}:{channel}", words) for channel, words in WithdrawalForm.allowed(point)],
        }
        for point in points
    ]


def _known(request: HttpRequest, clinic: Clinic) -> dict[str, object]:
    """The person named in the address, to wait for something more."""
    chosen = request.GET.get("patient", "")
    patient = WHOLE.filter(clinic=clinic, pk=access.row_id(chosen)).first()
    return PersonForm.of(patient) if patient else {}
