"""Who was asked for what, in which wave, by which policy."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q

from matching.policy.policy_sql import CONSTRAINTS
from matching.states import IN_LINE, LEFT_OUT, TAKEN_BACK, CallResult, DeclineReason, OfferState, Reserve
from waitlist.models import Appointment, Clinic, Patient, Slot, User, WaitlistEntry
from waitlist.states import NotTaught

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"


def new_public_id() -> str:
    """Eight characters without look-alikes, 46 bits: short enough for a text, and unique in the database."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


class PolicyVersion(models.Model):
    """A policy as it was when a slot opened. Immutable: a change makes a new version."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="policy_versions")
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    document = models.JSONField(help_text="As matching.policy.policies writes it.")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name", "version"], name="policy_version_once"),
            *CONSTRAINTS,
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class SentWave(models.Model):
    """One wave as it went out: how many were asked, and how many were not, by the first reason that held."""

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="waves")
    number = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(default=1, help_text="Of the policy's waves; 0: chosen by staff.")
    told_at = models.DateTimeField(null=True, help_text="When the first hears of it; the next wave counts from it.")
    sent_at = models.DateTimeField()
    asked = models.PositiveIntegerField()
    excluded = models.JSONField(default=dict, help_text="Filter name → people.")
    lost = models.PositiveIntegerField(default=0, db_default=0, help_text="Of those asked, who could not be told.")
    refilled = models.PositiveIntegerField(default=0, db_default=0, help_text="Of those, whose place is settled.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["slot", "number"], name="wave_once")]

    def __str__(self) -> str:
        return f"slot {self.slot_id} wave {self.number}"


class Offer(models.Model):
    """A slot offered to a patient: once for ever, and at most one accepted per slot."""

    public_id = models.CharField(max_length=8, unique=True, default=new_public_id)
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="offers")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="offers")
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, null=True, related_name="offers")
    wave = models.PositiveSmallIntegerField(help_text="0: chosen by the patient among alternatives.")
    state = models.CharField(max_length=9, choices=OfferState, default=OfferState.PENDING)
    score = models.PositiveIntegerField(default=0, help_text="0 to 1,000,000.")
    parts = models.JSONField(default=dict, help_text="The seven parts of the score, 0 to 10,000 each.")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    window_minutes = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How long they have from hearing of it; 0: no clock of its own."
    )
    heard_at = models.DateTimeField(null=True, help_text="When they heard of it, as far as the clock has taken it in.")
    thawed_to = models.DateTimeField(null=True, help_text="Outages up to here have been added to the clock.")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=10, blank=True, help_text="link, reply, call, staff or reserve.")
    decline_reason = models.CharField(max_length=14, choices=DeclineReason, blank=True)
    seen_at = models.DateTimeField(null=True)
    holds = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often the time was kept for them to finish."
    )
    rounds = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="How often they were asked: again as reserve."
    )
    reserve = models.CharField(max_length=5, choices=Reserve, blank=True, default=Reserve.NONE, db_default="")
    reserved_at = models.DateTimeField(null=True)
    gave_up = models.ForeignKey(
        Appointment, models.PROTECT, null=True, related_name="+", help_text="The later visit this yes was swapped for."
    )

    called_at = models.DateTimeField(null=True, help_text="When staff told them that the visit they won is cancelled.")
    link_sent_at = models.DateTimeField(
        null=True, help_text="When staff sent them a booking link last: a yes to it accepts the clinic's terms first."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["slot", "patient"], name="offer_once_for_ever"),
            models.UniqueConstraint(fields=["slot"], name="offer_one_accepted", condition=Q(state=OfferState.ACCEPTED)),
            models.CheckConstraint(
                name="offer_reserve_since", condition=Q(reserve="") | Q(reserved_at__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(state=OfferState.PENDING)),
            models.Index(fields=["patient", "state"], name="offer_of_patient"),
            models.Index(fields=["slot", "reserved_at"], name="offer_in_reserve", condition=Q(reserve__in=IN_LINE)),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"

    @property
    def is_left_out(self) -> bool:
        """Whether staff left this patient out of the slot: never asked for it."""
        return all(getattr(self, name) == value for name, value in LEFT_OUT.items())

    @property
    def is_taken_back(self) -> bool:
        """Whether staff took it back from this patient alone."""
        return all(getattr(self, name) == value for name, value in TAKEN_BACK.items())


class Lesson(models.Model):
    """What the reason of a no changed about the wish, and what it was before. One per offer."""

    offer = models.OneToOneField(Offer, models.PROTECT, related_name="lesson")
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="lessons")
    reason = models.CharField(max_length=14)
    before = models.JSONField(default=dict, help_text="Column → value.")
    after = models.JSONField(default=dict, help_text="Column → value; empty: nothing was changed.")
    refused = models.CharField(max_length=10, choices=NotTaught, blank=True, help_text="Why it could not be taken in.")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"lesson {self.pk}"


class CallAttempt(models.Model):
    """Somebody of the staff rang a patient up, about an offer or a visit, and it is not settled yet. Append-only."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="call_attempts")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="call_attempts")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="call_attempts")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="call_attempts")
    result = models.CharField(max_length=9, choices=CallResult)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    again_at = models.DateTimeField(null=True, help_text="Not to be rung up before that.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="call_is_about_one_thing",
                condition=Q(offer__isnull=False, appointment=None) | Q(offer=None, appointment__isnull=False),
            ),
            models.CheckConstraint(
                name="call_again_is_later", condition=Q(again_at=None) | Q(again_at__gt=models.F("at"))
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class ExpressBooking(models.Model):
    """A booking by a link of staff's: what its patient accepted, word for word, and from where. Append-only."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="express_bookings")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="express_bookings")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="express_booking")
    name = models.CharField(max_length=120, help_text="As they wrote it.")
    email = models.EmailField(blank=True, help_text="As they wrote it: staff decide whether it is theirs.")
    terms = models.TextField(help_text="As they stood on the page when they were accepted.")
    terms_sha256 = models.CharField(max_length=64, help_text="Of the terms in UTF-8; the trail has it, too.")
    language = models.CharField(max_length=5)
    remote_addr = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=400, blank=True, help_text="What their browser calls itself.")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="express_booking_accepts_something", condition=~Q(terms="")),
        ]

    def __str__(self) -> str:
        return f"express booking {self.pk}"
