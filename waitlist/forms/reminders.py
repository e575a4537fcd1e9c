"""Whether patients are reminded of their visits."""

from django import forms


class RemindersForm(forms.Form):
    sends_reminders = forms.BooleanField(label="Remind patients of their visits", required=False)
    reminders_ask_earlier = forms.BooleanField(label="Say that an earlier time can be had", required=False)
