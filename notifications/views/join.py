"""The join page: somebody puts themselves on a clinic's list; their number has to confirm it."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from audit.middleware import remote_addr
from audit.models import ActorKind
from audit.trail import Actor, acting
from notifications.consent import texts
from notifications.views import framing
from waitlist import joining
from waitlist.forms import are_valid, point_out
from waitlist.forms.joining import JoinForm
from waitlist.forms.wishes import WindowFormSet, opening_hours, windows_of
from waitlist.joins import Agreed
from waitlist.models import Clinic
from waitlist.views.answer import typed

TOO_MANY = gettext_noop(
    "Too many forms have come from your connection in the last hour. Please try again later, or call us."
)


@csrf_exempt  # framing.refused looks at it: a frame on the clinic's own site keeps no cookies
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; once it is sent, everybody gets the same answer, known or not."""
    clinic = get_object_or_404(Clinic, slug=slug, takes_joins=True)
    if request.method == "POST" and (refusal := framing.refused(request)) is not None:
        return refusal
    data, status = typed(request), 200
    version = texts.join_version(get_language() or "")
    sentence = texts.join_sentence(clinic, version)
    form = JoinForm(clinic, data)
    windows = WindowFormSet(data, prefix="t", initial=[opening_hours(clinic)])
    if data is not None and form.is_a_robot:
        return redirect("join-sent", slug)
    if data is not None and are_valid(form, windows):
        agreed = Agreed(sentence, version, remote_addr(request))
        try:
            with acting(Actor(kind=ActorKind.PATIENT, remote_addr=remote_addr(request))):
                asked = joining.ask(clinic, form.person(), form.wish(windows_of(windows)), agreed, now=timezone.now())
        except ValidationError as error:
            point_out(error, form)
        else:
            if asked:
                return redirect("join-sent", slug)
            form.add_error(None, gettext(TOO_MANY))
            status = 429
    context = {
        "clinic": clinic,
        "form": form,
        "windows": windows,
        "forms": [form, *windows.forms],
        "sentence": sentence,
    }
    return framing.may_be_framed(render(request, "notifications/join.html", context, status=status), clinic)


@login_not_required
@require_safe
def sent(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens next, the same for everybody."""
    clinic = get_object_or_404(Clinic, slug=slug, takes_joins=True)
    return framing.may_be_framed(render(request, "notifications/join_sent.html", {"clinic": clinic}), clinic)
