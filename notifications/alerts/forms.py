"""How a member hears of each kind of event."""

from django import forms

from notifications.alerts.events import Event, How

HELP = {
    Event.APPROVAL: "Where your policy asks staff first, or so much was cancelled at once that nothing goes by itself.",
    Event.EXHAUSTED: "Everybody whom it suits was asked, or the time came and nobody had taken it.",
    Event.JOIN: "By the clinic’s own page, without the front desk.",
    Event.INBOUND: "Nothing happens to it until somebody has read it.",
    Event.OUTREACH: "No text, call or e-mail reaches them, and there is something they have to hear.",
    Event.MONEY: "No more offers go out until the month is over, or the limit is raised.",
}


class NoticesForm(forms.Form):
    """One field for each kind of event."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        for event in Event:
            self.fields[event] = forms.ChoiceField(
                label=event.label,
                choices=How.choices,
                help_text=HELP[event],
                error_messages={"required": "Choose one of the three."},
            )
