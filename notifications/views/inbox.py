"""The two-way inbox: every number that wrote to the clinic, what was said, and a place to answer."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from notifications import desk, priorities, threads
from notifications.desk import Written
from notifications.models import ContactPoint
from notifications.states import ContactKind
from waitlist import access
from waitlist.models import Clinic
from waitlist.templatetags.standby import phone
from waitlist.views.answer import done, find_patients, is_update
from waitlist.views.toasts import undoable

PER_PAGE = 30
SHORT = 12  # of a conversation, on a patient's page
LONGEST = 300  # characters: two segments, with the clinic's name
POINTS = ContactPoint.objects.select_related("clinic").filter(kind=ContactKind.PHONE)
LATE = "Somebody has answered since you opened this page, so nothing was sent. If yours is still needed, send it again."


class AnswerForm(forms.Form):
    """What staff write."""

    text = forms.CharField(
        label="Answer",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="Whoever holds the phone can read it: name no treatment and no practitioner.",
        error_messages={
            "required": "Answer: write something first.",
            "max_length": f"Answer: {LONGEST} characters at most, as texts are short.",
        },
    )


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every number that wrote, by how much hangs on what is unread, then the latest; `q` finds names and numbers."""
    clinic, words = access.get_clinic(request), request.GET.get("q", "").strip()
    now = timezone.now()
    found = priorities.of_clinic(clinic, now=now)
    if words:
        found = found.filter(_named(clinic, words))
    page = Paginator(found.prefetch_related("patients"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "clinic": clinic,
        "now": now,
        "q": words,
        "page": page,
        "threads": threads.as_threads(list(page.object_list)),
    }
    return render(request, "notifications/_inbox.html" if is_update(request) else "notifications/inbox.html", context)


@never_cache
@vary_on_headers("HX-Request")
@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """One conversation; an open page asks only for the texts, so that what is being typed stays."""
    return _show(request, access.get_row(request, POINTS, pk=pk), short="short" in request.GET)


@never_cache
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a text to this number, unless a colleague was first or a rule forbids it."""
    member = access.get_member(request)
    point = access.get_row(request, POINTS, pk=pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, point, form, status=422)
    done_so = desk.write(
        point.pk,
        form.cleaned_data["text"],
        after=access.row_id(request.POST.get("after", "")),
        up_to=access.row_id(request.POST.get("seen", "")),
        by=member.user,
        now=timezone.now(),
    )
    if done_so != Written.SENT:
        return _show(request, point, form, notice=LATE if done_so == Written.ANSWERED else "", status=409)
    messages.success(request, "Your answer is on its way.")
    return done(request, reverse("inbox-thread", args=[point.pk]))


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read, and no answer is needed."""
    point = access.get_row(request, POINTS, pk=pk)
    up_to = access.row_id(request.POST.get("seen", ""))
    now = timezone.now()
    if desk.read(point, up_to=up_to, now=now):
        undo = f"{reverse('inbox-unread', args=[pk])}?{urlencode({'at': now.isoformat()})}"
        undoable(request, f"Read: {_who(point)}.", undo)
    else:
        messages.warning(request, "That was read before.")
    return done(request, "inbox")


@require_POST
def unread(request: HttpRequest, pk: int) -> HttpResponse:
    """What was read at that moment is to be read after all."""
    point = access.get_row(request, POINTS, pk=pk)
    read_at = _moment(request.GET.get("at", ""))
    if read_at is not None and desk.unread(point, read_at=read_at, now=timezone.now()):
        messages.success(request, f"To read again: {_who(point)}.")
    else:
        messages.warning(request, "There is nothing to undo any more.")
    return done(request, "inbox")


def _who(point: ContactPoint) -> str:
    return " or ".join(patient.name for patient in point.patients.all()) or phone(point.value)


def _moment(text: str) -> datetime | None:
    """A moment with its offset; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def in_context(
    point: ContactPoint, form: AnswerForm | None = None, *, back: str = "", short: bool = False, now: datetime
) -> dict[str, Any]:
    """What the partials of a conversation show, here and on a patient's page. `back`: where a button leads then."""
    heard, written = threads.seen(point)
    bubbles = threads.conversation_with(point)
    return {
        "point": point,
        "bubbles": bubbles[-SHORT:] if short else bubbles,
        "is_short": short and len(bubbles) > SHORT,
        "unread": sum(one.is_unread for one in bubbles),
        "standing": threads.standing(point, now=now),
        "seen": heard,
        "after": written,
        "form": form or AnswerForm(),
        "back": back,
    }


def _show(
    request: HttpRequest,
    point: ContactPoint,
    form: AnswerForm | None = None,
    *,
    notice: str = "",
    short: bool = False,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    back = request.POST.get("next", "") or request.GET.get("next", "")
    people = list(point.patients.all())
    context = {"clinic": point.clinic, "now": now, "people": people, "notice": notice}
    context |= in_context(point, form, back=back, short=short, now=now)
    context["given_up"] = [] if short else threads.given_up(point, now=now)
    name = "_thread" if is_update(request) and request.method != "POST" else "thread"
    return render(request, f"notifications/{name}.html", context, status=status)


def _named(clinic: Clinic, words: str) -> Q:
    """By words of a name, or digits of a number, also of somebody who is no patient."""
    people: QuerySet[Any] = find_patients(clinic, words).order_by().values("pk")
    mine = ContactPoint.objects.filter(patients__in=people).values("pk")
    digits = "".join(letter for letter in words if letter.isdigit())
    by_number = Q(value__contains=digits) if len(digits) >= 4 else Q(pk__in=())
    return Q(pk__in=mine) | by_number
