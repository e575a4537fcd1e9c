"""What has to be done before a clinic's first text: seen by the system where it can be, else said by a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from notifications import consent, outbox
from notifications.models import Message
from notifications.states import Channel, ContactKind, Kind, MessageStatus, Purpose
from waitlist.models import Clinic, InboundEvent, SetupDone, User
from waitlist.states import EventStatus, Launch, SetupStep

TESTS_AN_HOUR = 5
HOUR = timedelta(hours=1)
GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Seen:
    """What the rows say: each step by its name, and the last test text."""

    done: dict[str, bool]
    said: dict[str, SetupDone]
    test: Message | None

    @property
    def left(self) -> int:
        return sum(not done for done in self.done.values())


def look(clinic: Clinic) -> Seen:
    """Every step and whether it is done."""
    said = {row.step: row for row in clinic.setup_done.select_related("by")}
    tests = clinic.messages.filter(kind=Kind.TEST)
    heard = InboundEvent.objects.filter(connection__clinic=clinic, status=EventStatus.APPLIED)
    done = {step.value: step in said for step in SetupStep} | {
        "sender": bool(clinic.sms_sender),
        "consent": True,  # the sentences stand in the code, by version
        "import": clinic.patients.exists(),
        "calendar": heard.exists(),
        "policy": clinic.policy_id is not None,
        "test": tests.filter(status=MessageStatus.DELIVERED).exists(),
        "launch": clinic.launch != Launch.REHEARSAL,
    }
    return Seen(done, said, tests.order_by("pk").last())


def is_new(clinic: Clinic) -> bool:
    """It began with a dry run, so the list is its own; clinics that were here before have none to do."""
    return clinic.launch == Launch.REHEARSAL or clinic.live_since is not None


@transaction.atomic(durable=True)
def say(clinic: Clinic, step: SetupStep, is_done: bool, *, by: User, now: datetime) -> None:
    """Somebody says that it is done, or that it is not after all; once is enough."""
    if is_done:
        said, is_first = SetupDone.objects.get_or_create(clinic=clinic, step=step, defaults={"by": by, "at": now})
        if is_first:
            trail.record("setupdone.said", said, now=now, clinic_id=clinic.pk, changes={"step": str(step)})
        return
    row = SetupDone.objects.select_for_update(no_key=True).filter(clinic=clinic, step=step).first()
    if row is not None:
        trail.record("setupdone.taken_back", row, now=now, clinic_id=clinic.pk, changes={"step": str(step)})
        row.delete()


@transaction.atomic(durable=True)
def send_test(clinic: Clinic, phone: str, *, by: User, now: datetime) -> Message | None:
    """A text to one of the team by the way patients' texts go, in a dry run too. None: enough for this hour.
    ValidationError: no number that can be texted, or a patient's."""
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    lately = clinic.messages.filter(kind=Kind.TEST, created_at__gt=now - HOUR).count()
    if lately >= TESTS_AN_HOUR:
        return None
    count = clinic.messages.filter(kind=Kind.TEST).count()
    point = consent.contact(clinic, ContactKind.PHONE, phone, now=now)
    if point.users.exists():
        raise ValidationError({"phone": "A patient uses this number. Take one of your team’s."})
    message = outbox.enqueue(
        Kind.TEST,
        clinic=clinic,
        contact_point=point,
        channel=Channel.SMS,
        purpose=Purpose.REMINDERS,
        dedupe_key=f"{Kind.TEST}:{clinic.pk}:{count}",
        context={"clinic_name": clinic.name},
        user=by,
        not_after=now + GOOD_FOR,
        now=now,
    )
    if message is not None:
        trail.record("message.tested", message, now=now, clinic_id=clinic.pk)
    return message
