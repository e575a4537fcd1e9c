"""The real payloads, where the folder of samples lies beside the project; they are not committed here."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from tests.factories import World
from tests.intake import senders
from waitlist.models import Appointment, Slot
from waitlist.states import AppointmentStatus, EventStatus, SlotState

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no ../shared/samples beside the project: real payloads not run"),
]
THEN = datetime(2023, 2, 18, 12, 30, tzinfo=UTC)  # the day the samples were sent


def sample(name: str) -> dict:
    return json.loads((SAMPLES / name).read_text())


@pytest.fixture
def world() -> World:
    made = World()
    connection = made.connection(source="calcom")
    for email in ("mo@activepieces.com", "mo@example.com"):
        connection.mappings.create(kind="practitioner", external=email, practitioner=made.practitioner)
    connection.mappings.create(kind="service", external="30 Min Meeting", service=made.service)
    made.calcom = connection
    return made


def test_the_real_reschedule_then_the_real_cancellation(world):
    moved = senders.tell(world.calcom, sample("calcom/BOOKING_RESCHEDULED.activepieces.trimmed.json"), now=THEN)
    made = Appointment.objects.get()
    assert (moved.status, made.external_id) == (EventStatus.APPLIED, "88wXJjC8AHAbepGYM2bwp4")
    assert made.starts_at == datetime(2023, 2, 21, 11, 0, tzinfo=UTC)
    assert made.patient.name == "John Doe"
    assert Slot.objects.get().starts_at == datetime(2023, 2, 20, 8, 30, tzinfo=UTC)
    senders.tell(world.calcom, sample("calcom/BOOKING_CANCELLED.activepieces.json"), now=THEN)
    made.refresh_from_db()
    assert (made.status, made.cancel_reason) == (AppointmentStatus.CANCELLED, "Cancellation note")
    assert Slot.objects.filter(state=SlotState.OPEN).count() == 2


def test_the_real_cancellation_then_the_real_reschedule(world):
    senders.tell(world.calcom, sample("calcom/BOOKING_CANCELLED.activepieces.json"), now=THEN)
    senders.tell(world.calcom, sample("calcom/BOOKING_RESCHEDULED.activepieces.trimmed.json"), now=THEN)
    assert not Appointment.objects.filter(status=AppointmentStatus.BOOKED).exists()
    assert Slot.objects.filter(state=SlotState.OPEN).count() == 2


def test_the_real_payloads_today_are_past_and_say_so(world):
    for name in ("RESCHEDULED.activepieces.trimmed", "CANCELLED.activepieces"):
        event = senders.tell(world.calcom, sample(f"calcom/BOOKING_{name}.json"), now=THEN + timedelta(days=900))
        assert (event.status, event.reason) == (EventStatus.REJECTED, "It starts in the past.")


def test_the_published_signature_of_standard_webhooks():
    vector = sample("standard_webhooks/vector.json")
    at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)
    assert Webhook(vector["secret"]).sign(vector["webhook-id"], at, vector["body"]) == vector["webhook-signature"]
