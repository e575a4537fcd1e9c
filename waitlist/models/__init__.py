"""Who waits and what is free: the nouns of the clinic's own world."""

from waitlist.models.appointments import Appointment, Slot
from waitlist.models.clinic import Clinic, Practitioner
from waitlist.models.closures import Closure, MassCancellation, WorkedHoliday
from waitlist.models.connections import Connection, InboundEvent, Mapping, Writeback
from waitlist.models.fees import CancellationFee
from waitlist.models.notes import PatientNote
from waitlist.models.people import Patient
from waitlist.models.places import Location, SurgeDay
from waitlist.models.services import Service
from waitlist.models.setup import SetupDone
from waitlist.models.tiers import TierRules
from waitlist.models.users import Membership, User
from waitlist.models.wishes import Availability, WaitlistEntry

__all__ = [
    "Appointment",
    "Availability",
    "CancellationFee",
    "Clinic",
    "Closure",
    "Connection",
    "InboundEvent",
    "Location",
    "Mapping",
    "MassCancellation",
    "Membership",
    "Patient",
    "PatientNote",
    "Practitioner",
    "Service",
    "SetupDone",
    "Slot",
    "SurgeDay",
    "TierRules",
    "User",
    "WaitlistEntry",
    "WorkedHoliday",
    "Writeback",
]
