"""Who a clinic is to its patients, and what the clock and the carrier have to know."""

from typing import ClassVar
from zoneinfo import available_timezones

from django import forms

from waitlist.models import Clinic
from waitlist.zones import HOME


def zones(known: str = "", empty: str = "") -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Time zones to choose from: those of home by the name people say, then all there are."""
    home = [(key, f"{words} ({key})") for key, words in HOME]
    all_of_them = [(key, key) for key in sorted(available_timezones() | ({known} if known else set()))]
    named = {key for key, _ in home}
    others = [pair for pair in all_of_them if pair[0] not in named and ("/" in pair[0] or pair[0] == known)]
    start: list[tuple[str, str | list[tuple[str, str]]]] = [("", empty)] if empty else []
    return [*start, ("United States", home), ("Elsewhere", others)]


class ClinicForm(forms.ModelForm):
    """Name, numbers, zone."""

    class Meta:
        model = Clinic
        fields = ("name", "phone", "email", "timezone", "sms_sender", "max_live_offers")
        labels: ClassVar = {
            "name": "Name",
            "phone": "Phone",
            "email": "E-mail",
            "timezone": "Time zone",
            "sms_sender": "Texts come from",
            "max_live_offers": "Open offers at once",
        }
        help_texts: ClassVar = {
            "name": "Every text begins with it, and the law wants it to: patients have to know who writes.",
            "phone": "What patients call. It stands on every page and in most texts.",
            "email": "Answers to our e-mails go there. Empty: they are told to call.",
            "timezone": "Of days and hours here, and of whoever has named no zone of their own.",
            "sms_sender": "The number registered for you (10DLC brand and campaign); texts from another one are"
            " blocked. Once saved it stays, as patients say STOP to it: whoever runs Standby for you can move it.",
            "max_live_offers": "That one patient may hold at a time, 1 to 10.",
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["sms_sender"].disabled = bool(self.instance.sms_sender)
        self.fields["timezone"] = forms.ChoiceField(
            label="Time zone",
            choices=zones(self.instance.timezone),
            help_text=str(self.fields["timezone"].help_text),
            error_messages={"invalid_choice": "Choose one of the list, such as America/Los_Angeles."},
        )

    def clean_max_live_offers(self) -> int:
        count: int = self.cleaned_data["max_live_offers"]
        if not 1 <= count <= 10:
            raise forms.ValidationError("1 at least, and 10 at most.")
        return count

    def _post_clean(self) -> None:
        """The act builds and checks the row, under its lock."""
