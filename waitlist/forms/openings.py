"""Adding an opening by hand, and cancelling an appointment."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from waitlist import places
from waitlist.calendar import Time
from waitlist.models import Clinic, Location, Practitioner, Service
from waitlist.schedule import Charge
from waitlist.states import CancelledBy

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
HOUR = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
LAST_YEAR = 2200


class OpeningForm(forms.Form):
    """A free time nobody cancelled. The service gives its length, the location its clock."""

    service = forms.ModelChoiceField(Service.objects.none(), empty_label="Choose…")
    practitioner = forms.ModelChoiceField(Practitioner.objects.none(), empty_label="Choose…")
    location = forms.ModelChoiceField(Location.objects.none(), empty_label=None)
    day = forms.DateField(widget=DAY)
    starts = forms.TimeField(label="Starts at", widget=HOUR)
    anyway = forms.BooleanField(label="Open it outside opening hours", required=False)
    is_outside_hours = False  # asked once, with what the hours are

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["service"].queryset = clinic.services.filter(retired_at=None).order_by("name")  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = clinic.practitioners.filter(retired_at=None).order_by("name")  # type: ignore[attr-defined]
        self.fields["location"].queryset = (  # type: ignore[attr-defined]
            clinic.locations.filter(retired_at=None).select_related("clinic").order_by("name")
        )
        if not self.is_bound:
            self._offer_what_fits(clinic)

    def _offer_what_fits(self, clinic: Clinic) -> None:
        """In a gap of one practitioner, the services they give."""
        chosen = str(self.initial.get("practitioner", ""))
        who = clinic.practitioners.filter(pk=chosen).first() if chosen.isascii() and chosen.isdigit() else None
        given = [one.pk for one in places.given_by(who)] if who is not None else []
        if given:
            self.fields["service"].queryset = self.fields["service"].queryset.filter(pk__in=given)  # type: ignore[attr-defined]
            self.fields["service"].help_text = f"What {who} gives."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            if not cleaned["day"].year < LAST_YEAR:
                raise ValidationError({"day": "This is not a date one could book."})
            zone = cleaned["location"].zone
            typed = datetime.combine(cleaned["day"], cleaned["starts"])
            starts_at = typed.replace(tzinfo=zone).astimezone(UTC)
            if starts_at.astimezone(zone).replace(tzinfo=None) != typed:
                raise ValidationError({"starts": "That night the clocks skip this hour."})
            cleaned["starts_at"] = starts_at
            self._see_who_gives_it(cleaned["practitioner"], cleaned["service"])
            self._ask_outside_hours(cleaned["location"], typed, cleaned["service"].minutes)
        return cleaned

    def _see_who_gives_it(self, who: Practitioner, service: Service) -> None:
        given = places.given_by(who)
        if given and service not in given:
            names = ", ".join(one.name for one in given)
            raise ValidationError({"service": f"{who} does not give {service.name}, but {names}."})

    def _ask_outside_hours(self, location: Location, starts: datetime, minutes: int) -> None:
        """It may be right, but not by a slip of the thumb: people are asked at once."""
        hours = location.hours_of(starts.weekday())
        first = starts.hour * 60 + starts.minute
        if hours is None or first < hours[0] or first + minutes > hours[1]:
            self.is_outside_hours = True
            if not self.cleaned_data.get("anyway"):
                when = " – ".join(_clock(minute) for minute in hours) if hours else ""
                open_then = f"is open {when} that day" if hours else "is closed that day"
                raise ValidationError({"starts": f"{location.name} {open_then}. Tick below to open it all the same."})

    def time(self) -> Time:
        """The time as the calendar knows it."""
        starts_at, service = self.cleaned_data["starts_at"], self.cleaned_data["service"]
        return Time(
            location=self.cleaned_data["location"],
            practitioner=self.cleaned_data["practitioner"],
            service=service,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=service.minutes),
        )


def _clock(minute: int) -> str:
    """540 as 9:00 AM; the end of the day is 12:00 AM."""
    return f"{minute // 60 % 12 or 12}:{minute % 60:02d} {'PM' if minute % 1440 >= 720 else 'AM'}"


class CancelForm(forms.Form):
    """Why an appointment is cancelled. Where nobody could treat a patient then, the time stays empty."""

    STAYS_EMPTY = ("practitioner is away", "clinic is closed")
    REASONS = (
        ("", "Choose…"),
        ("by the patient", "The patient cancelled"),
        ("patient is ill", "The patient is ill"),
        ("booked by mistake", "It was booked by mistake"),
        ("practitioner is away", "The practitioner is away (the time stays empty)"),
        ("clinic is closed", "The clinic is closed (the time stays empty)"),
        ("other reason", "Another reason"),
    )
    THEIR_WISH = ("by the patient", "patient is ill")
    reason = forms.ChoiceField(choices=REASONS)
    cents = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    record_fee = forms.BooleanField(label="If the patient cancelled, note the fee", required=False, initial=True)
    keeps_place = forms.BooleanField(label="Keep them on the waitlist", required=False, initial=True)
    keep_empty = forms.BooleanField(label="Keep the time empty: ask nobody", required=False)

    @property
    def by(self) -> CancelledBy:
        """Whose wish it is: their own is confirmed, the clinic’s gets an apology and other times."""
        is_theirs = self.cleaned_data["reason"] in self.THEIR_WISH
        return CancelledBy.PATIENT if is_theirs else CancelledBy.CLINIC

    @property
    def charge(self) -> Charge | None:
        """The fee they saw, where it was the patient's own wish and staff want it noted."""
        is_owed = self.by == CancelledBy.PATIENT and self.cleaned_data["record_fee"]
        return Charge(self.cleaned_data["cents"]) if is_owed and self.cleaned_data["cents"] else None

    @property
    def stays_empty(self) -> bool:
        return self.cleaned_data["keep_empty"] or self.cleaned_data["reason"] in self.STAYS_EMPTY
