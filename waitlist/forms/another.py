"""Another time for somebody whose visit staff cancel: with whom, when in the week, and their word on being asked."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser

from notifications.models import ContactPoint
from notifications.states import Channel, ContactKind
from waitlist.entries import ANY_TIME, Window, Wish
from waitlist.forms.people import SENTENCE_VERSION
from waitlist.lessons import PARTS_OF_DAY
from waitlist.models import Appointment, User
from waitlist.people import ConsentGiven

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
EVERY_DAY = 0b1111111


class AnotherForm(forms.Form):
    """Nothing in it can keep a visit from being cancelled: what makes no sense is as the visit was."""

    wait = forms.BooleanField(label="Put them on the waitlist for another time", required=False)
    with_whom = forms.ChoiceField(label="With", widget=forms.RadioSelect, required=False)
    when = forms.ChoiceField(label="When", widget=forms.RadioSelect, required=False)
    sms = forms.BooleanField(label="Yes to texts", required=False)
    email = forms.BooleanField(label="Yes to e-mails", required=False)

    prefix = "n"

    def __init__(self, visit: Appointment, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        local = visit.starts_at.astimezone(visit.location.zone)
        minute = local.hour * 60 + local.minute
        part, start, end = next(one for one in PARTS_OF_DAY if one[1] <= minute < one[2])
        self.windows: dict[str, tuple[Window, ...]] = {
            "same": ((1 << local.weekday(), start, end),),
            "hours": ((EVERY_DAY, start, end),),
            "any": ANY_TIME,
        }
        self.visit, day = visit, DAYS[local.weekday()]
        self.as_it_was = f"{day} in the {part}, with {visit.practitioner.name}"
        whens = ("same", f"{day} in the {part}"), ("hours", f"Any day in the {part}"), ("any", "Any day, any time")
        self.fields["when"].choices = whens  # type: ignore[attr-defined]
        people = ("same", visit.practitioner.name), ("anybody", "Anybody")
        self.fields["with_whom"].choices = people  # type: ignore[attr-defined]
        for name in ("when", "with_whom"):
            self.fields[name].initial = "same"

    @property
    def is_wanted(self) -> bool:
        self.is_valid()
        return bool(self.cleaned_data.get("wait")) and self.visit.patient is not None

    def wish(self) -> Wish:
        """For the service of the visit."""
        said = self.cleaned_data
        anybody = said.get("with_whom") == "anybody"
        return Wish(
            (self.visit.service_id,),
            practitioner_ids=() if anybody else (self.visit.practitioner_id,),
            windows=self.windows[said.get("when") or "same"],
            note="Another time: said to staff as a visit was cancelled",
        )

    def given(
        self, points: list[ContactPoint], *, by: User | AnonymousUser, remote_addr: str | None, now: datetime
    ) -> list[ConsentGiven]:
        """What was ticked, as the ledger takes it, where they have a number or an address for it."""
        kinds, patient = {point.kind for point in points}, self.visit.patient
        channels = ((Channel.SMS, ContactKind.PHONE, "sms"), (Channel.EMAIL, ContactKind.EMAIL, "email"))
        return [
            ConsentGiven(
                channel=channel,
                at=now,
                recorded_by=by if isinstance(by, User) else None,
                remote_addr=remote_addr,
                text_version=SENTENCE_VERSION,
                note=f"Said by {patient.name if patient else ''}"[:200],
            )
            for channel, kind, name in channels
            if kind in kinds and self.cleaned_data.get(name)
        ]
