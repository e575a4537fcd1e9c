"""Where patients come to, when it is open, and who sees them there."""

from collections import Counter
from datetime import time
from typing import Any, ClassVar

from django import forms

from waitlist.forms.clinic import zones
from waitlist.models import Location, Practitioner

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR = forms.TimeInput(attrs={"type": "time", "step": 900}, format="%H:%M")
USUAL = (8 * 60, 20 * 60)


class LocationForm(forms.ModelForm):
    """A place and its hours, a row for each day of the week; a day without hours is closed."""

    OTHERS = ""

    class Meta:
        model = Location
        fields = ("name", "address", "directions", "state", "timezone", "latitude", "longitude")
        labels: ClassVar = {"directions": "How to find it", "state": "US state", "timezone": "Time zone"}
        help_texts: ClassVar = {
            "name": "As patients know it; no text names it, the page of an offer does.",
            "address": "Stands on the page of an offer and in the invitation; the way there is a link.",
            "directions": "Such as: the blue door, parking behind the house. For whoever is booked.",
            "state": "Two letters, such as CA. Its law may narrow the hours for texts and calls: Florida, Oklahoma and"
            " Washington 8 to 8, Texas 9 to 9 and from noon on Sunday.",
            "timezone": "Empty: as the clinic’s.",
            "latitude": "For the way a patient has. Empty: distance does not count here.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"] = forms.ChoiceField(
            label="Time zone",
            required=False,
            choices=zones(self.instance.timezone, empty="As the clinic’s"),
            error_messages={"invalid_choice": "Choose one of the list, such as America/Los_Angeles."},
        )
        for day, name in enumerate(DAYS):
            hours = self.instance.hours_of(day)
            for end, word in enumerate(("opens", "closes")):
                field = forms.TimeField(label=f"{name} {word}", required=False, widget=HOUR)
                field.error_messages["invalid"] = "This has to be a time such as 08:30."
                field.initial = _time(hours[end]) if hours is not None else None
                self.fields[f"{word}_{day}"] = field

    @property
    def hours(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """As the page shows them."""
        return [(name, self[f"opens_{day}"], self[f"closes_{day}"]) for day, name in enumerate(DAYS)]

    def clean_state(self) -> str:
        state = self.cleaned_data["state"].strip().upper()
        if state and not (state.isalpha() and state.isascii() and len(state) == 2):
            raise forms.ValidationError("Two letters, such as CA, or nothing.")
        return state

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed: dict[int, tuple[int, int]] = {}
        for day in range(7):
            opens, closes = cleaned.get(f"opens_{day}"), cleaned.get(f"closes_{day}")
            if opens is None and closes is None:
                continue
            if opens is None or closes is None:
                missing = "opens" if opens is None else "closes"
                self.add_error(f"{missing}_{day}", "Both, or neither where it is closed.")
                continue
            typed[day] = _minute(opens), _minute(closes) or 1440
            if typed[day][0] >= typed[day][1]:
                self.add_error(f"closes_{day}", "It has to close later than it opens.")
        if not typed and not self.errors:
            self.add_error("opens_0", "On one day of the week at least it has to be open.")
        self._keep(typed)
        return cleaned

    def _keep(self, typed: dict[int, tuple[int, int]]) -> None:
        """The hours most days have, and the days that differ."""
        usual = Counter(typed.values()).most_common(1)[0][0] if typed else USUAL
        row = self.instance
        row.open_days = sum(1 << day for day in typed)
        row.opens_minute, row.closes_minute = usual
        row.day_hours = {str(day): list(hours) for day, hours in typed.items() if hours != usual}


class PractitionerForm(forms.ModelForm):
    """Somebody who gives services."""

    OTHERS = "gives"

    class Meta:
        model = Practitioner
        fields = ("name", "specialty", "gives")
        labels: ClassVar = {"gives": "Services they give"}
        help_texts: ClassVar = {
            "name": "As patients know them. No text names them unless your messages say more than the least.",
            "specialty": "Such as skin. Who asked for one of them may be asked for a colleague’s time, for less.",
            "gives": "None ticked: all of them. Staff open no time of theirs for another, and are warned of wishes it"
            " would keep from ever being met. Your calendar has the last word: what it books is never refused.",
        }
        widgets: ClassVar = {"gives": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.instance.clinic.services.filter(retired_at=None).order_by("category", "name")
        self.fields["gives"].queryset = offered  # type: ignore[attr-defined]


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
