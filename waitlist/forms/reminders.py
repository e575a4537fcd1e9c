"""Whether patients are reminded of their visits."""

from django import forms


class RemindersForm(forms.Form):
    sends_reminders = forms.BooleanField(label="Remind patients of their visits", required=False)
