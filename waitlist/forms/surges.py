"""A surge day: when, where and why."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from waitlist.forms.openings import DAY, LAST_YEAR
from waitlist.models import Clinic, Location


class SurgeDayForm(forms.Form):
    """A day of the clinic's calendar from today on."""

    day = forms.DateField(widget=DAY)
    location = forms.ModelChoiceField(Location.objects.none(), required=False, empty_label="Every location")
    reason = forms.CharField(max_length=100, help_text="Such as: the day before Thanksgiving.")

    def __init__(self, clinic: Clinic, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.fields["location"].queryset = clinic.locations.filter(retired_at=None).order_by("name")  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day < self.today:
            raise ValidationError("This day is over.")
        if day.year >= LAST_YEAR:
            raise ValidationError("This is not a date one could book.")
        return day
