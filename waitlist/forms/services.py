"""What a service asks of those who say yes, and how long they have."""

from typing import ClassVar

from django import forms

from waitlist.models import Service


class ServiceForm(forms.ModelForm):
    """The question, the hold and the time to answer."""

    class Meta:
        model = Service
        fields = ("details_prompt", "hold_seconds", "window_minutes")
        labels: ClassVar = {
            "details_prompt": "Question after the yes",
            "hold_seconds": "Kept for them, in seconds",
            "window_minutes": "Time to answer an offer, in minutes",
        }
        help_texts: ClassVar = {
            "details_prompt": "Such as: Any allergies or medicines we should know of? Empty: a yes books at once.",
            "hold_seconds": "While they answer it; 10 to 3600. By text they have five minutes at least.",
            "window_minutes": "Empty: by how far away the time is.",
        }

    def clean_window_minutes(self) -> int | None:
        minutes: int | None = self.cleaned_data["window_minutes"]
        if minutes is not None and not 1 <= minutes <= 1440:
            raise forms.ValidationError("A minute at least, and a day (1440) at most.")
        return minutes
