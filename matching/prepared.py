"""Statements that are planned once per connection: to plan a ranking takes longer than to run it.

Django binds parameters in the client, which leaves nothing to prepare; so these go to the driver's own cursor.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection
from psycopg import RawCursor
from psycopg.types.numeric import Int8


class _Prepared(RawCursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **options | {"prepare": True})


def fetch(statement: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row by column name. A statement casts its arrays; whole numbers come to it as bigint."""
    values = {name: _as_one_type(value) for name, value in facts.items()}
    connection.ensure_connection()
    if connection.queries_logged:  # as text that can be read; counted like any other
        with connection.cursor() as cursor:
            return _rows(cursor, statement, values)
    native, names = _native(statement)
    with connection.make_cursor(_Prepared(connection.connection)) as cursor:  # type: ignore[arg-type]
        return _rows(cursor, native, [values[name] for name in names])


def _rows(cursor: Any, statement: str, params: Any) -> list[dict[str, Any]]:
    cursor.execute(statement, params)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@lru_cache(maxsize=64)
def _native(statement: str) -> tuple[str, tuple[str, ...]]:
    """With the server's own placeholders, and the names that stand at them."""
    names: dict[str, int] = {}
    native = re.sub(r"%\((\w+)\)s", lambda name: f"${names.setdefault(name[1], len(names) + 1)}", statement)
    return native.replace("%%", "%"), tuple(names)


def _as_one_type(value: Any) -> Any:
    """Whatever its size, so that the same statement is prepared once and not for every width of its numbers."""
    if isinstance(value, int):
        return Int8(value)
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(str, value)) + "}"
    return value
