"""A person and a consent, as staff type them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from notifications.consent import texts
from notifications.models import ContactPoint
from notifications.states import Channel, Purpose
from waitlist.models import Patient, User
from waitlist.people import ConsentGiven, Person
from waitlist.states import Tier

LANGUAGES = [
    ("en", "English"),
    ("es", "Spanish"),
    ("zh", "Chinese (we write English)"),
    ("vi", "Vietnamese (we write English)"),
]
FIRST = [(Channel.SMS.value, "Text"), (Channel.VOICE.value, "Automated call"), (Channel.EMAIL.value, "E-mail")]
DETAIL_SENTENCE = (
    "May these messages name you, whom you see and what for? Whoever sees your phone or opens your mail could read it."
)
NO_MORE = {
    Channel.SMS.value: "No more texts",
    Channel.EMAIL.value: "No more e-mails",
    Channel.VOICE.value: "No more calls",
    Channel.WHATSAPP.value: "No more WhatsApp messages",
}
NO_NAMES = {Channel.SMS.value: "No names in texts any more", Channel.EMAIL.value: "No names in e-mails any more"}
GONE = "Nothing of that kind is allowed there any more."
SENTENCE_VERSION = texts.READ_ALOUD
SENTENCE = texts.TEXTS[SENTENCE_VERSION]


class PersonForm(forms.Form):
    """Who they are and how they are reached."""

    phone = forms.CharField(
        max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
    )
    email = forms.CharField(
        label="E-mail", max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(max_length=60)
    last_name = forms.CharField(max_length=60, required=False)
    language = forms.ChoiceField(choices=LANGUAGES, initial="en", required=False)
    preferred_channel = forms.ChoiceField(
        label="Asked first by", choices=FIRST, initial=Channel.SMS, required=False, help_text="If they agreed to it."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        language = self.initial.get("language")
        if language and language not in dict(LANGUAGES):
            self.fields["language"].choices = [*LANGUAGES, (language, language)]  # type: ignore[attr-defined]

    def person(self) -> Person:
        return Person(**self.cleaned_data)

    @staticmethod
    def of(patient: Patient) -> dict[str, Any]:
        """What is known of a patient, as the form's initial values."""
        points = {
            contact.contact_point.kind: contact.contact_point.value for contact in reversed(patient.contacts.all())
        }
        names = ("first_name", "last_name", "language", "preferred_channel")
        return {name: getattr(patient, name) for name in names} | {
            "phone": points.get("phone", ""),
            "email": points.get("email", ""),
        }


class WithdrawalForm(forms.Form):
    """What they want no more of, at which number or address, and who said so."""

    what = forms.ChoiceField(error_messages={"required": "Choose what to stop.", "invalid_choice": GONE})
    said_by = forms.CharField(
        label="Who said so", max_length=100, error_messages={"required": "Say who wants no more messages."}
    )

    def __init__(self, patient: Patient, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        points = [use.contact_point for use in patient.contacts.all()]
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (f"{point.pk}:{channel}", words) for point in points for channel, words in self.allowed(point)
        ]

    @staticmethod
    def allowed(point: ContactPoint) -> list[tuple[str, str]]:
        """The channels allowed there now, and detail by them, as what they could want no more of."""
        channels = {grant.split(":")[1] for grant in point.granted}
        detail = [
            (f"{channel}:{Purpose.DETAIL}", words)
            for channel, words in NO_NAMES.items()
            if f"{Purpose.DETAIL}:{channel}" in point.granted
        ]
        return [(channel, words) for channel, words in NO_MORE.items() if channel in channels] + detail

    def withdrawn(self) -> tuple[int, str, str, str]:
        """Which contact, which channel, of which purpose (empty: all of them), and that in words."""
        contact_id, channel, purpose = f"{self.cleaned_data['what']}:".split(":")[:3]
        return int(contact_id), channel, purpose, (NO_NAMES if purpose else NO_MORE)[channel]


class TierForm(forms.Form):
    """A tier by hand and why, both or neither."""

    tier = forms.ChoiceField(
        choices=[("", "Choose"), *Tier.choices], error_messages={"required": "Choose the tier that the reason is for."}
    )
    reason = forms.CharField(
        max_length=200,
        help_text="Kept with the patient, for staff only.",
        error_messages={"required": "Say why: a tier chosen by hand needs a reason."},
    )


class ConsentForm(forms.Form):
    """What they allowed when the sentence was read to them: on which channel, who said so, when."""

    TICKS = (
        (Purpose.OFFERS, Channel.SMS, "sms"),
        (Purpose.OFFERS, Channel.EMAIL, "email"),
        (Purpose.OFFERS, Channel.VOICE, "voice"),
        (Purpose.DETAIL, Channel.SMS, "detail_sms"),
        (Purpose.DETAIL, Channel.EMAIL, "detail_email"),
    )

    sms = forms.BooleanField(label="Yes to texts", required=False)
    email = forms.BooleanField(label="Yes to e-mails", required=False)
    detail_sms = forms.BooleanField(label="Texts may name all that", required=False)
    detail_email = forms.BooleanField(label="E-mails may name all that", required=False)
    voice = forms.BooleanField(label="Yes to automated calls", required=False)
    said_by = forms.CharField(
        label="Who said so",
        max_length=100,
        required=False,
        initial="the patient",
        help_text="The patient, or who speaks for them.",
    )
    said_at = forms.DateTimeField(
        label="When",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, now: datetime, may_name: bool = False, **options: Any) -> None:
        """`may_name`: the clinic's messages say more where a patient agrees, so that is asked, too."""
        super().__init__(*args, **options)
        self.now = now
        self.detail_sentence = DETAIL_SENTENCE if may_name else ""
        if not may_name:
            del self.fields["detail_sms"], self.fields["detail_email"]
        self.fields["said_at"].initial = now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(cleaned.get(name) for *_, name in self.TICKS) and not self.errors:
            if not cleaned["said_by"]:
                raise ValidationError({"said_by": "Say who gave this consent."})
            if not cleaned["said_at"]:
                raise ValidationError({"said_at": "Say when this consent was given."})
            if cleaned["said_at"] > self.now:
                raise ValidationError({"said_at": "This is in the future."})
        return cleaned

    def given(self, *, by: User | AnonymousUser, remote_addr: str | None) -> list[ConsentGiven]:
        """As the ledger takes it."""
        return [
            ConsentGiven(
                purpose=purpose,
                channel=channel,
                at=self.cleaned_data["said_at"],
                recorded_by=by if isinstance(by, User) else None,
                remote_addr=remote_addr,
                text_version=SENTENCE_VERSION,
                note=f"Said by {self.cleaned_data['said_by']}",
            )
            for purpose, channel, name in self.TICKS
            if self.cleaned_data.get(name)
        ]
