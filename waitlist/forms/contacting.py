"""When, how often and for how much people are written to, as a manager sets it, within what the law allows."""

from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from waitlist.models import Clinic

EARLIEST, LATEST = time(8), time(21)  # 47 CFR 64.1200(c)(1)
HOUR = forms.TimeInput(attrs={"type": "time", "step": 900}, format="%H:%M")
WORDS = {"required": "This needs a number.", "invalid": "This has to be a whole number."}
CAPS = ("offers_per_day", "offers_per_week", "offers_per_month", "sms_per_day")
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {  # decisions R3 and R4
    "default": ("As we recommend", {"send_from": "08:00", "send_until": "20:00", "offers_per_day": 2}),
    "strict": ("Strict: one offer a day", {"offers_per_day": 1, "offers_per_week": 3}),
    "midday": ("Late morning to evening", {"send_from": "11:00", "send_until": "20:00"}),
}


def _count(label: str, most: int, help_text: str, *, least: int = 1) -> forms.IntegerField:
    words = WORDS | {"min_value": "At least %(limit_value)s.", "max_value": "At most %(limit_value)s."}
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, help_text=help_text, error_messages=words
    )


def _cents(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        decimal_places=1,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        error_messages={"required": "This needs an amount.", "invalid": "This has to be an amount in cents."},
    )


class ContactingForm(forms.Form):
    """Hours, days, caps, pace and money."""

    send_from = forms.TimeField(label="Texts and calls from", widget=HOUR, help_text="By law not before 8 AM.")
    send_until = forms.TimeField(
        label="Texts and calls until",
        widget=HOUR,
        help_text="By law not after 9 PM; 8 PM in Florida, Oklahoma and Washington.",
    )
    quiet_days = forms.CharField(
        label="Days without texts and calls",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as 2026-12-25. What is due then waits for the next day, or goes by e-mail.",
    )
    offers_per_day = _count("Offers a day", 10, "To one number.")
    offers_per_week = _count("Offers in 7 days", 30, "To one number.")
    offers_per_month = _count("Offers in 30 days", 60, "To one number.")
    sms_per_day = _count(
        "Texts and calls in 24 hours", 10, "Of all kinds, to one number; 3 in Florida, Oklahoma and Washington."
    )
    texts_per_second = _count("Texts a second", 1000, "What the carrier takes: 1 for a small brand.")
    budget = forms.DecimalField(
        label="At most a month, $",
        required=False,
        min_value=0,
        max_value=Decimal(1_000_000),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text="Then offers go by e-mail only. Confirmations and answers go all the same. Empty: no limit.",
        error_messages={"invalid": "This has to be an amount in dollars."},
    )
    text_cost = _cents("One text costs, ¢", "A segment of 160 letters, with the carrier’s fee.")
    call_cost = _cents("One call costs, ¢", "An automated call of a minute.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A figure that stands above what the page would take, as the demo's do, may stay."""
        super().__init__(*args, **kwargs)
        for name in CAPS:
            field, stands = self.fields[name], self.initial.get(name)
            if isinstance(field, forms.IntegerField) and stands and field.max_value and stands > field.max_value:
                self.fields[name] = _count(str(field.label), stands, str(field.help_text))

    def clean_send_from(self) -> time:
        return _within_the_law(self.cleaned_data["send_from"])

    def clean_send_until(self) -> time:
        return _within_the_law(self.cleaned_data["send_until"])

    def clean_quiet_days(self) -> list[date]:
        days = set()
        for line in self.cleaned_data["quiet_days"].splitlines():
            if not line.strip():
                continue
            try:
                days.add(date.fromisoformat(line.strip()))
            except ValueError:
                raise ValidationError(f"“{line.strip()}” is no day such as 2026-12-25.") from None
        return sorted(days)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("send_from"), cleaned.get("send_until")
        if start is not None and end is not None and start >= end:
            self.add_error("send_until", "This must be later than when it begins.")
        day, week, month = (cleaned.get(f"offers_per_{span}") for span in ("day", "week", "month"))
        if day is not None and week is not None and week < day:
            self.add_error("offers_per_week", f"This must not be less than in a day, {day}.")
        if week is not None and month is not None and month < week:
            self.add_error("offers_per_month", f"This must not be less than in 7 days, {week}.")
        return cleaned

    @property
    def figures(self) -> dict[str, Any]:
        """As the clinic's columns."""
        typed = self.cleaned_data
        return {name: typed[name] for name in ("quiet_days", *CAPS, "texts_per_second")} | {
            "send_from_minute": _minutes(typed["send_from"]),
            "send_until_minute": _minutes(typed["send_until"]),
            "monthly_budget_cents": None if typed["budget"] is None else int(typed["budget"] * 100),
            "text_cost_mills": int(typed["text_cost"] * 10),
            "call_cost_mills": int(typed["call_cost"] * 10),
        }

    @staticmethod
    def of(clinic: Clinic) -> dict[str, Any]:
        """As they are, as the form's initial values."""
        cents = clinic.monthly_budget_cents
        return {name: getattr(clinic, name) for name in (*CAPS, "texts_per_second")} | {
            "send_from": _time(clinic.send_from_minute),
            "send_until": _time(clinic.send_until_minute),
            "quiet_days": "\n".join(day.isoformat() for day in clinic.quiet_days),
            "budget": None if cents is None else Decimal(cents) / 100,
            "text_cost": Decimal(clinic.text_cost_mills) / 10,
            "call_cost": Decimal(clinic.call_cost_mills) / 10,
        }


def _within_the_law(at: time) -> time:
    if not EARLIEST <= at <= LATEST:
        raise ValidationError("The law allows 8 AM to 9 PM where they are.")
    return at


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
