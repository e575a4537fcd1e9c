"""The trail can be added to and nothing else; what is sealed cannot be changed unseen, even by the database's owner."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit import seal, trail
from audit.models import AuditSeal, Entry
from audit.tasks import seal as seal_task
from tests import factories
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db(transaction=True)
NOW = factories.NOW


@pytest.fixture(autouse=True)
def nobody_tidies():
    """The server's own vacuum holds a lock a seal does not wait for: then it is sealed an hour later, and not here."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry SET (autovacuum_enabled = off)")
        yield
        cursor.execute("ALTER TABLE audit_entry RESET (autovacuum_enabled)")


def written(clinic: Clinic, count: int = 3) -> list[Entry]:
    for number in range(count):
        trail.record("slot.opened", clinic, now=NOW, clinic_id=clinic.pk, changes={"n": number, "why": "é"})
    return list(Entry.objects.order_by("pk"))


@contextmanager
def unguarded():
    """As the owner of the database, with the triggers switched off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor


def test_everything_is_sealed_once_and_the_chain_holds():
    written(factories.clinic())
    assert seal.seal(now=NOW) == Entry.objects.count()
    assert seal.seal(now=NOW) == 0
    written(factories.clinic())
    assert seal.seal(now=NOW + timedelta(hours=1)) > 0
    found = seal.verify()
    assert (found.broken, found.seals, found.entries, found.unsealed) == ("", 2, Entry.objects.count(), 0)
    first, second = AuditSeal.objects.order_by("pk")
    assert second.previous_digest == first.digest
    assert second.first_entry_id == first.last_entry_id + 1


def test_long_trails_are_sealed_in_batches(monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 4)
    entries = written(factories.clinic(), 7)
    seal_task()
    assert AuditSeal.objects.count() == -(-len(entries) // 4)
    assert seal.verify().broken == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE audit_entry SET verb = 'slot.closed' WHERE id = %s", "one of them was changed"),
        ("UPDATE audit_entry SET changes = '{\"n\": 1}' WHERE id = %s", "one of them was changed"),
        ("UPDATE audit_entry SET timestamp = timestamp + interval '1 us' WHERE id = %s", "one of them was changed"),
        ("UPDATE audit_entry SET actor_email = 'x@y.example' WHERE id = %s", "one of them was changed"),
        ("DELETE FROM audit_entry WHERE id = %s", "entries, and"),
    ],
)
def test_a_sealed_entry_changed_behind_the_guards_is_found(change, why):
    first, *_ = written(factories.clinic())
    seal.seal(now=NOW)
    written(factories.clinic())
    seal.seal(now=NOW)
    with unguarded() as cursor:
        cursor.execute(change, [first.pk])
    found = seal.verify()
    assert why in found.broken
    assert found.broken.startswith(f"Seal {AuditSeal.objects.earliest('pk').pk} of 2026-11-23 18:00 UTC")
    with pytest.raises(CommandError, match=why):
        call_command("verify_trail")


def test_an_entry_slipped_in_later_is_found():
    entries = written(factories.clinic())
    with unguarded() as cursor:  # a gap, as a rolled-back transaction leaves one
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [entries[1].pk])
    seal.seal(now=NOW)
    assert seal.verify().broken == ""
    entries[1].save(force_insert=True)
    assert "entries, and" in seal.verify().broken


def test_a_removed_or_rewritten_seal_is_found():
    for _ in range(3):
        written(factories.clinic())
        seal.seal(now=NOW)
    middle = AuditSeal.objects.order_by("pk")[1]
    with unguarded() as cursor:
        cursor.execute("DELETE FROM audit_auditseal WHERE id = %s", [middle.pk])
    assert "a seal is missing or changed" in seal.verify().broken


def test_a_chain_cut_at_its_end_is_found_by_a_digest_kept_elsewhere(capsys):
    clinic = factories.clinic()
    written(clinic)
    seal.seal(now=NOW)
    written(clinic)
    seal.seal(now=NOW)
    last = AuditSeal.objects.latest("pk")
    call_command("verify_trail", digest=last.digest)
    assert f"Newest digest: {last.digest}" in capsys.readouterr().out
    with unguarded() as cursor:
        cursor.execute("DELETE FROM audit_auditseal WHERE id = %s", [last.pk])
        cursor.execute("DELETE FROM audit_entry WHERE id > %s", [last.first_entry_id])
    call_command("verify_trail")
    with pytest.raises(CommandError, match="cut or written anew"):
        call_command("verify_trail", digest=last.digest)


def test_sealers_at_the_same_time_make_one_chain(monkeypatch):
    monkeypatch.setattr(seal, "BATCH", 2)
    entries = written(factories.clinic(), 20)
    start, counts, trouble = threading.Barrier(4), [], []

    def work():
        try:
            start.wait()
            for _ in range(len(entries)):
                counts.append(seal.seal(now=NOW))
        except Exception as error:
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    seal_task()  # whatever was left because a lock was busy each time
    assert sum(AuditSeal.objects.values_list("entries", flat=True)) == Entry.objects.count()
    assert seal.verify().broken == ""


def test_nothing_is_sealed_before_a_transaction_that_still_writes():
    """It holds a lower id than the newest committed entry: sealing now would call its commit a forgery later."""
    clinic = factories.clinic()
    inside, done = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                trail.record("slot.opened", clinic, now=NOW, clinic_id=clinic.pk)
                inside.set()
                done.wait(5)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(5)
    written(clinic)
    assert seal.seal(now=NOW) == 0
    done.set()
    thread.join()
    assert seal.seal(now=NOW) == Entry.objects.count()
    assert seal.verify().broken == ""


@pytest.mark.parametrize("table", ["audit_entry", "audit_auditseal", "notifications_consent", "matching_policyversion"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_ledgers_refuse_everything_but_new_rows(table, statement):
    world = factories.World()
    patient = factories.patient(world.clinic)
    patient.contact_points.get().consents.create(
        purpose="offers", channel="sms", granted=True, at=NOW, source="staff", recorded_at=NOW
    )
    seal.seal(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()[0]
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement.format(table))
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert before == cursor.fetchone()[0] > 0
