"""Setting up a connection, and saying what the other system's words mean."""

from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings

from waitlist.events import names
from waitlist.models import Clinic, Connection

LOOPBACK = ("localhost", "127.0.0.1", "::1")  # nothing crosses a network
LABELS = {"practitioner": "Practitioner", "service": "Service", "location": "Location"}


class ConnectionForm(forms.ModelForm):
    """The settings of one connection; which system it is cannot change later."""

    writeback_url = forms.URLField(
        label="Address for bookings",
        required=False,
        assume_scheme="https",
        max_length=200,
        help_text="Where new bookings are sent. Empty: they become a task for the front desk.",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )

    class Meta:
        model = Connection
        fields = ["source", "name", "default_location", "writeback_url", "is_active"]
        labels = {
            "source": "System",
            "default_location": "Location",
            "is_active": "Takes events",
        }
        help_texts = {
            "default_location": "For events that name no place of yours.",
        }

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.clinic = clinic
        places = clinic.locations.filter(retired_at=None).order_by("name")
        self.fields["default_location"].queryset = places  # type: ignore[attr-defined]
        self.fields["default_location"].empty_label = "None" if places.count() > 1 else "The only one"  # type: ignore[attr-defined]
        if self.instance.pk:
            del self.fields["source"]
        else:
            self.fields["source"].choices = Connection.Source.choices  # type: ignore[attr-defined]
            self.fields["source"].initial = Connection.Source.STANDARD
            del self.fields["is_active"]

    def clean_writeback_url(self) -> str:
        url = str(self.cleaned_data["writeback_url"])
        is_private = urlsplit(url).scheme == "https" or urlsplit(url).hostname in LOOPBACK
        if url and not (is_private or settings.DEBUG or settings.DEMO):
            raise forms.ValidationError("Only an https:// address: patients’ names and numbers are sent there.")
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_active = cleaned.get("is_active", self.instance.is_active)
        others = self.clinic.connections.filter(is_active=True).exclude(writeback_url="").exclude(pk=self.instance.pk)
        if cleaned.get("writeback_url") and is_active and (other := others.first()):
            self.add_error("writeback_url", f"Bookings go to “{other.name}” already, and to one calendar only.")
        return cleaned

    def validate_constraints(self) -> None:
        """Done above, in words; the database has the last one."""


class MatchForm(forms.Form):
    """One choice for each word that nobody has matched yet; what stays open stays rejected."""

    def __init__(self, connection: Connection, words: list[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.words = {_field_name(kind, word): (kind, word) for kind, word in words}
        for name, (kind, word) in self.words.items():
            choices = [("", "Not yet"), *((row.pk, row.name) for row in names.candidates(connection, kind))]
            self.fields[name] = forms.TypedChoiceField(
                label=f"{LABELS[kind]} “{word}” is", choices=choices, coerce=int, required=False, empty_value=None
            )

    def chosen(self) -> list[tuple[str, str, int]]:
        """(kind, word, id) for every word that got a meaning."""
        found = ((*self.words[name], value) for name, value in self.cleaned_data.items())
        return [(kind, word, value) for kind, word, value in found if value is not None]


def _field_name(kind: str, word: str) -> str:
    """The same for the same word, whatever else is open meanwhile."""
    return f"{kind}-{blake2b(word.encode(), digest_size=6).hexdigest()}"
