"""Statements that the database plans once per connection: planning a ranking takes longer than running it."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor  # type: ignore[attr-defined]
from psycopg.types.numeric import Int8


class _Prepared(ServerBindingCursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **options | {"prepare": True})


def fetch(statement: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row by column name. A statement casts its arrays; whole numbers come to it as bigint."""
    connection.ensure_connection()
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with make(_Prepared(connection.connection)) as cursor:
        cursor.execute(statement, {name: _as_one_type(value) for name, value in facts.items()})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _as_one_type(value: Any) -> Any:
    """Whatever its size, so that the same statement is prepared once and not for every width of its numbers."""
    if isinstance(value, int):
        return Int8(value)
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(str, value)) + "}"
    return value
