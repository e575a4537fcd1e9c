"""The words for how a person hears of it, and the life of a message."""

from django.db.models import TextChoices


class Channel(TextChoices):
    SMS = "sms", "Text"
    VOICE = "voice", "Call"
    WHATSAPP = "whatsapp", "WhatsApp"
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Calendar"


class Purpose(TextChoices):
    OFFERS = "offers", "Openings"
    REMINDERS = "reminders", "Reminders"
    MARKETING = "marketing", "Marketing"


class ContactKind(TextChoices):
    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"


class Capability(TextChoices):
    UNKNOWN = "unknown", "Not known yet"
    OK = "ok", "Takes texts"
    NO = "no", "Takes no texts"


class Kind(TextChoices):
    """What a message is for. Each has its template and its place in the rules of contact."""

    OFFER = "offer", "Offer"
    RETRACTED = "retracted", "Somebody was faster"
    WITHDRAWN = "withdrawn", "The time is no longer offered"
    BOOKED = "booked", "Booking confirmed"
    CANCELLED = "cancelled", "Cancellation confirmed"
    APOLOGY = "apology", "The calendar had that time taken"
    OPT_IN = "opt_in", "Asked to confirm consent"
    STOPPED = "stopped", "Opt-out confirmed"
    ANSWER = "answer", "Answer to a reply"
    WRITEBACK = "writeback", "To the clinic's calendar"


class MessageStatus(TextChoices):
    PENDING = "pending", "Waiting to go"
    SENDING = "sending", "On its way out"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Not delivered"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Perhaps sent"
    REFUSED = "refused", "Not sent: a rule forbade it"
    DROPPED = "dropped", "Not sent: no longer true"


MESSAGE_MOVES = {
    MessageStatus.SENDING: {MessageStatus.PENDING},
    MessageStatus.PENDING: {MessageStatus.SENDING, MessageStatus.UNKNOWN},  # surely not sent: try again
    MessageStatus.SENT: {MessageStatus.SENDING, MessageStatus.UNKNOWN},
    MessageStatus.UNKNOWN: {MessageStatus.SENDING},
    MessageStatus.DELIVERED: {MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.SENT},
    MessageStatus.UNDELIVERED: {MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.SENT},
    MessageStatus.FAILED: {MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.SENT},
    MessageStatus.REFUSED: {MessageStatus.PENDING},
    MessageStatus.DROPPED: {MessageStatus.PENDING},
}

REACHED_CARRIER = (
    MessageStatus.SENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.UNKNOWN,
)
