"""What clinics had set for the autopilot is in their policies after the migration, for live slots too."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from matching.models import PolicyVersion
from matching.policy import policies
from tests.factories import NOW, World
from waitlist.models import Clinic, Slot

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("waitlist", "0007_service_policy"), ("waitlist", "0008_autopilot_in_the_policy")


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))


def test_the_settings_of_a_clinic_become_a_version_of_its_policy():
    usual, own = World(), World()
    live, over = own.slot(), own.slot(state="expired", closed_at=NOW)
    kept = own.clinic.policy
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        migrate(BEFORE)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE waitlist_clinic SET autopilot = 'approve', approve_within_minutes = 9, undo_delay_minutes = 2,"
                " cutoff_minutes = 30 WHERE id = %s",
                [own.clinic.pk],
            )
        migrate(AFTER)
    finally:
        migrate(*newest)
    clinic = Clinic.objects.select_related("policy").get(pk=own.clinic.pk)
    policy = policies.load(clinic.policy.document)
    assert (policy.autopilot, policy.approve_within_minutes) == ("approve", 9)
    assert (policy.undo_delay_minutes, policy.cutoff_minutes) == (2, 30)
    assert (clinic.policy.name, clinic.policy.version) == (kept.name, 2)
    assert Slot.objects.get(pk=live.pk).policy == clinic.policy
    assert Slot.objects.get(pk=over.pk).policy == kept
    assert PolicyVersion.objects.filter(clinic=usual.clinic).count() == 1
