"""What clinics had set for the autopilot is in their policies after the migration, for live slots too."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from matching.policy import policies
from tests.factories import NOW
from waitlist.states import SlotState

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("waitlist", "0007_service_policy"), ("waitlist", "0008_autopilot_in_the_policy")
NAME = "before_the_autopilot"
SET = {"autopilot": "approve", "approve_within_minutes": 9, "undo_delay_minutes": 2, "cutoff_minutes": 30}


@pytest.fixture
def empty_database() -> Iterator[None]:
    """A database of its own, so that nothing has to go all the way back."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
    usual = connection.settings_dict["NAME"]
    use(NAME)
    yield
    use(usual)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def migrate(target: tuple[str, str]) -> Any:
    """The models as they are after it."""
    return MigrationExecutor(connection).migrate([target]).apps


def clinic(models: Any, number: int, **settings: Any) -> Any:
    """A clinic with a policy, of that time."""
    made = models.get_model("waitlist", "Clinic").objects.create(name="Radiance", slug=f"radiance-{number}", **settings)
    document = policies.dump(policies.Policy("usual", short=(), long=()))
    made.policy = models.get_model("matching", "PolicyVersion").objects.create(
        clinic=made, name="Usual", version=1, document=document, created_at=NOW
    )
    made.save(update_fields=["policy"])
    return made


def slot(models: Any, of: Any, *, days: int, **fields: Any) -> Any:
    """A free time of that clinic, in so many days."""

    def made(noun: str, **fields: Any) -> Any:
        return models.get_model("waitlist", noun).objects.get_or_create(clinic=of, **fields)[0]

    return made(
        "Slot",
        location=made("Location", name="Union Square", timezone="America/Los_Angeles"),
        practitioner=made("Practitioner", name="Dr. Chen"),
        service=made("Service", name="Botox", minutes=45),
        starts_at=NOW + timedelta(days=days),
        ends_at=NOW + timedelta(days=days, minutes=45),
        opened_at=NOW,
        policy=of.policy,
        **fields,
    )


def test_the_settings_of_a_clinic_become_a_version_of_its_policy(empty_database):
    models = migrate(BEFORE)
    usual, own = clinic(models, 1), clinic(models, 2, **SET)
    live = slot(models, own, days=1, state=SlotState.OPEN)
    over = slot(models, own, days=2, state=SlotState.EXPIRED, closed_at=NOW)
    kept = own.policy

    models = migrate(AFTER)
    Clinic, Slot = models.get_model("waitlist", "Clinic"), models.get_model("waitlist", "Slot")
    found = Clinic.objects.select_related("policy").get(pk=own.pk).policy
    policy = policies.load(found.document)
    assert {name: getattr(policy, name) for name in SET} == SET
    assert (found.name, found.version) == (kept.name, 2)
    assert Slot.objects.get(pk=live.pk).policy == found
    assert Slot.objects.get(pk=over.pk).policy_id == kept.pk
    assert models.get_model("matching", "PolicyVersion").objects.filter(clinic_id=usual.pk).count() == 1
