"""The words for how a person hears of it, and the life of a message."""

from django.db.models import TextChoices


class Channel(TextChoices):
    SMS = "sms", "Text"
    VOICE = "voice", "Call"
    WHATSAPP = "whatsapp", "WhatsApp"
    EMAIL = "email", "E-mail"
    STAFF = "staff", "Call by staff"
    WEBHOOK = "webhook", "Calendar"


class Purpose(TextChoices):
    OFFERS = "offers", "Openings"
    REMINDERS = "reminders", "Reminders"
    MARKETING = "marketing", "Marketing"
    DETAIL = "detail", "Naming whom they see and what for"  # consent to it; no message has it as its purpose


class ContactKind(TextChoices):
    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"


WRITTEN_BY = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}
KIND_OF = {Channel.SMS: ContactKind.PHONE, Channel.VOICE: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}


class Capability(TextChoices):
    UNKNOWN = "unknown", "Not known yet"
    OK = "ok", "Takes texts"
    NO = "no", "Takes no texts"


class Kind(TextChoices):
    """What a message is for. Each has its template and its place in the rules of contact."""

    OFFER = "offer", "Offer"
    FOLLOW_UP = "follow_up", "The time is still open"
    RETRACTED = "retracted", "Somebody was faster"
    WITHDRAWN = "withdrawn", "The time is no longer offered"
    BOOKED = "booked", "Booking confirmed"
    CHANGED = "changed", "Change confirmed"
    MOVED = "moved", "Their visit is at another time"
    CANCELLED = "cancelled", "Cancellation confirmed"
    ENDED = "ended", "Cancellation after the free minutes confirmed"
    LOST = "lost", "The clinic cancelled their visit"
    GONE = "gone", "Their visit was cancelled in the calendar"
    APOLOGY = "apology", "The calendar had that time taken"
    OPT_IN = "opt_in", "Asked to confirm consent"
    STOPPED = "stopped", "Opt-out confirmed"
    ANSWER = "answer", "Answer to a reply"
    REMINDER = "reminder", "Reminder of a visit"
    STILL = "still", "Asked whether they still want it"
    PASSCODE = "passcode", "Code to their own page"
    DESK = "desk", "Written by staff"
    TEST = "test", "Test to one of the team"
    ALERT = "alert", "To staff"
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


class OutageCause(TextChoices):
    """Why nothing goes out by a channel."""

    UNREACHABLE = "unreachable", "The provider cannot be reached"
    ACCOUNT = "account", "The provider does not accept our account"
    BY_HAND = "by_hand", "Stopped by hand"


class Rule(TextChoices):
    """Why a message did not go out: a rule of contact forbade it, or what it says was no longer true."""

    NO_CONTACT = "no_contact", "No number or address"
    NO_CONSENT = "no_consent", "No consent recorded"
    STOPPED = "stopped", "Opted out"
    TAKES_NO_TEXTS = "takes_no_texts", "Their number takes no texts"
    OFFERS_PER_DAY = "offers_per_day", "Enough offers today"
    OFFERS_PER_WEEK = "offers_per_week", "Enough offers this week"
    OFFERS_PER_MONTH = "offers_per_month", "Enough offers this month"
    TEXTS_PER_DAY = "texts_per_day", "Enough texts in 24 hours"
    OUTSIDE_HOURS = "outside_hours", "Outside the hours they may be texted or called"
    MAIL_TOO_SLOW = "mail_too_slow", "An e-mail would be read too late"
    MONEY_SPENT = "money_spent", "The clinic's money for messages is spent this month"
    OTHER_CHANNEL = "other_channel", "Cannot be told by the channels of this wave"
    NOT_LAUNCHED = "not_launched", "Only Platinum patients are asked so far"
    REHEARSAL = "rehearsal", "Dry run: it would have been sent"

    TOO_LATE = "too_late", "Too late to be of use"
    OFFER_OVER = "offer_over", "The offer was over"
    NEVER_TOLD = "never_told", "They were never told of the offer"
    NOT_BOOKED = "not_booked", "The booking no longer stands"
    VISIT_MOVED = "visit_moved", "The visit is at another time now"
    KNOWN = "known", "They know that time already"
    ON_AGAIN = "on_again", "The visit is on again"
    SAID_SO = "said_so", "They had said meanwhile whether they still want it"
    ACCESS_ENDED = "access_ended", "They do not work there any more"
    BROADCAST = "broadcast", "Told on the page only: too many were asked"


MESSAGE_MOVES = {
    MessageStatus.SENDING: {MessageStatus.PENDING},
    # Surely not sent, or surely not received: try again.
    MessageStatus.PENDING: {MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.SENT},
    # From pending, too: a receipt may come for a message we had given up as never sent.
    MessageStatus.SENT: {MessageStatus.PENDING, MessageStatus.SENDING, MessageStatus.UNKNOWN},
    MessageStatus.UNKNOWN: {MessageStatus.SENDING},
    MessageStatus.DELIVERED: {
        MessageStatus.PENDING,
        MessageStatus.SENDING,
        MessageStatus.UNKNOWN,
        MessageStatus.SENT,
    },
    MessageStatus.UNDELIVERED: {
        MessageStatus.PENDING,
        MessageStatus.SENDING,
        MessageStatus.UNKNOWN,
        MessageStatus.SENT,
    },
    MessageStatus.FAILED: {
        MessageStatus.PENDING,
        MessageStatus.SENDING,
        MessageStatus.UNKNOWN,
        MessageStatus.SENT,
    },
    MessageStatus.REFUSED: {MessageStatus.PENDING},
    MessageStatus.DROPPED: {MessageStatus.PENDING},
}

REACHED_CARRIER = (
    MessageStatus.SENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.UNKNOWN,
)

UNFINISHED = (MessageStatus.PENDING, MessageStatus.SENDING, MessageStatus.UNKNOWN)
