"""Whether, and after how long, people are asked whether they still want what they wait for."""

from django import forms

from waitlist.forms.contacting import WORDS

BOUNDS = WORDS | {"min_value": "At least %(limit_value)s.", "max_value": "At most %(limit_value)s."}


class StillWantedForm(forms.Form):
    asks_still_wanted = forms.BooleanField(label="Ask whether they still want it", required=False)
    still_after_days = forms.IntegerField(
        label="Ask after, days",
        min_value=14,
        max_value=180,
        error_messages=BOUNDS,
        help_text="Since they came onto the list or last showed that they want it. 14 to 180; 30 is once a month.",
    )
    still_rests_after_days = forms.IntegerField(
        label="Without an answer it rests after, days",
        min_value=7,
        max_value=60,
        error_messages=BOUNDS,
        help_text="7 to 60. Nobody is taken off the list by silence.",
    )
