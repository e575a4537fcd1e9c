"""The demo's data: two clinics made once, and appointments so that there are always three weeks around now."""

from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import F

from ops.demo import history, silence, texts
from ops.demo.clinics import make_clinic
from ops.demo.diary import Diary, settle
from ops.demo.people import make_patients
from ops.demo.plans import CLINICS, ClinicPlan
from ops.demo.wishes import make_wishes
from waitlist.models import Appointment, Clinic, Slot
from waitlist.states import AppointmentStatus

SEED = 7


def seed_all(*, seed: int = SEED, now: datetime) -> int:
    """Both clinics as they should be by now; how many appointments were added. A second run adds nothing."""
    return sum(seed_clinic(plan, seed=seed, now=now) for plan in CLINICS)


def seed_clinic(plan: ClinicPlan, *, seed: int, now: datetime) -> int:
    """One clinic; a run that was cut short is finished by the next."""
    with transaction.atomic():
        clinic = Clinic.objects.filter(slug=plan.slug).first() or found(plan, seed=seed, now=now)
        added = len(Diary(plan, clinic, now=now).write(seed))
    if not Slot.objects.filter(clinic=clinic).exists():
        history.play(plan, clinic, Random(f"{seed} {plan.slug} history"), now=now)
        texts.write(clinic, Random(f"{seed} {plan.slug} texts"), now=now)
        silence.begin(clinic, now=now)
    if added:
        settle(clinic, seed, now=now)
        begin_reminding(clinic, now=now)
    return added


def found(plan: ClinicPlan, *, seed: int, now: datetime) -> Clinic:
    """A clinic that has not been there yet, with its patients and what they wait for."""
    clinic = make_clinic(plan, now=now)
    patients = make_patients(plan, clinic, Random(f"{seed} {plan.slug} people"), now=now)
    make_wishes(plan, clinic, patients, Random(f"{seed} {plan.slug} wishes"), now=now)
    return clinic


def begin_reminding(clinic: Clinic, *, now: datetime) -> None:
    """What would have been due before there was a demo is not sent on its first day, all at once."""
    new = Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, remind_at=None, starts_at__gt=now)
    for ahead, before in ((24, 2), (48, 24)):
        soon = new.filter(starts_at__lte=now + timedelta(hours=ahead))
        soon.update(remind_at=F("starts_at") - timedelta(hours=before))
