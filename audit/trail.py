"""Writing the trail: one line per row, in the transaction that changed it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from audit.actor import Actor, acting, correlation_id, current
from audit.models import Entry

__all__ = ["Actor", "acting", "correlation_id", "current", "lines", "record"]


def content_type_id(model: type[models.Model]) -> int:
    return ContentType.objects.get_for_model(model).pk


def record(
    verb: str,
    rows: models.Model | Iterable[models.Model],
    *,
    now: datetime,
    clinic_id: int,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Add one line per row, in the transaction that changed them; `changes`: ids and states, no names."""
    of = [rows] if isinstance(rows, models.Model) else rows
    Entry.objects.bulk_create(lines(verb, of, now=now, clinic_id=clinic_id, changes=changes))


def lines(
    verb: str,
    rows: Iterable[models.Model],
    *,
    now: datetime,
    clinic_id: int,
    changes: Mapping[str, Any] | None = None,
) -> list[Entry]:
    """The same lines, for whoever writes them by a statement of their own."""
    actor = current().columns()
    return [
        Entry(
            content_type_id=content_type_id(type(row)),
            object_pk=str(row.pk),
            object_id=row.pk,
            object_repr=str(row),
            action=Entry.Action.UPDATE,
            changes=dict(changes) if changes else None,
            timestamp=now,
            clinic_id=clinic_id,
            verb=verb,
            **actor,
        )
        for row in rows
    ]
