"""What a manager tunes: what the tiers ask for, and how the score is weighed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from waitlist import access, tiering, tuning
from waitlist.forms import point_out
from waitlist.forms.tuning import ScoreForm, TierForm, adds_up_to
from waitlist.states import Role, Tier
from waitlist.templatetags.standby import money
from waitlist.tiers import PRESETS, Rules
from waitlist.views.answer import typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tiers(request: HttpRequest) -> HttpResponse:
    """Thresholds, and who would be what by them; “check” counts and changes nothing, a preset only fills the form."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("tiers")
    data, preset = typed(request), PRESETS.get(request.GET.get("preset", ""))
    in_use = tiering.rules_of(clinic)
    form = TierForm(data, initial=TierForm.of(preset or in_use))
    proposed = form.rules() if data is not None and form.is_valid() else preset
    if data is not None and "check" not in data and form.is_valid():
        try:
            moved = tuning.set_tiers(clinic, form.rules(), now=timezone.now())
        except ValidationError as error:
            point_out(error, form)
            proposed = None
        else:
            messages.success(request, f"Saved. {_patients(moved)} changed tier.")
            return redirect("tiers")
    counted = tiering.census(clinic, proposed or in_use)
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form],
        "presets": [(name, _in_words(rules), rules == in_use) for name, rules in PRESETS.items()],
        "is_proposed": proposed is not None,
        "counted": counted,
        "rows": [(Tier(tier).label, counted.now[tier], counted.then[tier]) for tier in Tier],
        "moving": f"{_patients(counted.moving)} would change tier",
    }
    return render(request, "waitlist/tiers.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def score(request: HttpRequest) -> HttpResponse:
    """What each part of the score is worth; “check” only adds up."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("score")
    data = typed(request)
    form = ScoreForm(data, initial=ScoreForm.of(clinic))
    if data is not None and "check" not in data and form.is_valid():
        try:
            follow = tuning.set_score(clinic, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            point_out(error, form)
        else:
            messages.success(request, f"Saved. From now on people are ranked by these points.{_following(follow)}")
            return redirect("score")
    context = {
        "clinic": clinic,
        "form": form,
        "forms": [form],
        "is_right": form.total == 100,
        "total": adds_up_to(form.total),
    }
    return render(request, "waitlist/score.html", context)


def _following(count: int) -> str:
    if not count:
        return ""
    return " 1 policy follows the threshold." if count == 1 else f" {count} policies follow the threshold."


def _in_words(rules: Rules) -> str:
    span = "ever" if rules.counts_all_visits else "in 12 months"
    platinum = f"{rules.platinum_visits} visits {span} or {money(rules.platinum_spend_cents)} a year"
    gold = f"{rules.gold_visits} visits or {money(rules.gold_spend_cents)}"
    return f"Platinum from {platinum}, Gold from {gold}."


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"
