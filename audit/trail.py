"""Writing the trail: who is acting now, and one line per row they changed."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from audit.models import ActorKind, Entry


@dataclass(frozen=True)
class Actor:
    """Who is behind what happens now. `ref` is a patient's or connection's id; staff are `user_id`."""

    kind: str = ActorKind.SYSTEM
    user_id: int | None = None
    user_email: str = ""
    ref: int | None = None
    remote_addr: str | None = None
    correlation_id: str = field(default_factory=lambda: uuid.uuid4().hex)


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def current() -> Actor:
    """The actor of this request or task; the system where nobody was named."""
    return _actor.get() or Actor()


def correlation_id() -> str | None:
    """For django-auditlog, so that its entries join ours."""
    actor = _actor.get()
    return actor.correlation_id if actor else None


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Everything recorded inside is the actor's doing."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


@cache
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
    """Add one line per row, in the transaction that changed them. `changes` holds ids and states, no names."""
    actor = current()
    entries = [
        Entry(
            content_type_id=content_type_id(type(row)),
            object_pk=str(row.pk),
            object_id=row.pk,
            object_repr=str(row),
            action=Entry.Action.UPDATE,
            changes=dict(changes) if changes else None,
            actor_id=actor.user_id,
            actor_email=actor.user_email or None,
            actor_kind=actor.kind,
            actor_ref=actor.ref,
            remote_addr=actor.remote_addr,
            cid=actor.correlation_id,
            timestamp=now,
            clinic_id=clinic_id,
            verb=verb,
        )
        for row in ([rows] if isinstance(rows, models.Model) else rows)
    ]
    Entry.objects.bulk_create(entries)
