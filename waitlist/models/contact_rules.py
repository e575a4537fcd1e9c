"""What a clinic says of its messages: from which number, how much they say, when, how often and for how much."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class ContactRules(models.Model):
    """A part of the clinic's own row."""

    sms_sender = models.CharField(max_length=20, blank=True, help_text="The clinic's own sending number.")
    content_level = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(2)])
    texts_per_second = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="What the carrier takes from the sending number: 1 for a small 10DLC brand.",
    )
    is_open_any_hour = models.BooleanField(default=False, help_text="Demo only: messages go out at night too.")
    send_from_minute = models.PositiveSmallIntegerField(default=8 * 60)
    send_until_minute = models.PositiveSmallIntegerField(default=20 * 60)
    quiet_days = ArrayField(
        models.DateField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="On these days nobody is texted or called.",
    )
    offers_per_day = models.PositiveSmallIntegerField(default=2)
    offers_per_week = models.PositiveSmallIntegerField(default=3)
    offers_per_month = models.PositiveSmallIntegerField(default=8)
    sms_per_day = models.PositiveSmallIntegerField(default=3, help_text="All purposes, in any 24 hours.")
    monthly_budget_cents = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What messages may cost in a calendar month; then no more offers go out. Empty: no limit.",
    )
    text_cost_mills = models.PositiveSmallIntegerField(
        default=11, db_default=11, help_text="A text's segment with the carrier's fee, in thousandths of a dollar."
    )
    call_cost_mills = models.PositiveSmallIntegerField(
        default=20, db_default=20, help_text="An automated call, in thousandths of a dollar."
    )
    sends_reminders = models.BooleanField(
        default=False, db_default=False, help_text="Off where the clinic’s own calendar reminds patients already."
    )
    reminders_ask_earlier = models.BooleanField(
        default=True,
        db_default=True,
        help_text="A reminder says that an earlier time can be had, to whoever may be asked and does not wait yet.",
    )
    asks_still_wanted = models.BooleanField(
        default=False, db_default=False, help_text="Whoever has waited long is asked whether they still want it."
    )
    still_after_days = models.PositiveSmallIntegerField(
        default=30,
        db_default=30,
        validators=[MinValueValidator(14), MaxValueValidator(180)],
        help_text="Since they came onto the list, or last said that they want it.",
    )
    still_rests_after_days = models.PositiveSmallIntegerField(
        default=14,
        db_default=14,
        validators=[MinValueValidator(7), MaxValueValidator(60)],
        help_text="Without an answer; then the wish rests.",
    )
    email_lead_minutes = models.PositiveSmallIntegerField(
        default=120,
        validators=[MaxValueValidator(10_080)],
        help_text="Offers go by e-mail only this long before the start: it is read within hours.",
    )

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="clinic_sending_hours_in_order",
                condition=models.Q(send_from_minute__lt=models.F("send_until_minute")),
            ),
            models.CheckConstraint(name="clinic_content_level_known", condition=models.Q(content_level__lte=2)),
            models.CheckConstraint(
                name="clinic_asks_at_most_every_two_weeks",
                condition=models.Q(still_after_days__range=(14, 180), still_rests_after_days__range=(7, 60)),
            ),
        ]
