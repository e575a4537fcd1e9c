"""Who is behind what happens now: a person signed in, a patient, another system, or the clock."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import models


class ActorKind(models.TextChoices):
    STAFF = "staff", "Staff"
    PATIENT = "patient", "Patient"
    CONNECTION = "connection", "Calendar"
    SYSTEM = "system", "Standby"


@dataclass(frozen=True)
class Actor:
    """Who is behind what happens now. `ref` is a patient's or connection's id; staff are `user_id`."""

    kind: str = ActorKind.SYSTEM
    user_id: int | None = None
    user_email: str = ""
    ref: int | None = None
    remote_addr: str | None = None
    correlation_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def columns(self) -> dict[str, object]:
        """As an Entry stores it."""
        return {
            "actor_id": self.user_id,
            "actor_email": self.user_email or None,
            "actor_kind": self.kind,
            "actor_ref": self.ref,
            "remote_addr": self.remote_addr,
            "cid": self.correlation_id,
        }


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
