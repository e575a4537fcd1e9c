"""Acts: a code to somebody's own number or address opens their page at one clinic, for half an hour.

Whoever asks learns nothing: known or not, the same rows are read and written and the same task is nudged. What is sent
is written by that task.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from audit import trail
from matching import tokens
from notifications import outbox
from notifications.models import ContactPoint, Passcode
from notifications.models.passcodes import MOST_TRIES
from notifications.states import WRITTEN_BY, ContactKind, Kind
from waitlist import households
from waitlist.models import Clinic, Patient
from waitlist.nudge import nudge

HOLDS_FOR = timedelta(minutes=10)
OPEN_FOR = timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT_FOR = DAY + HOUR  # no limit looks further back than a day
PER_NUMBER_AN_HOUR, PER_NUMBER_A_DAY = 3, 6
PER_ADDRESS_AN_HOUR = 10
WRONG_PER_ADDRESS_A_DAY, WRONG_PER_CLINIC_A_DAY = 30, 1000
PER_CLINIC_AN_HOUR = 200  # from however many addresses: each may cost the clinic a text


@transaction.atomic(durable=True)
def ask(clinic: Clinic, kind: str, value: str, *, remote_addr: str | None, now: datetime) -> Passcode | None:
    """A code for this number or address, in its one form; None where too many were asked for: for it, from one
    household, or at this clinic."""
    asked_for = tokens.fingerprint(f"{clinic.pk}:{kind}:{value}")
    network = households.network(remote_addr)
    _one_at_a_time(clinic, network)
    if _too_many(clinic, asked_for, network, now=now):
        return None
    known = ContactPoint.objects.filter(clinic=clinic, kind=kind, value=value, users__isnull=False)
    code = Passcode.objects.create(
        clinic=clinic, contact_point=known.first(), asked_for=asked_for, remote_addr=remote_addr, asked_at=now
    )
    trail.record("passcode.asked", code, now=now, clinic_id=clinic.pk)
    nudge("notifications.tasks.send_passcode", code.pk)
    return code


def unsent(*, now: datetime, limit: int) -> list[int]:
    """Codes whose nudge was lost, while they are of use."""
    return list(_unsent(now=now).order_by("asked_at", "pk").values_list("pk", flat=True)[:limit])


@transaction.atomic(durable=True)
def send(passcode_id: int, *, now: datetime) -> bool:
    """Its message into the outbox, once; False where nobody is known by that number, or it is too late."""
    rows = _unsent(now=now).select_for_update(no_key=True, of=("self",)).select_related("clinic", "contact_point")
    code = rows.filter(pk=passcode_id).first()
    if code is None or code.contact_point is None:
        return False
    people = list(Patient.objects.filter(contacts__contact_point=code.contact_point).order_by("pk"))
    spoken = {one.language for one in people}
    outbox.enqueue(
        Kind.PASSCODE,
        clinic=code.clinic,
        contact_point=code.contact_point,
        channel=WRITTEN_BY[ContactKind(code.contact_point.kind)],
        dedupe_key=f"{Kind.PASSCODE}:{code.pk}",
        context={
            "clinic_name": code.clinic.name,
            "clinic_phone": code.clinic.phone,
            "language": spoken.pop() if len(spoken) == 1 else "en",
            "passcode": str(code.public_id),
        },
        patient=people[0] if len(people) == 1 else None,
        not_after=code.asked_at + HOLDS_FOR,
        now=now,
    )
    code.sent_at = now
    code.save(update_fields=["sent_at"])
    trail.record("passcode.sent", code, now=now, clinic_id=code.clinic_id)
    return True


@transaction.atomic(durable=True)
def enter(clinic: Clinic, public_id: UUID, digits: str, *, now: datetime) -> Passcode | None:
    """These digits, typed by whoever asked: the page is open, once. None: they are wrong, or the code is over."""
    rows = Passcode.objects.select_for_update(no_key=True).filter(clinic=clinic, public_id=public_id)
    code = rows.first()
    if code is None or not holds(code, now=now) or is_guessed(code, now=now):
        return None
    fits = tokens.is_passcode(str(code.public_id), digits)
    if fits and code.contact_point_id is not None:
        code.opened_at = now
    else:
        code.tries += 1
    code.save(update_fields=["opened_at", "tries"])
    is_open = code.opened_at is not None
    trail.record("passcode.opened" if is_open else "passcode.refused", code, now=now, clinic_id=clinic.pk)
    return code if is_open else None


def is_guessed(code: Passcode, *, now: datetime) -> bool:
    """Whether so many wrong digits were typed within a day, from this household or at this clinic, that no page opens
    there for now: a thousand guesses open one of a million codes in a day of a thousand."""
    lately = Passcode.objects.filter(clinic=code.clinic_id, asked_at__gt=now - DAY)
    network = households.network(code.remote_addr)
    theirs = lately.filter(remote_addr=None) if network is None else lately.filter(remote_addr__range=network)
    limits = ((lately, WRONG_PER_CLINIC_A_DAY), (theirs, WRONG_PER_ADDRESS_A_DAY))
    return any((rows.aggregate(n=Sum("tries"))["n"] or 0) >= most for rows, most in limits)


def holds(code: Passcode, *, now: datetime) -> bool:
    """Whether it may still be typed."""
    return code.opened_at is None and code.tries < MOST_TRIES and now < code.asked_at + HOLDS_FOR


def asked(clinic: Clinic, public_id: UUID) -> Passcode | None:
    """What was asked for here."""
    return Passcode.objects.filter(clinic=clinic, public_id=public_id).first()


def opened(clinic: Clinic, public_id: UUID, *, now: datetime) -> Passcode | None:
    """What a code has opened at this clinic, as long as it is open."""
    rows = Passcode.objects.filter(clinic=clinic, public_id=public_id, closed_at=None, opened_at__gt=now - OPEN_FOR)
    return rows.select_related("contact_point__clinic").first()


@transaction.atomic(durable=True)
def forget(clinic: Clinic, *, now: datetime) -> int:
    """Codes that nothing counts any more are deleted; how many. The trail keeps that they were asked for."""
    old = list(Passcode.objects.filter(clinic=clinic, asked_at__lte=now - KEPT_FOR).order_by("pk"))
    if old:
        trail.record("passcode.forgotten", old, now=now, clinic_id=clinic.pk)
        Passcode.objects.filter(pk__in=[code.pk for code in old]).delete()
    return len(old)


@transaction.atomic(durable=True)
def close(code: Passcode, *, now: datetime) -> None:
    """They are through: the cookie of that visit opens nothing more."""
    if Passcode.objects.filter(pk=code.pk, opened_at__isnull=False, closed_at=None).update(closed_at=now):
        trail.record("passcode.closed", code, now=now, clinic_id=code.clinic_id)


def _unsent(*, now: datetime) -> QuerySet[Passcode]:
    return Passcode.objects.filter(sent_at=None, contact_point__isnull=False, asked_at__gt=now - HOLDS_FOR)


def _one_at_a_time(clinic: Clinic, network: tuple[str, str] | None) -> None:
    """Whoever asks at the same clinic, or from the same household, waits here, so that two cannot both be the last one
    allowed."""
    with connection.cursor() as cursor:
        for key in (f"passcode at {clinic.pk}", f"passcode from {network and network[0]}"):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _too_many(clinic: Clinic, asked_for: str, network: tuple[str, str] | None, *, now: datetime) -> bool:
    lately = Passcode.objects.filter(asked_at__gt=now - HOUR)
    from_there = Q(remote_addr=None) if network is None else Q(remote_addr__range=network)
    return (
        lately.filter(asked_for=asked_for).count() >= PER_NUMBER_AN_HOUR
        or Passcode.objects.filter(asked_for=asked_for, asked_at__gt=now - DAY).count() >= PER_NUMBER_A_DAY
        or lately.filter(from_there).count() >= PER_ADDRESS_AN_HOUR
        or lately.filter(clinic=clinic).count() >= PER_CLINIC_AN_HOUR
    )
