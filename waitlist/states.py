"""The lives of appointments, slots, entries and what other systems tell us: every state, every legal move."""

from django.db.models import TextChoices


class AppointmentStatus(TextChoices):
    """FHIR's words (hl7.org/fhir/R4/valueset-appointmentstatus) for the four we use."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    FULFILLED = "fulfilled"
    NOSHOW = "noshow"


APPOINTMENT_MOVES = {
    AppointmentStatus.CANCELLED: {AppointmentStatus.BOOKED},
    AppointmentStatus.FULFILLED: {AppointmentStatus.BOOKED, AppointmentStatus.NOSHOW},
    AppointmentStatus.NOSHOW: {AppointmentStatus.BOOKED, AppointmentStatus.FULFILLED},
    AppointmentStatus.BOOKED: {AppointmentStatus.CANCELLED},  # un-cancelled at the source
}

# It is known whether the patient came.
OVER_STATUSES = (AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW)


class ConfirmedVia(TextChoices):
    """How a patient said that they will be there."""

    UNSAID = "", "—"
    LINK = "link", "By the link"
    REPLY = "reply", "By text"
    CALL = "call", "On the phone"
    STAFF = "staff", "Told to staff"


class CancelledBy(TextChoices):
    """Whose wish the end of a visit was: it says who is told what, and whether anything is owed."""

    UNSAID = "", "—"  # put off to another time, or never to be: nobody is told
    PATIENT = "patient", "The patient"
    CLINIC = "clinic", "The clinic"
    UNKNOWN = "unknown", "Somebody, in the calendar"  # often the desk, for a patient who rang: no blame


class FeeRule(TextChoices):
    """Which part of the terms applies (decision R18)."""

    GRACE = "grace", "In the first minutes after the yes"
    MOVED = "moved", "The clinic moved it: nobody said yes to that time"
    CLOSED = "shut", "The clinic is closed then"
    EARLY = "early", "With enough notice"
    LATE = "late", "Inside the notice"


class FeeStatus(TextChoices):
    OWED = "owed", "Owed"
    WAIVED = "waived", "Let go"
    SETTLED = "settled", "Settled at the desk"


FEE_MOVES = {
    FeeStatus.OWED: {FeeStatus.WAIVED},  # the visit was on again and is cancelled again
    FeeStatus.WAIVED: {FeeStatus.OWED},
    FeeStatus.SETTLED: {FeeStatus.OWED},
}


class SlotState(TextChoices):
    OPEN = "open", "Open"
    OFFERING = "offering", "Asking"
    HELD = "held", "Held"
    FILLED = "filled", "Filled"
    EXPIRED = "expired", "Ran out"
    WITHDRAWN = "withdrawn", "Stopped"


LIVE_SLOT_STATES = (SlotState.OPEN, SlotState.OFFERING, SlotState.HELD)

SLOT_MOVES = {
    SlotState.OPEN: {SlotState.OFFERING, SlotState.HELD, SlotState.FILLED},  # given back, or nobody asked now
    SlotState.OFFERING: {SlotState.OPEN, SlotState.HELD},
    SlotState.HELD: {SlotState.OPEN, SlotState.OFFERING},
    SlotState.FILLED: {SlotState.OPEN, SlotState.OFFERING, SlotState.HELD},
    SlotState.EXPIRED: {SlotState.OPEN, SlotState.OFFERING},
    SlotState.WITHDRAWN: {SlotState.OPEN, SlotState.OFFERING, SlotState.HELD, SlotState.FILLED},
}


class OpenedBecause(TextChoices):
    CANCELLED = "cancelled", "Cancelled"
    MOVED = "moved", "Moved"
    BY_HAND = "by_hand", "Opened by hand"
    ANEW = "anew", "Opened anew after a dry run"


class ClosedBecause(TextChoices):
    """Why a slot stopped being live without being filled by its own cascade."""

    NONE = "", "—"
    KEPT_EMPTY = "kept_empty", "Kept empty"
    CLOSURE = "closure", "Closed then"
    STOPPED = "stopped", "Stopped by staff"
    PAST = "past", "Nobody took it in time"
    TOO_NEAR = "too_near", "Too near to ask anybody"
    REBOOKED = "rebooked", "Booked in the clinic's calendar"
    UNCANCELLED = "uncancelled", "The cancellation was taken back"
    REHEARSED = "rehearsed", "Rehearsed; opened anew after the dry run"


BOOKED_AGAIN = (ClosedBecause.UNCANCELLED, ClosedBecause.REBOOKED)  # by whoever had the time, or by the calendar


class EntryStatus(TextChoices):
    ACTIVE = "active", "Waiting"
    PAUSED = "paused", "Paused"
    BOOKED = "booked", "Booked"
    REMOVED = "removed", "Removed"


WAITING_STATUSES = (EntryStatus.ACTIVE, EntryStatus.PAUSED)

ENTRY_MOVES = {
    EntryStatus.ACTIVE: {EntryStatus.PAUSED, EntryStatus.BOOKED},
    EntryStatus.PAUSED: {EntryStatus.ACTIVE},
    EntryStatus.BOOKED: {EntryStatus.ACTIVE, EntryStatus.PAUSED},
    EntryStatus.REMOVED: {EntryStatus.ACTIVE, EntryStatus.PAUSED, EntryStatus.BOOKED},  # its visit ended, they left
}


class Origin(TextChoices):
    """Where a wish began: what a manager is shown of each way onto the list."""

    UNSAID = "", "Not noted"  # before it was
    DESK = "desk", "At the desk"
    IMPORT = "import", "By import"
    WEB = "web", "The join page"
    RULE = "rule", "Your rule for earlier times"
    CANCEL_DESK = "cancelled", "Cancelling at the desk"
    CANCEL_PAGE = "gave_up", "The page of a cancelled visit"
    TAKEN_PAGE = "taken", "The page of a time that was taken"
    VISIT_PAGE = "visit", "The page of their visit"
    REMINDER = "reminder", "A reminder that asked"
    OWN_PAGE = "own_page", "Their own page"


BY_CANCELLATION = (Origin.CANCEL_DESK, Origin.CANCEL_PAGE)


class Bulk(TextChoices):
    """What is done to several wishes at once."""

    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    REMOVE = "remove", "Take off the list"


class Why(TextChoices):
    """Staff's reason for it: a choice, so that no name gets into the trail."""

    ASKED = "asked", "They asked for it"
    AWAY = "away", "Away, or not well"
    BACK = "back", "Back again"
    SILENT = "silent", "Does not answer"
    ELSEWHERE = "elsewhere", "Went elsewhere, or needs it no more"
    TIDY = "tidy", "Clearing up the list"


