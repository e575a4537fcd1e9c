"""Signing in, choosing the clinic, and the page that leads to every setting."""

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from waitlist import access
from waitlist.states import Role
from waitlist.templatetags.standby import address

GROUPS = {  # in this order on the page; what is in none stands at the end
    "Your clinic": ("start", "launch", "clinic", "locations", "practitioners", "services", "team"),
    "Closed or busy": ("closures", "holidays", "surge-days"),
    "Who is asked": ("policies", "tiers", "score", "earlier-times"),
    "What patients hear": ("wordings", "contacting", "reminders", "still-wanted", "join-page", "cancelling"),
    "Other systems": ("connections", "imports", "checks"),
}
SETTINGS = (  # address by name, who may open it, what it is called, what for
    ("start", Role.ADMIN, "First run", "What has to be done before patients are texted, ticked as it is done."),
    ("launch", Role.ADMIN, "Launch", "A dry run, then Platinum patients, then everyone; with what was measured."),
    ("clinic", Role.ADMIN, "Clinic", "Name, phone, time zone, and the number your texts come from."),
    ("locations", Role.MANAGER, "Locations and hours", "Where patients come to, and when it is open."),
    ("practitioners", Role.MANAGER, "Practitioners", "Who gives services, and what in."),
    ("team", Role.ADMIN, "Users and roles", "Who works here and as what; invite somebody, or end it."),
    ("tiers", Role.MANAGER, "Tiers", "Who is Platinum, Gold or Silver, by visits, spend and show rate."),
    ("score", Role.MANAGER, "Matching score", "What makes somebody the right person for a free time, in points."),
    (
        "policies",
        Role.MANAGER,
        "Policies",
        "How free times are filled: who is asked first, how many at once, and what goes by itself.",
    ),
    (
        "wordings",
        Role.MANAGER,
        "Messages",
        "What patients read, in your words or ours, in each language; and how much of it names somebody.",
    ),
    (
        "contacting",
        Role.MANAGER,
        "When and how often",
        "Hours, days off, how many offers and texts, and what messages may cost.",
    ),
    (
        "reminders",
        Role.MANAGER,
        "Reminders",
        "Whether Standby reminds patients of their visits. Off where your own calendar does.",
    ),
    (
        "still-wanted",
        Role.MANAGER,
        "Still wanted?",
        "Whoever has waited long is asked whether they still want it; without an answer the wish rests.",
    ),
    (
        "join-page",
        Role.MANAGER,
        "Join page",
        "Patients put themselves on your waitlist on the web, and confirm it by text.",
    ),
    (
        "services",
        Role.MANAGER,
        "Services",
        "How long, how dear, what it can stand in for; and what is asked after the yes.",
    ),
    (
        "cancelling",
        Role.MANAGER,
        "Cancellation fees",
        "What a patient owes who gives up a time they got through the waitlist, and how late is late.",
    ),
    (
        "earlier-times",
        Role.MANAGER,
        "Earlier times",
        "Whoever holds a visit far ahead waits for an earlier one by itself.",
    ),
    (
        "surge-days",
        Role.MANAGER,
        "Surge days",
        "Days in demand: more people are asked at once, and have less time to answer.",
    ),
    ("checks", Role.MANAGER, "Checks", "What must always be true here, looked at now, and what to do where it is not."),
    (
        "closures",
        Role.MANAGER,
        "Closures",
        "When you are closed: whole days or hours, one place or everywhere, one practitioner or all. Never refilled.",
    ),
    (
        "holidays",
        Role.MANAGER,
        "Public holidays and sick days",
        "Which of them close you, by country and state; and when a sick day is asked about before it is refilled.",
    ),
    (
        "connections",
        Role.ADMIN,
        "Calendars",
        "Which systems tell Standby about cancellations, and where bookings go back to.",
    ),
    (
        "imports",
        Role.ADMIN,
        "Import",
        "Practitioners, services, appointments, patients and the waitlist from CSV files.",
    ),
)


class SignIn(LoginView):
    """The sign-in form; afterwards everybody lands on the first page their role may open."""

    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        """Where they were going, but for this very page: that would go round and round."""
        wanted = super().get_redirect_url()
        return "" if wanted.partition("?")[0] == self.request.path else wanted

    def get_default_redirect_url(self) -> str:
        mine = access.memberships(self.request.user).first()
        if mine is not None and mine.role == Role.COMPLIANCE:
            return address("trail") or reverse("board")
        return reverse("board")


@require_POST
def switch_clinic(request: HttpRequest) -> HttpResponse:
    """Work at another clinic of theirs from now on."""
    chosen = request.POST.get("clinic", "")
    access.choose_clinic(request, access.row_id(chosen))
    return redirect("board")


@never_cache
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """What this member can set up, each as one line, those about the same thing together."""
    mine = access.get_member(request, Role.MANAGER)
    lines = {
        key: {"url": url, "name": name, "text": text}
        for key, role, name, text in SETTINGS
        if mine.role in access.MAY_ACT_AS[role] and (url := address(key)) is not None
    }
    groups = [(title, [lines.pop(key) for key in keys if key in lines]) for title, keys in GROUPS.items()]
    groups.append(("More", list(lines.values())))
    context = {"clinic": mine.clinic, "groups": [(title, rows) for title, rows in groups if rows]}
    return render(request, "waitlist/settings.html", context)
