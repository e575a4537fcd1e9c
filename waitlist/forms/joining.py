"""The form by which patients put themselves on the list, and the switch for it."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, gettext_lazy

from waitlist import languages, people
from waitlist.entries import Window, Wish
from waitlist.models import Clinic
from waitlist.models.clinic import ORIGIN
from waitlist.people import Person
from waitlist.zones import HOME

MOST_ORIGINS = 10


class JoinForm(forms.Form):
    """Who, how to reach them, for what, and that they agree. `website` is for robots: people do not see it."""

    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=60,
        error_messages={"required": gettext_lazy("Please tell us your first name.")},
    )
    last_name = forms.CharField(
        label=gettext_lazy("Last name"),
        max_length=60,
        error_messages={"required": gettext_lazy("Please tell us your last name.")},
    )
    phone = forms.CharField(
        label=gettext_lazy("Mobile number"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel"}),
        error_messages={"required": gettext_lazy("We need a number that takes texts.")},
    )
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False, widget=forms.EmailInput())
    language = forms.ChoiceField(label=gettext_lazy("Language of our texts"), choices=settings.LANGUAGES)
    timezone = forms.ChoiceField(label=gettext_lazy("Your time zone"))
    services = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What would you like to come for?"),
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    agrees = forms.BooleanField(
        label=gettext_lazy("Your agreement"),
        error_messages={"required": gettext_lazy("Without this we may not text you. You can call us instead.")},
    )
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        services = clinic.services.filter(retired_at=None).order_by("category", "name")
        self.fields["services"].choices = [(one.pk, one.name) for one in services]  # type: ignore[attr-defined]
        own = [] if clinic.timezone in dict(HOME) else [(clinic.timezone, ZoneInfo(clinic.timezone).key)]
        self.fields["timezone"].choices = [*own, *((one, gettext(name)) for one, name in HOME)]  # type: ignore[attr-defined]
        self.fields["timezone"].initial = clinic.timezone
        self.fields["language"].initial = languages.known(get_language() or "") or "en"
        for name, autocomplete in (
            ("first_name", "given-name"),
            ("last_name", "family-name"),
            ("phone", "tel"),
            ("email", "email"),
        ):
            self.fields[name].widget.attrs["autocomplete"] = autocomplete

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                people.check(self.person())
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, texts)
        return cleaned

    @property
    def is_a_robot(self) -> bool:
        return bool(self["website"].value())

    def person(self) -> Person:
        names = ("first_name", "last_name", "phone", "email", "language", "timezone")
        return Person(**{name: self.cleaned_data[name] for name in names})

    def wish(self, windows: tuple[Window, ...]) -> Wish:
        return Wish(service_ids=tuple(self.cleaned_data["services"]), windows=windows)


class SwitchForm(forms.Form):
    """Whether there is a join page, and which sites may show it inside theirs."""

    takes_joins = forms.BooleanField(label="Patients may put themselves on the waitlist", required=False)
    origins = forms.CharField(
        label="Sites that may show the form",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        help_text="One a line, such as https://www.example.com. No other site can show it inside its pages.",
    )

    def clean_origins(self) -> list[str]:
        """Each once, without a path or a slash at the end, in the order typed."""
        typed = [line.strip() for line in self.cleaned_data["origins"].splitlines() if line.strip()]
        found = list(dict.fromkeys(_origin(line) for line in typed))
        if len(found) > MOST_ORIGINS:
            raise ValidationError(f"{MOST_ORIGINS} sites at most.")
        return found


def _origin(typed: str) -> str:
    origin = typed.lower().removesuffix("/")
    if not re.fullmatch(ORIGIN, origin) or ".." in origin:
        raise ValidationError(
            f"“{typed}” is no address of a site: write it like https://www.example.com, without a path."
        )
    return origin
