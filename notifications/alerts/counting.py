"""The count of everything that waits, as one prepared statement: every page asks it, and Django takes longer to write
it than PostgreSQL to answer it. It is written once, from the same queries that find what is counted."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

from matching.prepared import fetch

CLINIC, MEMBERSHIP, NOW = 2**62 + 1, 2**62 + 2, datetime(2000, 1, 1, tzinfo=UTC)  # stand in for what is asked later
NEAR = 10 * 366 * 86_400  # seconds: whatever a query adds to now

Parts = Callable[[int, int, datetime], list[QuerySet[Any]]]


def write(parts: Parts) -> str:
    """The union of these parts for `fetch`: clinic, membership and now are asked for, all else stands in it."""
    first, *rest = parts(CLINIC, MEMBERSHIP, NOW)
    text, values = first.union(*rest, all=True).query.sql_with_params()
    connection.ensure_connection()
    return text % tuple(_written(value) for value in values)


def ask(statement: str, clinic_id: int, membership_id: int, *, now: datetime) -> dict[str, int]:
    """How much of each, by name; what there is none of is left out."""
    return sums(fetch(statement, {"clinic_id": clinic_id, "membership_id": membership_id, "now": now}))


def sums(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """By name."""
    counted: dict[str, int] = {}
    for row in rows:
        counted[row["what"]] = counted.get(row["what"], 0) + row["n"]
    return {name: n for name, n in counted.items() if n}


def _written(value: Any) -> str:
    """As it stands in the statement."""
    if value == CLINIC:
        return "%(clinic_id)s"
    if value == MEMBERSHIP:
        return "%(membership_id)s"
    if isinstance(value, datetime):
        seconds = int((value - NOW).total_seconds())
        assert abs(seconds) < NEAR, "A moment that does not follow from now."
        return f"(%(now)s::timestamptz + interval '{seconds} seconds')"
    return sql.quote(value, connection.connection).replace("%", "%%")
