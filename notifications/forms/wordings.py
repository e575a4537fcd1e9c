"""A wording as a manager types it, and how much messages may say."""

from collections.abc import Mapping
from typing import Any

from django import forms

from notifications.rendering import needs, words
from notifications.rendering.checks import LONGEST_SUBJECT, Draft
from notifications.rendering.levels import MOST
from notifications.rendering.needs import Place
from notifications.states import Channel

CHANNELS = {Channel.SMS.value: "Texts", Channel.EMAIL.value: "E-mails"}
LEVELS = {
    0: (
        "Nobody and nothing",
        "Your name, day and time, the link and the word to reply. Whoever sees the phone learns no more.",
    ),
    1: ("First name and whom they see", "To those who agreed; everybody else gets the wording of level 0."),
    2: ("The service, too", "To those who agreed; everybody else gets the wording of level 0."),
}


def place(data: Mapping[str, Any]) -> Place | None:
    """Which wording is meant: the first there is where nothing is said, None where there is no such."""
    channel = str(data.get("channel", Channel.SMS))
    if channel not in CHANNELS:
        return None
    kind = str(data.get("kind", needs.kinds(channel)[0]))
    language, level = str(data.get("language", "en")), str(data.get("level", "0"))
    known = kind in needs.kinds(channel) and language in words.LANGUAGES and level in map(str, range(MOST + 1))
    return (kind, channel, language, int(level)) if known else None


class WordingForm(forms.Form):
    """Subject and text; what may not go out is refused by `wordings.save`, at its field."""

    subject = forms.CharField(
        max_length=LONGEST_SUBJECT,
        required=False,
        help_text="A locked phone shows it: it names nobody at any level.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(max_length=2000, required=False, strip=False)

    def __init__(self, place: Place, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place = place
        is_mail = place[1] == Channel.EMAIL
        if not is_mail:
            del self.fields["subject"]
        self.fields["text"].widget = forms.Textarea(
            attrs={"rows": 12 if is_mail else 5, "spellcheck": "true", "lang": place[2]}
        )
        self.fields["text"].help_text = (
            "The first line is the heading, each other one a paragraph. The button and the way out are added by us."
            if is_mail
            else ""
        )

    def draft(self) -> Draft:
        """As typed."""
        typed = self.cleaned_data
        text = typed.get("text", "").replace("\r\n", "\n").strip()
        return Draft(*self.place, text=text, subject=typed.get("subject", ""))


class LevelForm(forms.Form):
    """How much messages may say to those who agreed."""

    level = forms.TypedChoiceField(
        label="How much they may say",
        coerce=int,
        choices=[(level, name) for level, (name, _) in LEVELS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how much messages may say."},
    )
