"""Acts: what somebody says on their own page about messages to the number or address they opened it with."""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from notifications import consent
from notifications.consent import own_page
from notifications.models import Consent, ContactPoint
from notifications.states import KIND_OF, Channel, ContactKind
from waitlist import live, unsubscribing
from waitlist.models import Patient

TOPIC = "waitlist"
SAID: dict[str, Any] = {"source": Consent.Source.FORM, "note": "own page"}


@transaction.atomic(durable=True)
def choose_language(patient_id: int, language: str, *, now: datetime) -> None:
    """Pages and messages speak it from now on."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    before, patient.language = patient.language, language
    if before == language:
        return
    patient.save(update_fields=["language"])
    changes = {"language": [before, language]}
    trail.record("patient.language_chosen", patient, now=now, clinic_id=patient.clinic_id, changes=changes)


@transaction.atomic(durable=True)
def allow(point: ContactPoint, grant: str, *, language: str, remote_addr: str | None, now: datetime) -> bool:
    """They agree to the sentence of this purpose:channel; False where there is none for here, or after STOP."""
    purpose, _, channel = grant.partition(":")
    locked = consent.lock_line(point)
    [mine] = [one for one in locked if one.pk == point.pk]
    if grant not in own_page.SENTENCES or KIND_OF[Channel(channel)] != mine.kind or mine.stopped_at is not None:
        return False
    if grant not in mine.granted:
        about = {"text_version": own_page.version(grant, language), "remote_addr": remote_addr, **SAID}
        consent.record(mine, purpose=purpose, channel=channel, granted=True, at=now, now=now, **about)
    live.hint(point.clinic_id, TOPIC)
    return True


@transaction.atomic(durable=True)
def withdraw(point: ContactPoint, grant: str, *, remote_addr: str | None, now: datetime) -> bool:
    """No more of this purpose by this channel, from this clinic; False where it was not allowed."""
    purpose, _, channel = grant.partition(":")
    locked = consent.lock_line(point)
    [mine] = [one for one in locked if one.pk == point.pk]
    if grant not in mine.granted:
        return False
    about = {"remote_addr": remote_addr, **SAID}
    consent.record(mine, purpose=purpose, channel=channel, granted=False, at=now, now=now, **about)
    live.hint(point.clinic_id, TOPIC)
    return True


@transaction.atomic(durable=True)
def stop_offers(point: ContactPoint, *, remote_addr: str | None, now: datetime) -> bool:
    """No more openings, here and on every other way of whoever uses it; what is about their visits stays."""
    live.hint(point.clinic_id, TOPIC)
    return consent.stop_offers(point, remote_addr=remote_addr, now=now, **SAID)


def stop(point: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    """Nothing more: from a number as by STOP, from an address as by the link in every e-mail."""
    if point.kind == ContactKind.EMAIL:
        unsubscribing.everything(point, remote_addr=remote_addr, now=now)
    else:
        _stop_number(point, remote_addr=remote_addr, now=now)


@transaction.atomic(durable=True)
def _stop_number(point: ContactPoint, *, remote_addr: str | None, now: datetime) -> None:
    consent.stop_person(point, remote_addr=remote_addr, now=now, **SAID)
    live.hint(point.clinic_id, TOPIC)
