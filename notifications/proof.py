"""What proves that one patient might be written to, and when they might not: read from ledger, forms and texts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from notifications.consent import texts
from notifications.models import Consent, ContactPoint, InboundMessage, Join, Message
from notifications.states import Channel, Kind, MessageStatus, Purpose
from waitlist.models import Patient

HEARD = ("stop", "stop_offers", "pause", "start", "kept", "left")  # replies.Meaning, as the column holds it
SAID = {"kept": "still wanted", "left": "wanted no more"}
ANSWERED = ("offers_stopped", "paused", "started", "joined", "still_kept", "still_left")


@dataclass(frozen=True)
class Line:
    """One thing that was said, agreed to or sent. `text`: the words themselves."""

    at: datetime
    where: str
    what: str
    how: str = ""
    who: str = ""
    remote_addr: str = ""
    text_version: str = ""
    text: str = ""
    note: str = ""
    row: str = ""


def of(patient: Patient) -> list[Line]:
    """Everything, in the order it happened: of a number that a family shares, the family's."""
    points = points_of(patient)
    lines = [line for point in points for part in (_forms, _heard, _ledger, _sent) for line in part(point)]
    return sorted(lines, key=lambda line: line.at)


def points_of(patient: Patient) -> list[ContactPoint]:
    """The numbers and addresses they use, and those they were written to at before."""
    theirs = Q(users__patient=patient) | Q(messages__patient=patient)
    return list(ContactPoint.objects.filter(theirs, clinic=patient.clinic_id).distinct().order_by("pk"))


def as_agreed(points: Collection[ContactPoint]) -> dict[tuple[int, str], str]:
    """By contact point and version of the text: the words as the join page showed them, one query for all."""
    forms = Join.objects.filter(Q(contact_point__in=points) | Q(email_point__in=points)).order_by("pk")
    rows = forms.values_list("contact_point", "email_point", "text_version", "text")
    return {
        (pk, version): text for phone, email, version, text in rows for pk in (phone, email) if pk is not None
    }


def words_of(line: Consent, as_shown: Mapping[tuple[int, str], str]) -> str:
    """What they agreed to with this line of the ledger; empty where nothing was read or shown."""
    own = as_shown.get((line.contact_point_id, line.text_version))
    return own or texts.TEXTS.get(line.text_version, "")


def _ledger(point: ContactPoint) -> Iterator[Line]:
    as_shown = as_agreed([point])
    for line in point.consents.select_related("recorded_by", "said_on"):
        purpose, channel = Purpose(line.purpose).label, Channel(line.channel).label
        yield Line(
            at=line.at,
            where=point.value,
            what=f"{'Allowed' if line.granted else 'Withdrawn'}: {purpose}, {channel}",
            how=str(Consent.Source(line.source).label),
            who=line.recorded_by.email if line.recorded_by else "",
            remote_addr=line.remote_addr or "",
            text_version=line.text_version,
            text=words_of(line, as_shown),
            note=f"{line.note}, said on {line.said_on.value}" if line.said_on else line.note,
            row=str(line),
        )


def _forms(point: ContactPoint) -> Iterator[Line]:
    for form in Join.objects.filter(contact_point=point):
        ended = form.confirmed_at or form.expired_at
        became = "confirmed" if form.confirmed_at else "not confirmed in time" if ended else "not confirmed yet"
        yield Line(
            at=form.asked_at,
            where=point.value,
            what="Form of the join page sent in",
            how="Web form",
            remote_addr=form.remote_addr or "",
            text_version=form.text_version,
            text=form.text,
            note=became,
            row=str(form),
        )


def _sent(point: ContactPoint) -> Iterator[Line]:
    proves = Q(kind__in=(Kind.OPT_IN, Kind.STOPPED, Kind.STILL)) | Q(kind=Kind.ANSWER, context__answer__in=ANSWERED)
    for message in Message.objects.filter(proves, contact_point=point):
        yield Line(
            at=message.sent_at or message.created_at,
            where=point.value,
            what=f"Sent: {Kind(message.kind).label}",
            how=str(Channel(message.channel).label),
            text=message.text,
            note=str(MessageStatus(message.status).label),
            row=str(message),
        )


def _heard(point: ContactPoint) -> Iterator[Line]:
    for heard in InboundMessage.objects.filter(contact_point=point, meaning__in=HEARD):
        yield Line(
            at=heard.received_at,
            where=point.value,
            what=f"Heard: {SAID.get(heard.meaning, heard.meaning.replace('_', ' '))}",
            how=str(Channel(heard.channel).label),
            text=heard.text,
            note="the carrier has answered it" if heard.already_answered else "",
            row=str(heard),
        )
