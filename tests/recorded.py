"""Proof that nothing changes unrecorded: triggers note every changed row, and the trail must name each one.

    with everything_recorded() as changed:
        schedule.cancel(…)

needs committed transactions (`transactional_db`). A row counts as recorded when an entry of the trail was written
about it in the same transaction. A part of something is recorded with its whole (PARTS).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

NOUNS = (
    "waitlist_appointment",
    "waitlist_slot",
    "waitlist_waitlistentry",
    "waitlist_patient",
    "waitlist_patientnote",
    "waitlist_writeback",
    "waitlist_clinic",
    "waitlist_location",
    "waitlist_setupdone",
    "waitlist_closure",
    "waitlist_workedholiday",
    "waitlist_masscancellation",
    "waitlist_surgeday",
    "waitlist_cancellationfee",
    "waitlist_practitioner",
    "waitlist_service",
    "waitlist_membership",
    "waitlist_connection",
    "waitlist_mapping",
    "waitlist_tierrules",
    "matching_offer",
    "matching_callattempt",
    "matching_policyversion",
    "notifications_contactpoint",
    "notifications_outage",
    "notifications_messagetemplate",
    "notifications_join",
    "notifications_passcode",
)
PARTS = {  # table → (column, the table whose row's line speaks for it)
    "waitlist_availability": ("entry_id", "waitlist_waitlistentry"),
    "notifications_patientcontact": ("contact_point_id", "notifications_contactpoint"),
    "notifications_consent": ("contact_point_id", "notifications_contactpoint"),
    "notifications_noticechoice": ("membership_id", "waitlist_membership"),
    "matching_lesson": ("entry_id", "waitlist_waitlistentry"),
    "matching_expressbooking": ("offer_id", "matching_offer"),
    "matching_sentwave": ("slot_id", "waitlist_slot"),
}
FIGURES = {  # columns that follow from recorded facts: counted, not decided
    "waitlist_waitlistentry": (
        *("offers_received", "offers_answered", "offers_accepted", "waited_days"),
        *("standing", "days", "from_minute", "until_minute"),  # by trigger
    ),
    "waitlist_clinic": ("max_waited_days",),
    "waitlist_patient": ("visits", "past_visits", "show_rate"),  # told, or counted from visits marked
    "waitlist_appointment": ("remind_at",),
}
NOTE = """
CREATE FUNCTION test_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before jsonb; after jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD) - string_to_array(TG_ARGV[2], ','); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW) - string_to_array(TG_ARGV[2], ','); END IF;
    IF before IS DISTINCT FROM after THEN
        INSERT INTO test_changes VALUES
            (txid_current(), TG_ARGV[0], (coalesce(after, before)->>TG_ARGV[1])::bigint, TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION test_note_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO test_lines VALUES (txid_current(), NEW.content_type_id, NEW.object_id);
    RETURN NULL;
END $$;
"""


@contextmanager
def everything_recorded() -> Iterator[set[str]]:
    """Fails with the rows that changed without a line; the set fills with the tables that changed at all."""
    changed: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_changes (tx bigint, noun text, id bigint, part text)")
        cursor.execute("CREATE TABLE test_lines (tx bigint, kind bigint, id bigint)")
        cursor.execute(NOTE)
        for table, column, noun in _watched():
            left_out = ",".join(FIGURES.get(table, ()))
            cursor.execute(
                f"CREATE TRIGGER test_note AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION test_note_change('{noun}', '{column}', '{left_out}')"
            )
        cursor.execute(
            "CREATE TRIGGER test_note AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION test_note_line()"
        )
    try:
        yield changed
        unrecorded = _unrecorded(changed)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION test_note_change, test_note_line CASCADE")
            cursor.execute("DROP TABLE test_changes, test_lines")
    assert not unrecorded, f"changed without a line in the trail: {', '.join(unrecorded)}"


def _watched() -> list[tuple[str, str, str]]:
    return [(table, "id", table) for table in NOUNS] + [(table, *whole) for table, whole in PARTS.items()]


def _unrecorded(changed: set[str]) -> list[str]:
    kinds = {model._meta.db_table: ContentType.objects.get_for_model(model).pk for model in apps.get_models()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tx, kind, id FROM test_lines")
        lines = set(cursor.fetchall())
        cursor.execute("SELECT DISTINCT tx, noun, id, part FROM test_changes ORDER BY tx, noun, id")
        rows = cursor.fetchall()
    changed.update(part for _, _, _, part in rows)
    return [f"{part} {pk}" for tx, noun, pk, part in rows if (tx, kinds[noun], pk) not in lines]
