"""What somebody told staff about messages to them: no more of these, or again after all."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from notifications.models import ContactPoint
from notifications.states import Purpose
from waitlist.models import Patient

OFFERS, ALL, AGAIN = "offers", "all", "again"
WHAT = {OFFERS: "No more openings", ALL: "No more messages at all", AGAIN: "Messages again"}
GIVEN = [(Purpose.OFFERS.value, "Openings"), (Purpose.REMINDERS.value, "Reminders of visits")]


class ToldForm(forms.Form):
    """Which number or address, what they said, and whose word it is; when, where they want messages again."""

    what = forms.ChoiceField(error_messages={"required": "Choose what they said.", "invalid_choice": "Choose again."})
    said_by = forms.CharField(
        label="Who said so", max_length=100, error_messages={"required": "Say whose word it is: who told you so."}
    )
    said_at = forms.DateTimeField(label="When", required=False)
    purposes = forms.MultipleChoiceField(choices=GIVEN, required=False)

    def __init__(self, patient: Patient, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        self.points = {use.contact_point_id: use.contact_point for use in patient.contacts.all()}
        self.fields["what"].choices = [(f"{pk}:{what}", words) for pk in self.points for what, words in WHAT.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.word == AGAIN:
            if not cleaned["purposes"]:
                raise ValidationError({"purposes": "Tick what they want again."})
            if not cleaned["said_at"]:
                raise ValidationError({"said_at": "Say when they said so."})
            if cleaned["said_at"] > self.now:
                raise ValidationError({"said_at": "This is in the future."})
        return cleaned

    @property
    def word(self) -> str:
        return str(self.cleaned_data["what"].split(":")[1])

    @property
    def point(self) -> ContactPoint:
        return self.points[int(self.cleaned_data["what"].split(":")[0])]
