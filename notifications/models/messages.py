"""Every message out: the outbox and the delivery record in one."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from matching.models import Offer
from notifications.models.contacts import ContactPoint
from notifications.states import Channel, Kind, MessageStatus, Purpose, Rule
from waitlist.models import Appointment, Clinic, Patient, Slot, User, Writeback


class Message(models.Model):
    """The outbox and the delivery record in one: written by the act that causes it, sent after commit."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=10, choices=Kind)
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.OFFERS)
    channel = models.CharField(max_length=8, choices=Channel)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="messages")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="messages")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="messages")
    slot = models.ForeignKey(Slot, models.PROTECT, null=True, related_name="messages")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", help_text="Of the staff.")
    writeback = models.ForeignKey(Writeback, models.PROTECT, null=True, related_name="messages")
    round = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Of how often they were asked, the time it is about: again as reserve."
    )
    after = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="followed_by", help_text="What had not reached them before."
    )
    segments = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of a text, as it is paid for.")
    cost_mills = models.PositiveIntegerField(default=0, db_default=0, help_text="In thousandths of a dollar.")
    dedupe_key = models.CharField(max_length=120, unique=True)
    context = models.JSONField(default=dict, help_text="Frozen facts for the template; links only as {link}.")
    not_after = models.DateTimeField(null=True, help_text="Too late to send from then on.")
    status = models.CharField(max_length=11, choices=MessageStatus, default=MessageStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        help_text="Pending: when to try. Sending, unknown: when to look again. A call that is over: heard by then."
    )
    text = models.TextField(blank=True, help_text="As it was sent, with {link} for the link.")
    provider_id = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique, so no two ""
    error_code = models.CharField(max_length=20, blank=True)
    refused_by = models.CharField(max_length=40, blank=True, help_text="The rule of contact that forbade it.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True, help_text="When it was found that no receipt had come for minutes.")
    resent_at = models.DateTimeField(null=True, help_text="When it was put back once, surely not sent or not received.")
    unreached = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often in a row the provider could not be reached with it."
    )
    unreached_since = models.DateTimeField(null=True)
    unreached_at = models.DateTimeField(null=True)

    letter: Any = None  # an e-mail as it was written just now, for the thread that sends it and reads no rows

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="message_has_a_receiver",
                condition=Q(channel=Channel.WEBHOOK, writeback__isnull=False)
                | (~Q(channel=Channel.WEBHOOK) & (Q(contact_point__isnull=False) | Q(user__isnull=False)))
                | Q(status=MessageStatus.REFUSED, patient__isnull=False),
            ),
            models.CheckConstraint(
                name="message_calls_only_with_an_offer", condition=~Q(channel=Channel.VOICE) | Q(kind=Kind.OFFER)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                name="message_due",
                condition=Q(status__in=["pending", "sending", "unknown"]),
            ),
            models.Index(
                fields=["clinic", "created_at"],
                name="message_paid",
                include=["cost_mills", "status"],
                condition=Q(cost_mills__gt=0),
            ),
            models.Index(fields=["contact_point", "sent_at"], name="message_by_contact"),
            models.Index(fields=["slot"], name="message_rehearsed", condition=Q(refused_by=Rule.REHEARSAL)),
            models.Index(fields=["channel", "sent_at"], name="message_by_channel"),
            models.Index(fields=["channel", "unreached_at"], name="message_unreached", condition=Q(unreached__gt=0)),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class SimulatedText(models.Model):
    """The demo's carrier: one row each time a text was handed to it. Two for one message would be a fault."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="simulated_texts")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"simulated text {self.pk}"


class SimulatedCall(models.Model):
    """The demo's carrier: one row each time it was asked to call, with what was said so far."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="simulated_calls")
    at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    said = models.PositiveSmallIntegerField(default=0, help_text="How often the offer was said: 0 while it rings.")
    wrong = models.PositiveSmallIntegerField(default=0, help_text="How often a key meant nothing.")
    turns = models.JSONField(default=list, help_text="What the voice said and which keys were pressed, in order.")

    def __str__(self) -> str:
        return f"simulated call {self.pk}"
