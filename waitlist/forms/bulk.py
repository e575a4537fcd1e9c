"""What is done to everybody ticked, and why."""

from datetime import datetime, time

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from waitlist.bulk import Order
from waitlist.forms.openings import DAY
from waitlist.models import Clinic
from waitlist.states import Bulk, Why

MOST = 500


class BulkForm(forms.Form):
    """One act, one reason, as many entries as are ticked."""

    what = forms.ChoiceField(label="Do", choices=Bulk.choices, error_messages={"required": "Choose what to do."})
    back_on = forms.DateField(label="Back on", widget=DAY, required=False, help_text="Empty: until you resume them.")
    why = forms.ChoiceField(
        label="Why", choices=[("", "Choose"), *Why.choices], error_messages={"required": "Choose why."}
    )
    entry = forms.TypedMultipleChoiceField(
        label="", coerce=int, error_messages=dict.fromkeys(("required", "invalid_choice"), "Tick somebody first.")
    )

    def __init__(self, clinic: Clinic, data: QueryDict | None = None, *, now: datetime) -> None:
        super().__init__(data, auto_id="bulk-%s")
        self.clinic, self.now = clinic, now
        sent = data.getlist("entry")[:MOST] if data is not None else []
        ids = [text for text in sent if text.isascii() and text.isdecimal() and len(text) < 19]
        self.fields["entry"].choices = [(text, text) for text in ids]  # type: ignore[attr-defined]

    def clean_back_on(self) -> datetime | None:
        day = self.cleaned_data["back_on"]
        if day is None:
            return None
        starts = datetime.combine(day, time(), self.clinic.zone)
        if starts <= self.now:
            raise ValidationError("This day has begun: choose a later one.")
        return starts

    def order(self) -> Order:
        """What is to be done; only a pause has an end."""
        what = Bulk(self.cleaned_data["what"])
        until = self.cleaned_data["back_on"] if what == Bulk.PAUSE else None
        return Order(what, self.cleaned_data["why"], until)
