"""Between two tests that commit: every row gone again, for the price of the tables that have any."""

from functools import cache
from typing import Any

from django.db import connection, transaction

MADE_BY_MIGRATIONS = {"django_content_type", "auth_permission"}  # the same for every test, so they stay
# Tables larger than this are truncated: deleted rows would lie in the way of the tests that follow.
SMALL_BYTES = 1_000_000


def forget_everything(_test_case: Any = None) -> None:
    """In the place of Django's flush, which truncates every table and makes what migrations made once more.

    The append-only tables refuse both TRUNCATE and DELETE, as they must; only a replica may.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(tables_with_rows())
        written = dict(cursor.fetchall())
        remove = [f"DELETE FROM {name}" for name in written]
        if max(written.values(), default=0) > SMALL_BYTES:
            remove = [f"TRUNCATE {', '.join(tables())}"]
        cursor.execute(";".join(["SET LOCAL session_replication_role = replica", *remove]))


@cache
def tables() -> list[str]:
    """Every table of ours but those nothing but a migration writes."""
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [connection.ops.quote_name(name) for name in sorted(set(found) - MADE_BY_MIGRATIONS)]


@cache
def tables_with_rows() -> str:
    """A question: which tables have any row, and how large they are on disk."""
    looks = [f"SELECT '{name}', pg_relation_size('{name}') WHERE EXISTS (SELECT FROM {name})" for name in tables()]
    return " UNION ALL ".join(looks)
