"""Waiting for an earlier time than a visit held, and the clinic's rule for it."""

from django import forms

from waitlist.forms.wishes import NOTICE
from waitlist.models import Clinic


class EarlierForm(forms.Form):
    """Who said that they would come sooner, and what they need for it."""

    said_by = forms.CharField(
        label="Who said so", max_length=60, help_text="The patient, or who speaks for them. Never sent."
    )
    with_whom = forms.ChoiceField(label="With", widget=forms.RadioSelect, initial="same")
    notice_minutes = forms.TypedChoiceField(coerce=int, choices=NOTICE, label="Needs at least this much notice")

    def __init__(self, clinic: Clinic, practitioner: str, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["with_whom"].choices = [("same", practitioner), ("anybody", "Anybody")]  # type: ignore[attr-defined]
        notice = clinic.default_notice_minutes
        self.fields["notice_minutes"].initial = notice
        if notice not in dict(NOTICE):
            self.fields["notice_minutes"].choices = sorted([*NOTICE, (notice, f"{notice} minutes")])  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """From how many days away a visit joins by itself."""

    from_days = forms.IntegerField(
        label="Visits at least this many days ahead",
        min_value=1,
        max_value=365,
        required=False,
        help_text="Empty: nobody joins by itself, only whom you add on the Appointments page.",
    )
