"""Rows of the trail can be added, never changed, removed or swept away; and no session waits or idles in a lock."""

from django.db import migrations

GUARD = """
CREATE FUNCTION standby_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION standby_refuse_change();
        CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION standby_refuse_change();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_keep_all ON {table};",
    )


TIMEOUTS = """
DO $$ BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET lock_timeout = ''2s''', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET idle_in_transaction_session_timeout = ''15s''',
                   current_database());
END $$;
"""
NO_TIMEOUTS = """
DO $$ BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I RESET lock_timeout', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I RESET idle_in_transaction_session_timeout',
                   current_database());
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_entry_fields")]
    operations = [
        migrations.RunSQL(GUARD, "DROP FUNCTION standby_refuse_change();"),
        append_only("audit_entry"),
        append_only("audit_auditseal"),
        migrations.RunSQL(TIMEOUTS, NO_TIMEOUTS),
    ]