class NotTaught(TextChoices):
    """Why the reason of a no could not be taken into a wish: nothing would be left to wait for."""

    NO_NOTICE = "no_notice", "More notice would leave no time to wait for"
    NO_TIME = "no_time", "Without that part of the week no time would be left"
    NOBODY = "nobody", "Without that practitioner nobody would be left"


class EventStatus(TextChoices):
    """What became of an event another system told us."""

    RECEIVED = "received", "Waiting to be applied"
    APPLIED = "applied", "Applied"
    IGNORED = "ignored", "Changed nothing"
    REJECTED = "rejected", "Needs attention"


class WritebackStatus(TextChoices):
    """How far a booking or cancellation of ours has got into the clinic's own calendar."""

    QUEUED = "queued", "On its way to the calendar"
    CONFIRMED = "confirmed", "In the calendar"
    TASK = "task", "Enter in calendar"
    DONE = "done", "Entered by staff"
    CONFLICT = "conflict", "The calendar had that time taken"


# Owed once more when the same visit is cancelled again.
SETTLED_WRITEBACKS = (WritebackStatus.CONFIRMED, WritebackStatus.DONE, WritebackStatus.CONFLICT)

WRITEBACK_MOVES = {
    WritebackStatus.QUEUED: {WritebackStatus.TASK, *SETTLED_WRITEBACKS},
    WritebackStatus.CONFIRMED: {WritebackStatus.QUEUED},
    WritebackStatus.TASK: {WritebackStatus.QUEUED},
    WritebackStatus.DONE: {WritebackStatus.TASK, WritebackStatus.CONFLICT},
    WritebackStatus.CONFLICT: {WritebackStatus.QUEUED},
}


class Tier(TextChoices):
    PLATINUM = "1platinum", "Platinum"
    GOLD = "2gold", "Gold"
    SILVER = "3silver", "Silver"


class Launch(TextChoices):
    """How far a clinic has let its offers out."""

    REHEARSAL = "rehearsal", "Dry run: everything but sending"
    PLATINUM = "platinum", "Platinum patients only"
    EVERYONE = "everyone", "Everyone"


LAUNCHED = {Launch.PLATINUM: (Tier.PLATINUM,)}  # the tiers offers go to; else to all


class Role(TextChoices):
    FRONT_DESK = "front_desk", "Front desk"
    MANAGER = "manager", "Manager"
    COMPLIANCE = "compliance", "Compliance"
    ADMIN = "admin", "Admin"


class SetupStep(TextChoices):
    """What only a person can say is done before the first text goes out."""

    BRAND = "brand", "10DLC brand"
    CAMPAIGN = "campaign", "10DLC campaign"
    BAA = "baa", "BAA with Twilio"


class Autopilot(TextChoices):
    SUGGEST = "suggest", "Suggest only: staff start every cascade"
    APPROVE = "approve", "Ask first, then go ahead by itself"
    AUTOMATIC = "automatic", "Go ahead at once"
