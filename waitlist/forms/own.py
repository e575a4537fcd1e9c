"""What patients type on their own page: how to reach them, a code, what they wait for, until when they pause."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy, ngettext

from notifications import consent
from notifications.states import ContactKind
from waitlist.entries import Window, Wish
from waitlist.forms.openings import DAY
from waitlist.forms.wishes import NOTICE
from waitlist.models import Clinic, WaitlistEntry
from waitlist.templatetags.standby import hours

DIGITS = 6
LONGEST_PAUSE_DAYS = 365


class ReachForm(forms.Form):
    """A number or an address of theirs."""

    reach = forms.CharField(
        label=gettext_lazy("Your mobile number or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Please type the number or the address we write to.")},
    )

    def clean_reach(self) -> tuple[str, str]:
        """Its kind, and its one form."""
        typed = self.cleaned_data["reach"].strip()
        kind, check = (ContactKind.EMAIL, consent.email) if "@" in typed else (ContactKind.PHONE, consent.phone)
        try:
            return str(kind), check(typed)
        except ValidationError as error:
            raise ValidationError(error.messages) from None


class CodeForm(forms.Form):
    """The digits of a code, with or without spaces."""

    digits = forms.CharField(
        label=gettext_lazy("The six digits"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": gettext_lazy("Please type the six digits.")},
    )

    def clean_digits(self) -> str:
        digits = "".join(letter for letter in self.cleaned_data["digits"] if letter.isascii() and letter.isdigit())
        if len(digits) != DIGITS:
            raise ValidationError(gettext("A code has six digits."))
        return digits


class WhatForm(forms.Form):
    """What for, and how long before they must know."""

    services = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What would you like to come for?"),
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    practitioners = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("With whom?")
    )
    notice_minutes = forms.TypedChoiceField(coerce=int, label=gettext_lazy("How long before must you know?"))

    def __init__(
        self,
        clinic: Clinic,
        *args: Any,
        services: Sequence[int] = (),
        wanted: Sequence[int] = (),
        excluded: Sequence[int] = (),
        notice: int,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        offered = clinic.services.filter(retired_at=None).order_by("category", "name")
        steps = sorted({minutes for minutes, _ in NOTICE} | {notice})
        self.fields["services"].choices = [(one.pk, one.name) for one in offered]  # type: ignore[attr-defined]
        self.fields["services"].initial = services
        if len(people := _people(clinic, wanted, excluded)) > 1:
            self.fields["practitioners"].choices = people  # type: ignore[attr-defined]
            self.fields["practitioners"].initial = wanted
        else:
            del self.fields["practitioners"]  # there is nothing to choose
        self.fields["notice_minutes"].choices = [(one, length(one)) for one in steps]  # type: ignore[attr-defined]
        self.fields["notice_minutes"].initial = notice


def _people(clinic: Clinic, wanted: Sequence[int], excluded: Sequence[int]) -> list[tuple[int, str]]:
    """Whoever works there, and is not one they said they do not want; and whom they wait for already."""
    here = Q(retired_at=None) & ~Q(pk__in=excluded) | Q(pk__in=wanted)
    return list(clinic.practitioners.filter(here).order_by("name").values_list("pk", "name"))


class NewWishForm(WhatForm):
    """A wish of somebody who is known, by whom they are."""

    def __init__(self, clinic: Clinic, *args: Any, **options: Any) -> None:
        super().__init__(clinic, *args, notice=clinic.default_notice_minutes, **options)

    def wish(self, windows: tuple[Window, ...]) -> Wish:
        said = self.cleaned_data
        return Wish(
            tuple(said["services"]),
            practitioner_ids=tuple(said.get("practitioners", ())),
            windows=windows,
            notice_minutes=said["notice_minutes"],
        )


class OwnWishForm(WhatForm):
    """What of a wish its patient may change; the rest stays as it is."""

    def __init__(self, entry: WaitlistEntry, *args: Any, **options: Any) -> None:
        of_the_wish: dict[str, Any] = {
            "services": entry.services,
            "wanted": entry.practitioners,
            "excluded": entry.excluded_practitioners,
            "notice": entry.notice_minutes,
        }
        super().__init__(entry.clinic, *args, **of_the_wish, **options)
        self.entry = entry

    def wish(self, windows: tuple[Window, ...]) -> Wish:
        entry = self.entry
        return Wish(
            service_ids=tuple(self.cleaned_data["services"]),
            practitioner_ids=tuple(self.cleaned_data.get("practitioners", entry.practitioners)),
            excluded_ids=tuple(entry.excluded_practitioners),
            windows=windows,
            max_travel_minutes=entry.max_travel_minutes,
            notice_minutes=self.cleaned_data["notice_minutes"],
            earliest_on=entry.earliest_on,
            latest_on=entry.latest_on,
            priority=entry.priority,
            note=entry.note,
        )


class PauseForm(forms.Form):
    """The day from which they want to hear of times again."""

    until = forms.DateField(
        label=gettext_lazy("Until"),
        widget=DAY,
        error_messages={
            "required": gettext_lazy("Choose the day from which we write to you again."),
            "invalid": gettext_lazy("This is no date."),
        },
    )

    def __init__(self, clinic: Clinic, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = clinic.zone
        self.today = now.astimezone(self.zone).date()

    def clean_until(self) -> datetime:
        """Midnight there, at the clinic."""
        day: date = self.cleaned_data["until"]
        if not timedelta(0) < day - self.today <= timedelta(days=LONGEST_PAUSE_DAYS):
            raise ValidationError(gettext("Choose a day from tomorrow on, within a year."))
        return datetime.combine(day, time(), tzinfo=self.zone)


def length(minutes: int) -> str:
    """90 minutes, 12 hours, 3 days."""
    days, rest = divmod(minutes, 24 * 60)
    return ngettext("{count} day", "{count} days", days).format(count=days) if days and not rest else hours(minutes)


def taken(entry: WaitlistEntry, services: list[int]) -> bool:
    """Whether another waiting wish of theirs is for exactly these."""
    others = WaitlistEntry.objects.filter(patient=entry.patient_id, services=sorted(services)).exclude(pk=entry.pk)
    return others.filter(status__in=("active", "paused")).exists()
