"""Statements that are planned once per connection: to plan a ranking takes longer than to run it.

Django binds parameters in the client, which leaves nothing to prepare; so these go to the driver's own cursor.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from psycopg import RawCursor
from psycopg.types.numeric import Int8

M = TypeVar("M", bound=Model)


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


def columns(model: type[Model], names: Iterable[str] | None = None, *, of: str) -> str:
    """The select list that `row_as` reads: these columns (all where none are named) of the table called `of` here."""
    return ", ".join(
        f'{of}."{field.column}" AS "{of}.{field.column}"'
        for field in model._meta.concrete_fields
        if names is None or field.primary_key or field.name in names
    )


def row_as(model: type[M], row: Mapping[str, Any], *, of: str) -> M:
    """What was selected with `columns`, as an instance: what was not is read when it is asked for."""
    found = [field for field in model._meta.concrete_fields if f"{of}.{field.column}" in row]
    values = []
    for field in found:
        value = row[f"{of}.{field.column}"]
        for convert in field.get_db_converters(connection):  # type: ignore[attr-defined]
            value = convert(value, field, connection)
        values.append(value)
    return model.from_db(connection.alias, [field.attname for field in found], values)


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
