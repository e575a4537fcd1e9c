"""Rows and looks: a clinic's own wordings, and what goes out with them or without."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat, Lower, StrIndex

from notifications.models import ContactPoint, MessageTemplate
from notifications.rendering import checks, examples, links, mail, needs, sms, words
from notifications.rendering.checks import Draft, Fault
from notifications.rendering.examples import Names
from notifications.rendering.needs import Place
from notifications.rendering.placeholders import write
from notifications.rendering.plain import plain, segments
from notifications.states import Channel, Kind, Purpose
from waitlist.models import Clinic, User

MOST_PATIENTS = 50  # named at once in a clinic's wordings: enough to refuse each of them


@dataclass(frozen=True)
class Look:
    """A message as it would go out, and what is against it."""

    text: str
    longest: str
    faults: tuple[Fault, ...] = ()
    subject: str = ""

    @property
    def segments(self) -> int:
        return segments(self.text)

    @property
    def most_segments(self) -> int:
        return max(self.segments, segments(self.longest))

    @property
    def characters(self) -> int:
        return len(links.fill_with_stand_in(self.text))


def names(clinic: Clinic) -> Names:
    """Whom and what its messages could name."""
    places = clinic.locations.select_related("clinic").order_by("pk")
    return Names(
        practitioners=tuple(clinic.practitioners.filter(retired_at=None).order_by("pk").values_list("name", flat=True)),
        services=tuple(clinic.services.filter(retired_at=None).order_by("pk").values_list("name", flat=True)),
        locations=tuple(place.name for place in places),
        zones=tuple(dict.fromkeys(place.zone.key for place in places)),
    )


def of(clinic: Clinic) -> dict[Place, MessageTemplate]:
    """The clinic's own, by where they are used."""
    rows = MessageTemplate.objects.filter(clinic=clinic)
    return {(row.kind, row.channel, row.language, row.level): row for row in rows}


def ours(clinic: Clinic, place: Place, known: Names) -> Draft:
    """Our wording there as something to begin with: the first that fits this clinic's longest facts."""
    kind, channel, language, level = place
    speaks = words.of(language)
    if channel == Channel.EMAIL:
        said = mail.detailed(Kind.OFFER if kind == needs.EARLIER else kind, speaks, level)
        if kind == needs.EARLIER:
            said = mail.with_line(said, speaks.MOVES_VISIT)
        return Draft(*place, text=mail.as_text(said), subject=said.subject)
    longest = examples.longest(clinic, place, known)
    facts = sms.facts_of(longest)
    for wording, most in sms.wordings(longest, None, speaks, level):
        text = wording.replace("{what}", speaks.WHAT.get(level, ""))
        if sms.fits(write(plain(text), facts) or "", most=most):
            return Draft(*place, text=text)
    return Draft(*place, text=wording)


def reminders(clinic: Clinic, known: Names, *, now: datetime) -> tuple[str, str]:
    """A reminder a day before in our words, without and with the line that an earlier time can be had."""
    message = examples.usual(clinic, (Kind.REMINDER, Channel.SMS, "en", 0), known, now=now)
    usual = sms.said(message, None)
    message.context["asks_earlier"] = True
    return usual, sms.said(message, None)


def look(
    clinic: Clinic, draft: Draft, known: Names, *, is_own: bool, patients: Sequence[str] | None = None, now: datetime
) -> Look:
    """How it goes out; `is_own`: as the clinic's wording, with what is against it. Of many, `patients` are those
    `patients_in` found in any of them."""
    place = draft.place
    mine = MessageTemplate(text=draft.text, subject=draft.subject, level=draft.level) if is_own else None
    usual = examples.usual(clinic, place, known, now=now)
    longest = examples.longest(clinic, place, known)
    if draft.is_mail:
        found = against(clinic, draft, known, "", patients) if is_own else []
        letter = mail.compose(usual, mine if not found else None)
        return Look(letter.stored, "", tuple(found), letter.subject)
    whole = sms.said(longest, None) if mine is None else write(plain(draft.text), sms.facts_of(longest)) or ""
    found = against(clinic, draft, known, links.fill_with_stand_in(whole), patients) if is_own else []
    text = write(plain(draft.text), sms.facts_of(usual)) if is_own else sms.said(usual, None)
    return Look(text if text is not None else draft.text, whole, tuple(found))


def against(
    clinic: Clinic, draft: Draft, known: Names, longest: str, patients: Sequence[str] | None = None
) -> list[Fault]:
    """Every reason why this may not go out."""
    named = [*known.practitioners, *known.services, *(known.locations if draft.level == 0 else ())]
    if patients is None:
        patients = patients_in(clinic, [draft])
    said = _but_its_name(clinic, draft).lower()
    theirs = [whole for whole in patients if whole.lower() in said]
    return checks.faults(draft, named=[*named, *theirs[:3]], longest=longest)


def save(clinic: Clinic, draft: Draft, *, by: User, now: datetime) -> MessageTemplate:
    """The clinic says it so from now on. ValidationError by field, with every reason. Edited as an object, so
    django-auditlog writes its line."""
    with transaction.atomic(durable=True):
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        seen = look(clinic, draft, names(clinic), is_own=True, now=now)
        if seen.faults:
            reasons: dict[str, list[str]] = {}
            for fault in seen.faults:
                reasons.setdefault(fault.field, []).append(fault.reason)
            raise ValidationError(reasons)
        place = {name: value for name, value in asdict(draft).items() if name not in ("text", "subject")}
        row = MessageTemplate.objects.filter(clinic=clinic, **place).first() or MessageTemplate(clinic=clinic, **place)
        row.text, row.subject, row.updated_at, row.updated_by = draft.text, draft.subject, now, by
        row.full_clean()
        row.save()
    return row


def back_to_ours(clinic: Clinic, place: Place) -> bool:
    """Our wording is used there again; False where it was already."""
    kind, channel, language, level = place
    rows = MessageTemplate.objects.filter(clinic=clinic, kind=kind, channel=channel, language=language, level=level)
    with transaction.atomic(durable=True):
        row = rows.select_for_update().first()
        if row is not None:
            row.delete()
    return row is not None


def set_level(clinic: Clinic, level: int) -> None:
    """How much its messages may say where a patient agrees. django-auditlog writes the line."""
    with transaction.atomic(durable=True):
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        clinic.content_level = level
        clinic.clean_fields(exclude={field.name for field in Clinic._meta.fields} - {"content_level"})
        clinic.save(update_fields=["content_level"])


def agreed(clinic: Clinic) -> int:
    """At how many numbers and addresses somebody agreed to detail."""
    grants = [f"{Purpose.DETAIL}:{channel}" for channel in (Channel.SMS, Channel.EMAIL)]
    return ContactPoint.objects.filter(clinic=clinic, stopped_at=None, granted__overlap=grants).count()


def patients_in(clinic: Clinic, drafts: Iterable[Draft]) -> list[str]:
    """Patients whose whole name stands in any of these, by one look through the clinic's list."""
    said = "\n".join(_but_its_name(clinic, draft) for draft in drafts)
    if not said:
        return []
    whole = Concat("first_name", Value(" "), "last_name", output_field=CharField())
    people = clinic.patients.exclude(last_name="").annotate(whole=whole)
    found = people.annotate(at=StrIndex(Lower(Value(said)), Lower("whole"))).filter(at__gt=0)
    return list(found.order_by("whole").values_list("whole", flat=True).distinct()[:MOST_PATIENTS])


def _but_its_name(clinic: Clinic, draft: Draft) -> str:
    return f"{draft.subject} {draft.text}".replace(clinic.name, " ")
