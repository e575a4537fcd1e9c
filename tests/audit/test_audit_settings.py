"""Settings tables edited as objects: who changed what is written by itself, secrets never."""

import pytest

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.trail import acting
from tests import factories
from waitlist.models import Clinic, Closure, Mapping

pytestmark = pytest.mark.django_db


def newest(row) -> Entry:
    return Entry.objects.get_for_object(row).order_by("-pk").first()


def test_a_changed_setting_names_the_clinic_the_actor_and_both_values():
    clinic = factories.clinic()
    user = factories.user(clinic)
    with acting(Actor(ActorKind.STAFF, user_id=user.pk, user_email=user.email, remote_addr="203.0.113.7")):
        clinic.grace_minutes = 20
        clinic.save()
    entry = newest(clinic)
    assert (entry.verb, entry.clinic_id, entry.changes) == (
        "clinic.changed",
        clinic.pk,
        {"grace_minutes": ["15", "20"]},
    )
    assert (entry.actor_kind, entry.actor_id, entry.actor_email, entry.remote_addr) == (
        "staff",
        user.pk,
        user.email,
        "203.0.113.7",
    )
    assert entry.cid


def test_rows_of_a_clinic_and_of_its_connection_belong_to_the_clinic():
    world = factories.World()
    connection = world.connection()
    mapping = Mapping.objects.create(connection=connection, kind="service", external="Botox", service=world.service)
    closure = Closure.objects.create(
        clinic=world.clinic, starts_at=factories.NOW, ends_at=factories.NOW.replace(hour=23), reason="Course"
    )
    assert {newest(row).clinic_id for row in (connection, mapping, closure, world.location)} == {world.clinic.pk}
    assert newest(mapping).verb == "mapping.created"
    assert newest(mapping).changes == {
        "connection": ["None", str(connection.pk)],
        "kind": ["None", "service"],
        "external": ["None", "Botox"],
        "service": ["None", str(world.service.pk)],
    }
    closure_pk = closure.pk
    closure.delete()
    gone = Entry.objects.get(verb="closure.deleted")
    assert (gone.object_id, gone.clinic_id) == (closure_pk, world.clinic.pk)


def test_a_rotated_secret_is_recorded_without_either_value():
    connection = factories.World().connection(secret="whsec_first")
    connection.secret = "whsec_second"
    connection.save()
    assert newest(connection).changes == {"secret": ["•••", "•••"]}
    assert not Entry.objects.filter(changes__icontains="whsec").exists()


def test_passwords_and_the_nightly_figures_are_left_out():
    clinic = factories.clinic()
    user = factories.user(clinic)
    before = Entry.objects.count()
    user.set_password("another battery staple")
    user.save()
    Clinic.objects.filter(pk=clinic.pk).update(max_waited_days=9)
    clinic.refresh_from_db()
    clinic.max_waited_days = 12
    clinic.save()
    assert Entry.objects.count() == before
    user.is_active = False
    user.save()
    assert newest(user).changes == {"is_active": ["True", "False"]}


def test_services_that_stand_in_for_each_other_are_recorded():
    world = factories.World()
    other = factories.service(world.clinic)
    world.service.compatible.add(other)
    entry = newest(world.service)
    assert (entry.verb, entry.clinic_id) == ("service.changed", world.clinic.pk)
    assert entry.changes["compatible"]["objects"] == [other.name]
