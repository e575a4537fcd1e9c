"""Which file to import, and what it holds."""

from django import forms

from waitlist import imports

LABELS = {
    "practitioners": "Practitioners",
    "services": "Services",
    "appointments": "Appointments",
    "patients": "Patients",
    "waitlist": "The waitlist",
}


class ImportForm(forms.Form):
    """One CSV file of one kind."""

    kind = forms.ChoiceField(label="It holds", choices=[(kind, LABELS[kind]) for kind in imports.KINDS])
    file = forms.FileField(
        label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}), allow_empty_file=True
    )
