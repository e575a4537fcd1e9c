"""A wish as staff type it: what, with whom, and when in the week."""

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from waitlist.entries import Window, Wish
from waitlist.forms.openings import DAY, HOUR
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Tier

NOTICE = [
    (30, "half an hour"),
    (60, "1 hour"),
    (120, "2 hours"),
    (240, "4 hours"),
    (720, "12 hours"),
    (1440, "1 day"),
    (2880, "2 days"),
    (4320, "3 days"),
    (10080, "7 days"),
]
DAYS = [
    ("0", pgettext_lazy("day", "Mon")),
    ("1", pgettext_lazy("day", "Tue")),
    ("2", pgettext_lazy("day", "Wed")),
    ("3", pgettext_lazy("day", "Thu")),
    ("4", pgettext_lazy("day", "Fri")),
    ("5", pgettext_lazy("day", "Sat")),
    ("6", pgettext_lazy("day", "Sun")),
]


class WindowForm(forms.Form):
    """Some weekdays, from – until. Midnight as the end means the whole evening; no day means no window."""

    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"), choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    starts = forms.TimeField(label=pgettext_lazy("hour", "From"), required=False, widget=HOUR)
    ends = forms.TimeField(label=pgettext_lazy("hour", "Until"), required=False, widget=HOUR)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.initial and not cleaned.get("days") and (cleaned.get("starts") or cleaned.get("ends")):
            raise ValidationError({"days": gettext("Choose the days for these hours.")})
        if cleaned.get("days") and not self.errors:
            start, end = _minute(cleaned.get("starts")), _minute(cleaned.get("ends")) or 24 * 60
            if start >= end:
                raise ValidationError({"ends": gettext("Until has to be later than from.")})
        return cleaned

    def window(self) -> Window | None:
        if not self.cleaned_data:  # a further row, left as it was
            return None
        days = sum(1 << int(day) for day in self.cleaned_data["days"])
        start, end = _minute(self.cleaned_data["starts"]), _minute(self.cleaned_data["ends"]) or 24 * 60
        return (days, start, end) if days else None

    @staticmethod
    def of(window: Window) -> dict[str, Any]:
        days, start, end = window
        return {
            "days": [str(day) for day in range(7) if days & 1 << day],
            "starts": time(*divmod(start, 60)),
            "ends": time(*divmod(end % (24 * 60), 60)),
        }


WindowFormSet = forms.formset_factory(WindowForm, extra=1, max_num=20, validate_max=True)


class WishForm(forms.Form):
    """What they wait for, apart from the times of the week."""

    services = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one service."},
    )
    practitioners = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Only with"
    )
    excluded_practitioners = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Never with"
    )
    notice_minutes = forms.TypedChoiceField(
        coerce=int,
        choices=NOTICE,
        label="Needs at least this much notice",
        help_text="How long before the start they must know.",
    )
    max_travel_minutes = forms.IntegerField(
        min_value=1, max_value=600, required=False, label="Longest trip, minutes", help_text="Empty: any distance."
    )
    earliest_on = forms.DateField(required=False, widget=DAY, label="Not before")
    latest_on = forms.DateField(required=False, widget=DAY, label="Not after")
    priority = forms.ChoiceField(choices=[("", "By their tier"), *Tier.choices], required=False)
    note = forms.CharField(max_length=300, required=False, help_text="For staff only; never sent.")

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        services = clinic.services.filter(retired_at=None).order_by("category", "name")
        named = [*self.initial.get("practitioners", ()), *self.initial.get("excluded_practitioners", ())]
        here = Q(retired_at=None) | Q(pk__in=named)  # who has left stays ticked until somebody unticks them
        people = list(clinic.practitioners.filter(here).order_by("name").values_list("pk", "name"))
        self.fields["services"].choices = [(one.pk, one.name) for one in services]  # type: ignore[attr-defined]
        self.fields["practitioners"].choices = people  # type: ignore[attr-defined]
        self.fields["excluded_practitioners"].choices = people  # type: ignore[attr-defined]
        notice = self.initial.get("notice_minutes", clinic.default_notice_minutes)
        self.fields["notice_minutes"].initial = notice
        if notice not in dict(NOTICE):
            self.fields["notice_minutes"].choices = sorted([*NOTICE, (notice, f"{notice} minutes")])  # type: ignore[attr-defined]

    def wish(self, windows: tuple[Window, ...]) -> Wish:
        names = ("max_travel_minutes", "notice_minutes", "earliest_on", "latest_on", "priority", "note")
        return Wish(
            service_ids=tuple(self.cleaned_data["services"]),
            practitioner_ids=tuple(self.cleaned_data["practitioners"]),
            excluded_ids=tuple(self.cleaned_data["excluded_practitioners"]),
            windows=windows,
            **{name: self.cleaned_data[name] for name in names},
        )

    @staticmethod
    def of(entry: WaitlistEntry) -> dict[str, Any]:
        names = (
            "services",
            "practitioners",
            "excluded_practitioners",
            "max_travel_minutes",
            "notice_minutes",
            "earliest_on",
            "latest_on",
            "priority",
            "note",
        )
        return {name: getattr(entry, name) for name in names}


def _minute(clock: time | None) -> int:
    return clock.hour * 60 + clock.minute if clock else 0


def windows_of(forms: BaseFormSet) -> tuple[Window, ...]:
    """The windows typed, without the rows left empty."""
    return tuple(window for form in forms.forms if (window := form.window()))


def initial_windows(entry: WaitlistEntry) -> list[dict[str, Any]]:
    """The windows of an entry, as the rows show them."""
    rows = entry.availabilities.order_by("pk")
    return [WindowForm.of((one.days, one.from_minute, one.until_minute)) for one in rows]


def opening_hours(clinic: Clinic) -> dict[str, Any]:
    """A first window to start from: whenever the clinic is open."""
    places = list(clinic.locations.filter(retired_at=None))
    if not places:
        return WindowForm.of((0b0011111, 8 * 60, 18 * 60))
    days = 0
    for place in places:
        days |= place.open_days
    hours = [hours for place in places for day in range(7) if (hours := place.hours_of(day)) is not None]
    opens, closes = min((opens for opens, _ in hours), default=480), max((closes for _, closes in hours), default=1080)
    return WindowForm.of((days, opens, closes))
