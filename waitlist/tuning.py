"""Acts: what a clinic sets for itself: tiers, score, contacting, fees, reminders, join page. Each one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from matching.policy import policybook
from waitlist import live, tiering, wanted
from waitlist.models import Clinic, TierRules, WaitlistEntry
from waitlist.models.clinic import PARTS
from waitlist.nudge import nudge
from waitlist.states import EntryStatus
from waitlist.tiers import Rules

SCORE = (
    *(f"weight_{part}" for part in PARTS),
    *("threshold", "travel_kmh", "newcomer_percent", "default_notice_minutes", "email_lead_minutes"),
)
CONTACTING = (
    *("send_from_minute", "send_until_minute", "quiet_days"),
    *("offers_per_day", "offers_per_week", "offers_per_month", "sms_per_day", "texts_per_second"),
    *("monthly_budget_cents", "text_cost_mills", "call_cost_mills"),
)
STILL_WANTED = ("asks_still_wanted", "still_after_days", "still_rests_after_days")
CANCELLING = (
    *("grace_minutes", "cancel_fee_percent_early", "cancel_fee_percent_late", "cancel_notice_minutes"),
    "express_minutes",
)


@transaction.atomic(durable=True)
def set_tiers(clinic: Clinic, rules: Rules, *, now: datetime) -> int:
    """The clinic's tiers follow these rules from now on; how many patients moved. ValidationError: they contradict.

    The row is edited as an object, so django-auditlog writes its line; each patient who moved has one of their own.
    """
    clinic = _locked(clinic)
    row = TierRules.objects.filter(clinic=clinic).first() or TierRules(clinic=clinic)
    for name, value in asdict(rules).items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    moved = tiering.refresh(clinic.pk, now=now)
    nudge("waitlist.tasks.refresh_clinic", clinic.pk)  # whoever was being edited meanwhile
    live.hint(clinic.pk, "waitlist")
    return moved


@transaction.atomic(durable=True)
def set_score(clinic: Clinic, *, now: datetime, **fields: int) -> int:
    """What each part of the score is worth and what else it rests on; django-auditlog writes the line.

    Policies by score follow a new threshold; how many did. ValidationError by field, or with a sentence where the
    weights do not add up to 100. What was offered keeps the score it was offered with, and an open slot its policy.
    """
    clinic = _locked(clinic)
    old = clinic.threshold
    for name in SCORE:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(SCORE)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=SCORE)
    nudge("waitlist.tasks.refresh_clinic", clinic.pk)  # whoever joined meanwhile
    return policybook.rescore(clinic, old=old, new=clinic.threshold, now=now)


@transaction.atomic(durable=True)
def set_contacting(clinic: Clinic, **fields: Any) -> None:
    """When and how often people are written to from now on, and what it may cost. ValidationError by field; what is on
    its way already is looked at once more before it goes. django-auditlog writes the line."""
    clinic = _locked(clinic)
    for name in CONTACTING:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(CONTACTING)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=CONTACTING)


@transaction.atomic(durable=True)
def set_cancelling(clinic: Clinic, notices: Mapping[int, int | None], **fields: int) -> None:
    """What cancelling costs from now on, and how much notice each service wants (None: as the clinic). ValidationError
    by field. What is owed already stays as it was recorded; django-auditlog writes the lines.
    """
    clinic = _locked(clinic)
    for name in CANCELLING:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(CANCELLING)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=CANCELLING)
    for service in clinic.services.filter(pk__in=notices).order_by("pk"):
        if service.cancel_notice_minutes != notices[service.pk]:
            service.cancel_notice_minutes = notices[service.pk]
            service.full_clean()
            service.save(update_fields=["cancel_notice_minutes"])


@transaction.atomic(durable=True)
def set_reminders(clinic: Clinic, is_on: bool, *, asks_earlier: bool) -> None:
    """Whether patients are reminded of their visits from now on, and told then that an earlier time can be had;
    django-auditlog writes the line."""
    clinic = _locked(clinic)
    clinic.sends_reminders, clinic.reminders_ask_earlier = is_on, asks_earlier
    clinic.save(update_fields=["sends_reminders", "reminders_ask_earlier"])


@transaction.atomic(durable=True)
def set_join_page(clinic: Clinic, takes_joins: bool, origins: Sequence[str]) -> None:
    """Whether patients may put themselves on the list, and which sites may show the form; django-auditlog writes the
    line."""
    clinic = _locked(clinic)
    clinic.takes_joins, clinic.join_origins = takes_joins, " ".join(origins)
    clinic.save(update_fields=["takes_joins", "join_origins"])


@transaction.atomic(durable=True)
def set_still_wanted(clinic: Clinic, *, now: datetime, **fields: Any) -> None:
    """Whether, and after how long, people are asked whether they still want what they wait for. ValidationError by
    field; what is out already stays to be answered. Turned on again, an old question is taken back and asked anew:
    nobody rests for one of long ago. django-auditlog writes the line."""
    clinic = _locked(clinic)
    begins = fields["asks_still_wanted"] and not clinic.asks_still_wanted
    for name in STILL_WANTED:
        setattr(clinic, name, fields[name])
    others = {field.name for field in Clinic._meta.get_fields()} - set(STILL_WANTED)
    clinic.full_clean(exclude=others, validate_unique=False)
    clinic.save(update_fields=STILL_WANTED)
    if begins:
        _ask_anew(clinic, before=now - timedelta(days=clinic.still_rests_after_days), now=now)


def _ask_anew(clinic: Clinic, *, before: datetime, now: datetime) -> None:
    mine = WaitlistEntry.objects.filter(clinic=clinic, status=EntryStatus.ACTIVE, still_asked_at__lte=before)
    for entry in mine.select_for_update(no_key=True).order_by("pk"):
        wanted.unask(entry, now=now)


def _locked(clinic: Clinic) -> Clinic:
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
