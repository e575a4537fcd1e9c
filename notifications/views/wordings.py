"""Settings → Messages: what goes out, in whose words, and rewording it with a live preview."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import wordings
from notifications.forms.wordings import CHANNELS, LEVELS, LevelForm, WordingForm, place
from notifications.models import MessageTemplate
from notifications.rendering import needs, words
from notifications.rendering.checks import Draft
from notifications.rendering.examples import Names
from notifications.rendering.needs import LABELS, MEANS, Place
from notifications.states import Channel
from waitlist import access
from waitlist.forms import point_out
from waitlist.models import Clinic, User
from waitlist.states import Role


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every message as it goes out now, by channel, language and level; and the level they may have at most."""
    clinic = access.get_clinic(request, Role.MANAGER)
    form = LevelForm(request.POST if request.method == "POST" else None, initial={"level": clinic.content_level})
    if request.method == "POST":
        if access.sent_from_elsewhere(request, clinic):
            return redirect("wordings")
        if form.is_valid():
            wordings.set_level(clinic, form.cleaned_data["level"])
            messages.success(request, f"Saved. {LEVELS[form.cleaned_data['level']][0]} is the most messages say now.")
            return redirect("wordings")
    shown = place(request.GET) or place({})
    assert shown is not None
    _, channel, language, level = shown
    known, saved = wordings.names(clinic), wordings.of(clinic)
    places = [(kind, channel, language, level) for kind in needs.kinds(channel)]
    own = {where: _as_draft(where, saved[where]) for where in places if where in saved}
    patients = wordings.patients_in(clinic, own.values())
    rows = [_row(clinic, where, own.get(where), known, patients, now=timezone.now()) for where in places]
    context = {
        "clinic": clinic,
        "rows": rows,
        "form": form,
        "forms": [form],
        "levels": [(value, *said, value == clinic.content_level) for value, said in LEVELS.items()],
        "agreed": wordings.agreed(clinic),
        "tabs": [
            (_address("wordings", ("", one, language, level)), name, one == channel) for one, name in CHANNELS.items()
        ],
        "channel": channel,
        "languages": [(code, speaks.NAME, code == language) for code, speaks in words.LANGUAGES.items()],
        "shown_levels": [(value, said[0], value == level) for value, said in LEVELS.items()],
        "is_above": level > clinic.content_level,
    }
    return render(request, "notifications/wordings.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: HttpRequest) -> HttpResponse:
    """One of them: “check” only looks, “save” makes it the clinic's own, “back” takes ours again."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("wordings")
    chosen, now = place(request.POST or request.GET), timezone.now()
    if chosen is None:
        raise Http404("No such message.")
    saved, known = wordings.of(clinic).get(chosen), wordings.names(clinic)
    start = _as_draft(chosen, saved) if saved else wordings.ours(clinic, chosen, known)
    do = request.POST.get("do", "")
    if do == "back":
        wordings.back_to_ours(clinic, chosen)
        messages.success(request, f"{LABELS[chosen[0]]}: our wording goes out again.")
        return redirect(_address("wordings", chosen))
    form = WordingForm(chosen, request.POST if request.method == "POST" else None, initial=vars(start))
    draft = form.draft() if form.is_bound and form.is_valid() else start
    if do == "save" and form.is_valid() and isinstance(request.user, User):
        try:
            wordings.save(clinic, draft, by=request.user, now=now)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, f"{LABELS[chosen[0]]}: saved. It goes for every message from now on.")
            return redirect(_address("wordings", chosen))
    return _page(request, clinic, form, draft, saved, known, now=now)


def _page(
    request: HttpRequest,
    clinic: Clinic,
    form: WordingForm,
    draft: Draft,
    saved: MessageTemplate | None,
    known: Names,
    *,
    now: datetime,
) -> HttpResponse:
    look = wordings.look(clinic, draft, known, is_own=True, now=now)
    facts = needs.variables(draft.kind, draft.channel, draft.level)
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form] if request.POST.get("do") == "save" else [],
        "draft": draft,
        "is_mail": draft.is_mail,
        "saved": saved,
        "look": look,
        "cost": _cost(clinic, look.segments),
        "most_cost": _cost(clinic, look.most_segments),
        "label": LABELS[draft.kind],
        "language": words.of(draft.language).NAME,
        "level": LEVELS[draft.level][0],
        "by": CHANNELS[draft.channel],
        "facts": [(f"{{{name}}}", MEANS[name]) for name in facts],
        "parts": [part.called for part in needs.parts(draft.kind, draft.channel, words.of(draft.language))],
        "back": _address("wordings", draft.place),
        "address": reverse("wording"),
    }
    return render(request, "notifications/wording.html", context)


def _as_draft(where: Place, mine: MessageTemplate) -> Draft:
    return Draft(*where, text=mine.text, subject=mine.subject)


def _row(
    clinic: Clinic, where: Place, mine: Draft | None, known: Names, patients: Sequence[str], *, now: datetime
) -> dict[str, Any]:
    draft = mine or Draft(*where, text="")
    look = wordings.look(clinic, draft, known, is_own=mine is not None, patients=patients, now=now)
    return {
        "label": LABELS[where[0]],
        "mine": mine,
        "look": look,
        "is_text": where[1] == Channel.SMS,
        "cost": _cost(clinic, look.segments),
        "url": _address("wording", where),
    }


def _cost(clinic: Clinic, segments: int) -> str:
    """1.1 ¢."""
    return f"{segments * clinic.text_cost_mills / 10:.1f} ¢"


def _address(name: str, where: Place) -> str:
    kind, channel, language, level = where
    query = {"kind": kind} if name == "wording" else {}
    return f"{reverse(name)}?{urlencode({**query, 'channel': channel, 'language': language, 'level': level})}"
