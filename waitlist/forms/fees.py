"""Why a fee is let go."""

from django import forms


class WaiverForm(forms.Form):
    """A reason, in a few words."""

    reason = forms.CharField(max_length=200, error_messages={"required": "say why the fee is let go."})
