"""The clinic's policies: which there are, what each does, which is followed where; and changing one."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from matching.forms import PolicyEditor, UseForm, changed
from matching.models import PolicyVersion
from matching.policy import policies, policy_rules, policy_words, policybook
from matching.policy.policies import Policy
from matching.policy.presets import PRESETS, Preset, called
from matching.views.policy_timeline import timelines
from waitlist import access
from waitlist.models import Clinic
from waitlist.states import Autopilot, Role
from waitlist.views.answer import typed

ROWS = PolicyVersion.objects.select_related("clinic")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every policy of the clinic in a sentence, and which of them is followed where."""
    clinic = access.get_clinic(request, Role.MANAGER)
    if access.sent_from_elsewhere(request, clinic):
        return redirect("policies")
    newest = policybook.newest(clinic)
    form = UseForm(clinic, newest, typed(request))
    if request.method == "POST" and form.is_valid():
        count = policybook.assign(clinic, default=form.cleaned_data["default"], services=form.chosen())
        messages.success(request, "Saved: times that open from now on follow it." if count else "Nothing to change.")
        return redirect("policies")
    rows = [
        {
            "version": version,
            "sentence": policy_words.summary(policies.load(version.document)),
            "is_default": clinic.policy is not None and clinic.policy.name == name,
            "services": [one.name for one in form.services if one.policy is not None and one.policy.name == name],
        }
        for name, version in newest.items()
    ]
    return render(request, "matching/policies.html", {"clinic": clinic, "rows": rows, "form": form, "forms": [form]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A policy of the clinic's own, from one of the presets."""
    clinic = access.get_clinic(request, Role.MANAGER)
    preset = PRESETS.get(request.GET.get("from", ""))
    if preset is None or access.sent_from_elsewhere(request, clinic):
        return render(request, "matching/policy_new.html", {"clinic": clinic, "presets": PRESETS.values()})
    editor = _editor(request, _start(preset, clinic), is_new=True)
    policy = _checked(request, editor)
    if policy is not None and request.POST.get("do") == "save":
        saved = policybook.save(clinic, policy, after=0, now=timezone.now())
        if saved is not None:
            messages.success(request, f"“{saved.name}” is saved. Choose below who follows it.")
            return redirect("policies")
        editor.common.add_error("name", "There is a policy of that name already: give it another.")
        policy = None
    address = f"{reverse('policy-new')}?from={preset.name}"
    return _page(request, clinic, editor, policy, address, {"preset": preset})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: the newest can be changed, which makes the next; older ones can be read."""
    version = access.get_row(request, ROWS, Role.MANAGER, pk=pk)
    known = policybook.versions(version)
    if request.method != "POST" and version != known[0]:
        return _old(request, version, known)
    editor = _editor(request, policies.load(version.document), is_new=False)
    edited = _checked(request, editor)
    if edited is not None and request.POST.get("do") == "save":
        saved = policybook.save(version.clinic, edited, after=version.version, now=timezone.now())
        if saved is not None:
            messages.success(request, _said(saved, version))
            return redirect("policy", saved.pk)
        known = policybook.versions(version)
        text = f"Version {known[0].version} was saved meanwhile. Yours is below: look at theirs, or save again."
        editor.common.add_error(None, text)
    return _page(request, version.clinic, editor, edited, reverse("policy", args=[known[0].pk]), {"versions": known})


def _editor(request: HttpRequest, start: Policy, *, is_new: bool) -> PolicyEditor:
    data = changed(request.POST, request.POST.get("do", "")) if request.method == "POST" else None
    return PolicyEditor(start, data, is_new=is_new)


def _checked(request: HttpRequest, editor: PolicyEditor) -> Policy | None:
    """The policy as typed if nothing is wrong with it; else what is wrong stands at its field."""
    if request.method != "POST":
        return None
    edited = editor.policy()
    return edited if edited is not None and editor.point_out(edited) else None


def _start(preset: Preset, clinic: Clinic) -> Policy:
    """The preset with the clinic's threshold, under a name that is free."""
    newest = policybook.newest(clinic)
    taken = {name.casefold() for name in (*newest, *map(called, newest))}
    names = [preset.label, *(f"{preset.label} {n}" for n in range(2, len(taken) + 3))]
    return replace(preset.make(clinic.threshold), name=next(n for n in names if n.casefold() not in taken))


def _said(saved: PolicyVersion, before: PolicyVersion) -> str:
    if saved == before:
        return "Nothing was changed."
    return f"Saved as version {saved.version}. Times that open from now on follow it; those open already keep theirs."


def _page(
    request: HttpRequest, clinic: Clinic, editor: PolicyEditor, edited: Policy | None, address: str, more: dict
) -> HttpResponse:
    shown = editor.start if request.method != "POST" else edited
    context = {
        "clinic": clinic,
        "editor": editor,
        "forms": editor.forms if request.POST.get("do") in ("check", "save") else [],
        "address": address,
        "sentence": policy_words.summary(shown) if shown else "",
        "timelines": timelines(shown) if shown else [],
        "most_waves": policy_rules.MOST_WAVES,
    }
    return render(request, "matching/policy.html", context | more)


def _old(request: HttpRequest, version: PolicyVersion, known: list[PolicyVersion]) -> HttpResponse:
    old = policies.load(version.document)
    context = {
        "clinic": version.clinic,
        "version": version,
        "newest": known[0],
        "versions": known,
        "sentence": policy_words.summary(old),
        "timelines": timelines(old),
        "facts": [(label, getattr(old, name)) for name, (label, _, _) in policy_rules.POLICY_RANGES.items()],
        "starts": Autopilot(old.autopilot).label,
    }
    return render(request, "matching/policy_version.html", context)
