"""The life of an offer: every state, every legal move."""

from django.db.models import TextChoices
from django.utils.translation import gettext_noop


class OfferState(TextChoices):
    PENDING = "pending", "Asked"
    ACCEPTED = "accepted", "Said yes"
    DECLINED = "declined", "Said no"
    EXPIRED = "expired", "No answer"
    RETRACTED = "retracted", "Somebody was faster"
    RETURNED = "returned", "Took it, gave it back"


MAY_ANSWER = (OfferState.PENDING, OfferState.EXPIRED)  # a late yes counts while the time is free
BY_PATIENT = {OfferState.PENDING, OfferState.EXPIRED, OfferState.RETRACTED}  # late, but still free
BY_STAFF = BY_PATIENT | {OfferState.DECLINED, OfferState.RETURNED}  # they changed their mind on the phone

OFFER_MOVES = {
    OfferState.ACCEPTED: BY_STAFF,
    OfferState.DECLINED: {*MAY_ANSWER},
    OfferState.EXPIRED: {OfferState.PENDING},
    OfferState.RETRACTED: {OfferState.PENDING, OfferState.EXPIRED},  # expired: late, but it was kept for them
    OfferState.PENDING: BY_STAFF,  # asked again as reserve or by a link, also where they could still answer
    OfferState.RETURNED: {OfferState.ACCEPTED},
}


# Taken back by staff: a link of theirs says no more than that, also while the time is free.
TAKEN_BACK = {"state": OfferState.RETRACTED, "answered_by": "staff"}
# Taken back before it was made: no wave asks this patient, and they do not choose it among others.
LEFT_OUT = {"wave": 0, **TAKEN_BACK}


class Reserve(TextChoices):
    """What somebody wants who was too late, should the time come free again."""

    NONE = "", "—"
    ASK = "ask", "Ask first"
    BOOK = "book", "Book at once"
    ASKED = "asked", "Being asked"


IN_LINE = [Reserve.ASK, Reserve.BOOK]
MAY_BE_RESERVE = {OfferState.PENDING, OfferState.EXPIRED, OfferState.RETRACTED}  # who said no, or gave it back, may not


class Order(TextChoices):
    """In what order the people of one wave are asked; then always by id."""

    SCORE = "score", "Best match first, then whoever was asked least, then whoever waits longest"
    FIFO = "fifo", "Whoever waits longest first"
    VALUE = "value", "Whoever spent most in the last 12 months first"


class DeclineReason(TextChoices):
    TOO_SOON = "too_soon", gettext_noop("Too soon")
    WRONG_TIME = "wrong_time", gettext_noop("Wrong time")
    OTHER_PROVIDER = "other_provider", gettext_noop("I want another provider")
    NOT_NEEDED = "not_needed", gettext_noop("No longer needed")


class CallResult(TextChoices):
    """What became of a call of the staff that did not settle what it was about."""

    NO_ANSWER = "no_answer", "No answer"
    VOICEMAIL = "voicemail", "Voicemail"
    AGAIN = "again", "Call again"
    WRONG = "wrong", "Wrong number"


class Override(TextChoices):
    """Why staff book somebody by hand over offers that are out."""

    URGENT = "urgent", "It is urgent"
    PROMISED = "promised", "It was promised to them"
    PRACTITIONER = "practitioner", "The practitioner asks for them"
    ON_THE_PHONE = "on_the_phone", "They are on the phone or at the desk, and nobody has answered"
    OTHER = "other", "Another reason"
