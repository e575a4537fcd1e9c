"""A closure: from when until when, where, whose and why; and whose public holidays a clinic keeps."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from waitlist import holidays
from waitlist.calendar import day_span
from waitlist.forms.openings import DAY, HOUR, LAST_YEAR
from waitlist.models import Clinic, Location, Practitioner

LONGEST = timedelta(days=366)


class ClosureForm(forms.Form):
    """Whole days, or hours of the location's clock (the clinic's, where it is everywhere)."""

    first_day = forms.DateField(label="From", widget=DAY)
    opens_late = forms.TimeField(
        label="From what time", widget=HOUR, required=False, help_text="Empty: from the start of the day."
    )
    last_day = forms.DateField(label="Until", widget=DAY, required=False, help_text="Empty: that one day.")
    back_at = forms.TimeField(
        label="Until what time", widget=HOUR, required=False, help_text="Empty: to the end of the day."
    )
    location = forms.ModelChoiceField(
        Location.objects.none(), label="Where", required=False, empty_label="Every location"
    )
    practitioner = forms.ModelChoiceField(
        Practitioner.objects.none(), label="Who", required=False, empty_label="Everybody"
    )
    reason = forms.CharField(max_length=100, help_text="Such as: staff training. Patients do not see it.")

    def __init__(self, clinic: Clinic, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.clinic, self.now = clinic, now
        places = clinic.locations.filter(retired_at=None).select_related("clinic").order_by("name")
        people = clinic.practitioners.filter(retired_at=None).order_by("name")
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = people  # type: ignore[attr-defined]

    def clean_first_day(self) -> date:
        return _bookable(self.cleaned_data["first_day"])

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        return _bookable(day) if day is not None else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        place: Location | None = cleaned["location"]
        zone = place.zone if place is not None else self.clinic.zone
        first, last = cleaned["first_day"], cleaned["last_day"] or cleaned["first_day"]
        starts_at = _moment(zone, first, cleaned["opens_late"], "opens_late") or day_span(zone, first)[0]
        ends_at = _moment(zone, last, cleaned["back_at"], "back_at") or day_span(zone, last)[1]
        if ends_at <= starts_at:
            raise ValidationError({"last_day": "It has to be after the start."})
        if ends_at <= self.now:
            raise ValidationError({"last_day" if cleaned["last_day"] else "first_day": "This time is over."})
        if ends_at - starts_at > LONGEST:
            raise ValidationError({"last_day": "A closure is a year long at most."})
        return cleaned | {"starts_at": starts_at, "ends_at": ends_at}

    def closure(self) -> dict[str, Any]:
        """What the act takes."""
        names = ("starts_at", "ends_at", "location", "practitioner", "reason")
        return {name: self.cleaned_data[name] for name in names}


class HolidaysForm(forms.Form):
    """Which public holidays there are, and whether each closes the clinic by itself."""

    country = forms.ChoiceField(help_text="The region is each location’s state.")
    closes_on_holidays = forms.BooleanField(
        label="Close on every public holiday but those you say you work", required=False
    )
    mass_cancellation_count = forms.IntegerField(
        label="Ask before refilling when this many are cancelled at once",
        min_value=2,
        max_value=1000,
        help_text="Of one practitioner or one location, for the same day, within 10 minutes.",
    )

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = holidays.countries()
        codes = {code for code, _ in known}
        own = [] if clinic.country in codes else [(clinic.country, f"{clinic.country} (holidays unknown)")]
        self.fields["country"].choices = [*own, *known]  # type: ignore[attr-defined]


def _bookable(day: date) -> date:
    if day.year >= LAST_YEAR or day.year < 2000:
        raise ValidationError("This is not a date one could book.")
    return day


def _moment(zone: ZoneInfo, day: date, hour: time | None, field: str) -> datetime | None:
    """That hour of that day there; None where no hour was typed."""
    if hour is None:
        return None
    typed = datetime.combine(day, hour)
    moment = typed.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != typed:
        raise ValidationError({field: "That night the clocks skip this hour."})
    return moment
