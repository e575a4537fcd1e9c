"""The first-run checklist: ticked by the system where it can see, by an admin where it cannot."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from notifications.consent.texts import READ_ALOUD, TEXTS
from waitlist import access, first_run
from waitlist.forms import point_out
from waitlist.states import Role, SetupStep
from waitlist.templatetags.standby import address
from waitlist.views.answer import typed

STEPS = (  # name, what it is called, what it is for, where it is done
    (SetupStep.BRAND, "10DLC brand", "Carriers block texts of businesses they do not know. Register yours with your"
     " provider; it takes days, so begin with it.", ""),
    (SetupStep.CAMPAIGN, "10DLC campaign", "What you text for, under that brand: say that patients are offered times"
     " that came free, and join your number to it. It is looked at apart from the brand.", ""),
    (SetupStep.BAA, "BAA with your messaging provider", "HIPAA, 45 CFR 164.504(e): whoever carries your patients’"
     " messages signs a business associate agreement first.", ""),
    ("sender", "A number texts come from", "The one that is registered.", "clinic"),
    ("consent", "The sentence of consent", "Read aloud at the desk, and kept by its version with each yes (47 CFR"
     " 64.1200: prior express consent).", "join-page"),
    ("policy", "How times are filled", "Who is asked first, how many at once.", "policies"),
    ("import", "Your patients", "From a CSV file, or added one by one.", "imports"),
    ("calendar", "Your calendar tells of cancellations", "Ticked when its first event was applied. Until then cancel"
     " here by hand.", "connections"),
    ("test", "A test text to yourself", "By the very way patients’ texts go; ticked when the carrier says that it"
     " arrived.", ""),
    ("launch", "The dry run is over", "Let it run for some days, look at the figures, then go on with Platinum"
     " patients.", "launch"),
)  # fmt: skip


class TestForm(forms.Form):
    """Where to."""

    phone = forms.CharField(label="Your mobile number", max_length=20, widget=forms.TextInput(attrs={"type": "tel"}))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Every step, how it stands, and the way to it; a POST sends the test text."""
    mine = access.get_member(request, Role.ADMIN)
    clinic, now = mine.clinic, timezone.now()
    form = TestForm(typed(request))
    if access.sent_from_elsewhere(request, clinic, "sent"):
        return redirect("start")
    if request.method == "POST" and form.is_valid():
        try:
            sent = first_run.send_test(clinic, form.cleaned_data["phone"], by=mine.user, now=now)
        except ValidationError as error:
            point_out(error, form)
        else:
            if sent is None:
                messages.warning(request, "Five tests an hour are enough. Nothing was sent.")
            else:
                messages.success(request, "The test text is on its way. This page shows when it has arrived.")
            return redirect("start")
    seen = first_run.look(clinic)
    steps = [
        {
            "key": str(key),
            "name": name,
            "text": text,
            "url": address(where) if where else None,
            "is_done": seen.done[str(key)],
            "said": seen.said.get(str(key)),
            "is_said": key in SetupStep.values,
        }
        for key, name, text, where in STEPS
    ]
    context = {"clinic": clinic, "steps": steps, "seen": seen, "form": form, "forms": [form], "now": now}
    return render(request, "waitlist/start.html", context | {"sentence": TEXTS[READ_ALOUD]})


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """An admin says that a step is done, or takes it back."""
    mine = access.get_member(request, Role.ADMIN)
    step = request.POST.get("step", "")
    if step not in SetupStep.values or access.sent_from_elsewhere(request, mine.clinic, "changed"):
        return redirect("start")
    is_done = request.POST.get("done") == "1"
    first_run.say(mine.clinic, SetupStep(step), is_done, by=mine.user, now=timezone.now())
    return redirect("start")
