"""A new person on the waitlist, and a known one's name, number and new consent."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.middleware import remote_addr
from waitlist import access, places, roster
from waitlist.forms import are_valid, point_out
from waitlist.forms.people import SENTENCE, ConsentForm, PersonForm
from waitlist.forms.wishes import WindowFormSet, WishForm, opening_hours, windows_of
from waitlist.models import Clinic, Patient, WaitlistEntry
from waitlist.views.answer import find_patients, typed

WHOLE = Patient.objects.select_related("clinic").prefetch_related("contacts__contact_point")


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
                warn_of_those_in_vain(request, clinic, enrolled.entry)
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


def warn_of_those_in_vain(request: HttpRequest, clinic: Clinic, entry: WaitlistEntry) -> None:
    """Staff are told of practitioners the wish is for who give nothing of what it is for."""
    if not entry.practitioners:
        return
    named = ", ".join(who.name for who in places.in_vain(clinic, entry.practitioners, entry.services))
    if named:
        said = f"{entry.patient.name} waits for what {named} does not give: no time of theirs would be offered."
        messages.warning(request, f"{said} Change whom they want to see, or what {named} gives, in Settings.")


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
                return redirect("patient", patient.pk)
        context = {
            "patient": patient,
            "person": person,
            "consent": consent,
            "sentence": SENTENCE,
            "now": now,
            "forms": [person, consent],
        }
        return render(request, "waitlist/patient_edit.html", context)


def _known(request: HttpRequest, clinic: Clinic) -> dict[str, object]:
    """The person named in the address, to wait for something more."""
    chosen = request.GET.get("patient", "")
    patient = WHOLE.filter(clinic=clinic, pk=access.row_id(chosen)).first()
    return PersonForm.of(patient) if patient else {}
