"""What cancelling costs: the clinic's figures, and the notice of each service."""

from typing import Any

from django import forms

from waitlist.models import Clinic
from waitlist.models.clinic import EXPRESS_MINUTES

MOST_HOURS = 720
WORDS = {"required": "This needs a number.", "invalid": "This has to be a whole number."}


def _count(
    label: str, most: int, help_text: str, *, least: int = 0, required: bool = True
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, help_text=help_text, required=required, error_messages=WORDS
    )


class CancellingForm(forms.Form):
    """Percents of the price, minutes that are free, hours of notice; one field more for each service."""

    grace_minutes = _count("Free after a yes, in minutes", 240, "Whoever changes their mind so soon owes nothing.")
    cancel_fee_percent_early = _count("Fee with enough notice, % of the price", 100, "0 for no fee.")
    cancel_fee_percent_late = _count("Fee with less notice, % of the price", 100, "Not less than with enough notice.")
    express_minutes = _count(
        "Kept for a booking link, in minutes",
        EXPRESS_MINUTES[1],
        f"{EXPRESS_MINUTES[0]} to {EXPRESS_MINUTES[1]}; meanwhile nobody else can have the time.",
        least=EXPRESS_MINUTES[0],
    )
    notice_hours = _count("Enough notice, in hours", MOST_HOURS, "Before the visit; exactly so many is enough.")

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        self.services = list(clinic.services.filter(retired_at=None).order_by("name"))
        super().__init__(*args, **options)
        for service in self.services:
            self.fields[name_of(service.pk)] = _count(service.name, MOST_HOURS, "", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        early, late = cleaned.get("cancel_fee_percent_early"), cleaned.get("cancel_fee_percent_late")
        if early is not None and late is not None and late < early:
            self.add_error("cancel_fee_percent_late", f"This must not be less than with enough notice, {early} %.")
        return cleaned

    @property
    def figures(self) -> dict[str, int]:
        """As the clinic's columns."""
        typed = self.cleaned_data
        names = ("grace_minutes", "cancel_fee_percent_early", "cancel_fee_percent_late", "express_minutes")
        return {name: typed[name] for name in names} | {"cancel_notice_minutes": typed["notice_hours"] * 60}

    @property
    def notices(self) -> dict[int, int | None]:
        """Service → its own notice in minutes, or None for the clinic's."""
        hours = {service.pk: self.cleaned_data[name_of(service.pk)] for service in self.services}
        return {pk: None if typed is None else typed * 60 for pk, typed in hours.items()}

    @property
    def of_clinic(self) -> list[forms.BoundField]:
        names = ("grace_minutes", "notice_hours", "cancel_fee_percent_early", "cancel_fee_percent_late")
        return [self[name] for name in names]

    @property
    def of_links(self) -> list[forms.BoundField]:
        return [self["express_minutes"]]

    @property
    def of_services(self) -> list[forms.BoundField]:
        return [self[name_of(service.pk)] for service in self.services]

    @staticmethod
    def of(clinic: Clinic) -> dict[str, int | None]:
        """As they are, as the form's initial values."""
        found: dict[str, int | None] = {
            "grace_minutes": clinic.grace_minutes,
            "cancel_fee_percent_early": clinic.cancel_fee_percent_early,
            "cancel_fee_percent_late": clinic.cancel_fee_percent_late,
            "express_minutes": clinic.express_minutes,
            "notice_hours": clinic.cancel_notice_minutes // 60,
        }
        for pk, minutes in clinic.services.values_list("pk", "cancel_notice_minutes"):
            found[name_of(pk)] = None if minutes is None else minutes // 60
        return found


def name_of(service_id: int) -> str:
    return f"notice_hours_{service_id}"
