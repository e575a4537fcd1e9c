"""A note about a patient, as staff type it."""

from django import forms

from waitlist.notes import LONGEST


class NoteForm(forms.Form):
    """What the next of them should know."""

    text = forms.CharField(
        label="New note",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text="For the desk only: the patient never sees it, and it goes into no message.",
        error_messages={
            "required": "New note: write something first.",
            "max_length": f"New note: {LONGEST:,} characters at most.",
        },
    )
