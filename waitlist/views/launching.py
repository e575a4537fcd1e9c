"""The launch: a dry run, then Platinum patients, then everyone; beside the switch what was measured. For admins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit import heart
from matching import readiness
from waitlist import access, launching
from waitlist.states import Launch, Role

MEANS = {
    Launch.REHEARSAL: "Everything runs but the sending: waves, windows, rules and figures. What would have gone to a"
    " patient or your calendar stands in the outbox as “would have been sent”, and never goes later. Your team"
    " is still told of what waits. Who joins on the web meanwhile is not asked to confirm.",
    Launch.PLATINUM: "Offers go to Platinum patients only; of others the slot’s page says why not. Word of visits,"
    " reminders and answers go to everyone they concern.",
    Launch.EVERYONE: "Offers go to whoever your policy asks.",
}
DONE = {
    Launch.REHEARSAL: "Nothing goes out to patients any more. What was on its way already may still arrive.",
    Launch.PLATINUM: "Platinum patients are asked from now on.",
    Launch.EVERYONE: "Everyone is asked from now on, as your policy says.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Where it stands and the figures; what is chosen is asked about once more before it holds."""
    clinic, now = access.get_clinic(request, Role.ADMIN), timezone.now()
    if access.sent_from_elsewhere(request, clinic, "changed"):
        return redirect("launch")
    stands, to = Launch(clinic.launch), request.POST.get("to", "")
    if request.method == "POST" and to not in Launch.values:
        messages.warning(request, "Nothing was chosen, so nothing was changed.")
        return redirect("launch")
    if request.method == "POST" and request.POST.get("sure"):
        seen = request.POST.get("seen", "")
        if seen in Launch.values and launching.turn(clinic, Launch(to), seen=Launch(seen), now=now):
            messages.success(request, DONE[Launch(to)])
        else:
            messages.warning(request, "Somebody else has turned it since. Nothing was changed: look again.")
        return redirect("launch")
    context = {
        "clinic": clinic,
        "stands": stands,
        "steps": [(step, step.label, MEANS[step], step == stands) for step in Launch],
        "ready": readiness.of(clinic, now=now),
        "checkup": heart.last_checkup(clinic.pk),
        "to": Launch(to) if to else None,
        "means": MEANS[Launch(to)] if to else "",
    }
    return render(request, "waitlist/launch_sure.html" if to and to != stands else "waitlist/launch.html", context)
