"""How a page answers after something was done, and how words find people."""

from hashlib import blake2b

from django.contrib.messages import get_messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from waitlist.models import Clinic, Patient
from waitlist.models.folded import folded


def done(request: HttpRequest, to: str) -> HttpResponse:
    """A live page says at once what there is to say, and fetches itself again; without JavaScript the browser goes to
    `next`, else to `to`."""
    if is_update(request):
        words = render_to_string("_messages.html", request=request) if get_messages(request) else ""
        return HttpResponse(words, status=200 if words else 204, headers={"HX-Trigger": "live"})
    asked_for = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked_for, {request.get_host()}, require_https=request.is_secure()):
        return redirect(asked_for)
    return redirect(to)


def is_update(request: HttpRequest) -> bool:
    """Whether an open page asks only for what has changed on it."""
    return request.headers.get("HX-Request") == "true"


def stamp(*shown: object) -> str:
    """The same for the same words only: by it an open page hears whether what it shows has changed."""
    return blake2b(repr(shown).encode(), digest_size=6).hexdigest()


def typed(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is typed too."""
    return request.POST if request.method == "POST" else None


def matching_words(text: str, *columns: str) -> Q:
    """Every word of the text is found in one of the columns, which hold folded words: accents make no difference."""
    found = Q()
    for word in text.split()[:5]:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__contains": folded(word)})
        found &= anywhere
    return found


def find_patients(clinic: Clinic, text: str) -> QuerySet[Patient]:
    """Patients by words of their name or by the digits of a number, by name."""
    digits = "".join(letter for letter in text if letter.isdigit())
    by_name = matching_words(text, "folded_name")
    rows = clinic.patients.filter(by_name)
    if len(digits) >= 4:
        by_number = Q(contacts__contact_point__kind="phone", contacts__contact_point__value__contains=digits)
        rows = clinic.patients.filter(by_name | by_number).distinct()
    return rows.order_by("last_name", "first_name", "pk")
