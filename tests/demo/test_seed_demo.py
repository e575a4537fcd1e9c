"""The demo's data: looks like two clinics, breaks no rule, comes out the same twice, keeps what users did."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase

from matching.models import Offer, SentWave
from matching.policy import policies
from notifications.models import Consent, ContactPoint, Message
from ops.demo.diary import DAYS_AHEAD, DAYS_BACK
from ops.demo.info import info
from ops.demo.plans import CLINICS, FILLED, KEPT_EMPTY, RAN_OUT
from ops.demo.seed import seed_all
from waitlist.models import (
    Appointment,
    Availability,
    Clinic,
    Closure,
    Connection,
    Location,
    Membership,
    Patient,
    Practitioner,
    Service,
    Slot,
    WaitlistEntry,
    Writeback,
)
from waitlist.states import WAITING_STATUSES, AppointmentStatus, Role, SlotState
from waitlist.tiers import tier

TUESDAY = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)  # 9:20 in San Francisco, 12:20 in New York


def everything() -> dict[str, list[tuple]]:
    """Every row of every table of ours, as text."""
    ours = {"waitlist", "matching", "notifications", "audit"}
    models = [model for model in apps.get_models() if model._meta.app_label in ours]
    return {model._meta.label: list(model.objects.order_by("pk").values_list()) for model in models}


class TestSeeded(TestCase):
    """One seeding for all of these; each looks at it, or changes it and rolls back."""

    @classmethod
    def setUpTestData(cls) -> None:
        seed_all(now=TUESDAY)

    def test_it_looks_like_two_clinics(self):
        assert Clinic.objects.values_list("timezone", flat=True).distinct().count() == 2
        assert Location.objects.filter(clinic__slug="radiance").count() == 2
        assert Practitioner.objects.count() == 6
        assert Service.objects.count() == 12
        assert Service.objects.exclude(category="").exclude(price_cents=0).count() == 12
        assert not Service.objects.filter(compatible=None).exists()
        assert Patient.objects.count() == 150
        assert WaitlistEntry.objects.filter(status__in=WAITING_STATUSES).count() == 120
        assert Closure.objects.count() == 4
        assert set(Membership.objects.values_list("role", flat=True)) == set(Role)
        assert Counter(Connection.objects.values_list("source", flat=True)) == {"standard": 2, "calcom": 2}
        for clinic in Clinic.objects.all():
            policy = policies.load(clinic.policy.document)
            assert clinic.is_open_any_hour and policy.autopilot == "automatic" and policy.undo_delay_minutes == 0

    def test_people_differ(self):
        patients = list(Patient.objects.select_related("clinic"))
        assert min(Counter(patient.tier for patient in patients).values()) >= 10
        assert len({patient.language for patient in patients}) >= 3
        assert any(patient.timezone != patient.clinic.timezone for patient in patients)
        for patient in patients:
            facts = {name: getattr(patient, name) for name in ("visits", "spend_cents", "past_visits", "show_rate")}
            assert patient.tier == tier(**facts)
            assert patient.visits <= patient.past_visits

    def test_wishes_are_real(self):
        entries = WaitlistEntry.objects.all()
        assert entries.exclude(practitioners=[]).count() > 10
        assert entries.exclude(excluded_practitioners=[]).count() > 2
        assert entries.exclude(max_travel_minutes=None).count() > 30
        assert len(set(entries.values_list("notice_minutes", flat=True))) > 4
        assert entries.exclude(latest_on=None).exists()
        assert Availability.objects.count() > entries.count(), "some have more than one window"
        assert len(set(Availability.objects.values_list("days", "from_minute", "until_minute"))) > 5

    def test_contacts_say_what_the_ledger_says(self):
        for point in ContactPoint.objects.prefetch_related("consents"):
            last: dict[str, Consent] = {}
            for line in sorted(point.consents.all(), key=lambda line: line.at):
                last[f"{line.purpose}:{line.channel}"] = line
            assert set(point.granted) == {name for name, line in last.items() if line.granted}
            assert (point.stopped_at is not None) == any(not line.granted for line in last.values())
        phones = ContactPoint.objects.filter(kind="phone")
        assert max(Counter(phones.values_list("pk", "users__patient")).values()) == 1
        assert max(point.users.count() for point in phones) == 3, "a family with one phone"
        assert phones.filter(stopped_at=None, granted=[]).exists(), "somebody who was never asked"
        assert phones.exclude(stopped_at=None).exists()
        assert all(555_0100 <= int(value[-7:]) <= 555_0199 for value in phones.values_list("value", flat=True))
        assert Patient.objects.exclude(contact_points__kind="phone").exists(), "somebody with e-mail only"
        addresses = ContactPoint.objects.filter(kind="email").values_list("value", flat=True)
        assert all(address.endswith("@example.com") for address in addresses)

    def test_the_diary_keeps_opening_hours(self):
        closures = list(Closure.objects.all())
        for visit in Appointment.objects.select_related("clinic", "location__clinic", "service", "practitioner"):
            start, end = (moment.astimezone(visit.location.zone) for moment in (visit.starts_at, visit.ends_at))
            minutes = start.hour * 60 + start.minute, end.hour * 60 + end.minute
            assert visit.location.opens_minute <= minutes[0] < minutes[1] <= visit.location.closes_minute
            assert visit.location.open_days >> start.weekday() & 1
            assert start.minute % 15 == 0
            assert minutes[1] - minutes[0] == visit.service.minutes
            assert visit.service.category == visit.practitioner.specialty
            assert not any(
                closure.clinic_id == visit.clinic_id
                and closure.practitioner_id in (None, visit.practitioner_id)
                and closure.starts_at < visit.ends_at
                and visit.starts_at < closure.ends_at
                for closure in closures
            )

    def test_three_weeks_around_now(self):
        by_status = Counter(Appointment.objects.values_list("status", flat=True))
        assert by_status["booked"] > 150 and by_status["fulfilled"] > 150
        assert by_status["noshow"] > 5 and by_status["cancelled"] >= 10
        first, last = (
            Appointment.objects.order_by(order).values_list("starts_at", flat=True)[0]
            for order in ("starts_at", "-starts_at")
        )
        assert timedelta(days=19) < last - first < timedelta(days=DAYS_BACK + DAYS_AHEAD + 1)
        assert not Appointment.objects.filter(status="booked", ends_at__lte=TUESDAY).exists()
        assert not Appointment.objects.filter(status__in=["fulfilled", "noshow"], ends_at__gt=TUESDAY).exists()

    def test_the_past_week_is_complete(self):
        for plan in CLINICS:
            ends = Counter(Slot.objects.filter(clinic__slug=plan.slug).values_list("state", flat=True))
            assert ends[SlotState.FILLED] == plan.history.count(FILLED)
            assert ends[SlotState.EXPIRED] == plan.history.count(RAN_OUT)
            assert ends[SlotState.WITHDRAWN] == plan.history.count(KEPT_EMPTY)
        assert Counter(Offer.objects.values_list("state", flat=True)).keys() >= {
            "accepted",
            "declined",
            "expired",
            "retracted",
        }
        assert not Offer.objects.filter(state="pending").exists()
        assert not Message.objects.filter(status="pending").exists(), "nothing is sent when the demo starts"
        assert not Message.objects.filter(text="").exists()
        assert not Message.objects.filter(sent_at__gt=TUESDAY).exists()
        assert SentWave.objects.exists()
        assert set(Writeback.objects.values_list("status", flat=True)) == {"task", "done"}
        for slot in Slot.objects.filter(state="filled").select_related("freed_by", "filled_by"):
            assert slot.opened_at < slot.filled_at < slot.starts_at
            assert slot.freed_by.status == AppointmentStatus.CANCELLED
            first = slot.messages.filter(kind="offer").order_by("sent_at")[0]
            assert timedelta() < first.sent_at - slot.opened_at < timedelta(seconds=1)

    def test_most_near_appointments_have_several_candidates(self):
        counts = [one["candidates"] for one in info(now=TUESDAY)["appointments"]]
        assert len(counts) == 40
        assert sum(count >= 5 for count in counts) >= 36
        assert min(counts) >= 1

    def test_a_second_run_changes_nothing(self):
        before = everything()
        assert seed_all(now=TUESDAY + timedelta(minutes=40)) == 0
        assert everything() == before

    def test_days_later_the_diary_is_topped_up_and_what_users_did_stays(self):
        booked = Appointment.objects.filter(status="booked", starts_at__gt=TUESDAY + timedelta(days=5))
        moved, cancelled = booked.order_by("pk")[:2]
        Appointment.objects.filter(pk=cancelled.pk).update(status="cancelled", cancelled_at=TUESDAY)
        Appointment.objects.filter(pk=moved.pk).update(
            starts_at=TUESDAY + timedelta(days=13), ends_at=TUESDAY + timedelta(days=13, minutes=45)
        )
        slots = Slot.objects.count()
        later = TUESDAY + timedelta(days=4)

        added = seed_all(now=later)

        assert added > 50
        assert seed_all(now=later) == 0
        assert Slot.objects.count() == slots
        moved.refresh_from_db()
        cancelled.refresh_from_db()
        assert moved.starts_at == TUESDAY + timedelta(days=13) and cancelled.status == "cancelled"
        assert not Appointment.objects.filter(status="booked", ends_at__lte=later).exists()
        assert Appointment.objects.filter(starts_at__gt=later + timedelta(days=10)).exists()

    def test_its_staff_can_sign_in(self):
        for one in info(now=TUESDAY)["staff"]:
            assert self.client.login(username=one["email"], password=one["password"])


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_clinics():
    seed_all(now=TUESDAY)

    def shape() -> list[object]:
        names = ("starts_at", "status", "patient__external_id", "practitioner__name", "service__name")
        return [
            list(
                Patient.objects.order_by("clinic__slug", "external_id").values_list("first_name", "last_name", "tier")
            ),
            list(Appointment.objects.order_by("clinic__slug", *names).values_list("clinic__slug", *names)),
            list(ContactPoint.objects.order_by("value").values_list("value", "granted")),
            list(Slot.objects.order_by("opened_at").values_list("opened_at", "state", "filled_at", "wave")),
            list(Connection.objects.order_by("public_id").values_list("public_id", "secret")),
        ]

    first = shape()
    forget_everything()
    seed_all(now=TUESDAY)
    assert shape() == first


def forget_everything() -> None:
    """Empty every table, the append-only ones too, inside this test's transaction."""
    ours = {"waitlist", "matching", "notifications", "audit"}
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.app_label in ours]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM waitlist_service_compatible")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.mark.django_db
def test_only_a_demo_is_seeded(settings):
    settings.DEMO = False
    for command in ("seed_demo", "demo_info"):
        with pytest.raises(CommandError, match="no demo"):
            call_command(command)
    assert not Clinic.objects.exists()


@pytest.mark.django_db
def test_it_tells_all_as_json(settings):
    settings.PUBLIC_URL = "http://localhost:8123"
    call_command("seed_demo", stdout=StringIO())
    out = StringIO()
    call_command("demo_info", stdout=out)
    told = json.loads(out.getvalue())
    assert list(told) == ["url", "staff", "connections", "appointments"]
    assert told["url"] == "http://localhost:8123"
    assert {(one["clinic"], one["role"]) for one in told["staff"]} == {
        (plan.slug, role) for plan in CLINICS for role in Role
    }
    assert told["connections"][0].keys() == {"source", "id", "secret", "clinic"}
    assert told["appointments"][0].keys() == {"external_id", "clinic", "starts_at", "candidates"}
    assert told["appointments"] == sorted(told["appointments"], key=lambda one: one["starts_at"])
