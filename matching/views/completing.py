"""A booking link as its patient completes it: who they are, what the service asks, and the clinic's terms, accepted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from matching.answering.accepted import Accepted, digest
from matching.answering.outcomes import Claim
from matching.models import ExpressBooking, Offer
from matching.views import parting, steps
from notifications.models import PatientContact
from notifications.states import ContactKind

LONGEST_NAME = ExpressBooking._meta.get_field("name").max_length or 0
LONGEST_EMAIL = ExpressBooking._meta.get_field("email").max_length or 0
LONGEST_DEVICE = ExpressBooking._meta.get_field("device").max_length or 0
NO_NAME = gettext_noop("Please write your name.")
LONG_NAME = gettext_noop("Please write a shorter name.")
NO_EMAIL = gettext_noop("That is no e-mail address. Leave it empty if you have none.")
NOT_ACCEPTED = gettext_noop("Please tick that you accept the terms, or call us.")
CHANGED = gettext_noop("Our terms have changed since you opened this page. Please read them once more.")
ABOUT_IT = (Claim.OPEN, Claim.HELD)


@dataclass(frozen=True)
class Typed:
    """What they sent in, what is wrong with it by field, and what they accept where nothing is."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    details: str = field(repr=False)
    wrong: dict[str, str] = field(default_factory=dict)
    accepts: Accepted | None = None


@dataclass(frozen=True)
class Link:
    """What the page asks and shows: the terms as they are now, and whether their e-mail is not known yet."""

    typed: Typed
    terms: list[str]
    read: str
    asks_email: bool


def of(offer: Offer, outcome: str, typed: Typed | None) -> Link | None:
    """None where no link was sent, or nothing is left to complete."""
    if offer.link_sent_at is None or outcome not in ABOUT_IT:
        return None
    terms = parting.in_full(offer.slot, offer.patient)
    typed = typed or Typed(name=f"{offer.patient.first_name} {offer.patient.last_name}".strip(), email="", details="")
    return Link(typed, terms.split("\n"), digest(terms), asks_email=not _has_email(offer))


def accepted(offer: Offer) -> ExpressBooking | None:
    """What they accepted for the visit they have now."""
    if offer.link_sent_at is None:
        return None
    return ExpressBooking.objects.filter(offer=offer, appointment=offer.slot.filled_by_id).first()


def read(sent: QueryDict, offer: Offer) -> Typed:
    """As a browser sends it. Terms count as accepted only as they stood on that page, in whichever language."""
    name, email = (sent.get(field, "").replace("\0", "").strip() for field in ("name", "email"))
    details, unanswered = steps.answer(sent, offer)
    shown = next((one for one in _terms(offer) if digest(one[1]) == sent.get("read")), None)
    wrong = {
        "name": NO_NAME if not name else LONG_NAME if len(name) > LONGEST_NAME else "",
        "email": "" if not email or _is_email(email) else NO_EMAIL,
        "accept": CHANGED if shown is None else "" if sent.get("accept") == "1" else NOT_ACCEPTED,
    }
    wrong = {field: gettext(words) for field, words in wrong.items() if words}
    if unanswered:
        wrong["details"] = unanswered
    accepts = Accepted(terms=shown[1], language=shown[0], name=name, email=email) if shown and not wrong else None
    return Typed(name=name, email=email, details=details, wrong=wrong, accepts=accepts)


def _terms(offer: Offer) -> Iterator[tuple[str, str]]:
    """In every language our pages speak: theirs may have been chosen on the page."""
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            yield language, parting.in_full(offer.slot, offer.patient)


def _is_email(written: str) -> bool:
    try:
        validate_email(written)
    except ValidationError:
        return False
    return len(written) <= LONGEST_EMAIL


def _has_email(offer: Offer) -> bool:
    theirs = PatientContact.objects.filter(patient=offer.patient_id, contact_point__clinic=offer.slot.clinic_id)
    return theirs.filter(contact_point__kind=ContactKind.EMAIL).exists()
