"""Rows: STOP and START hold for the conversation: this number at every clinic that texts from the same sender."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.models import ActorKind
from audit.trail import acting, current
from notifications.consent.ledger import add_lines, lock, save
from notifications.consent.points import whoever_uses
from notifications.models import ContactPoint
from notifications.states import WRITTEN_BY, ContactKind, Purpose


def on_one_line(point: ContactPoint) -> list[ContactPoint]:
    """This number at every clinic that texts from the same sender: for whoever uses it that is one conversation."""
    same = ContactPoint.objects.filter(kind=point.kind, value=point.value)
    sender = point.clinic.sms_sender
    return list(same.filter(clinic__sms_sender=sender).order_by("pk")) if sender else [point]


@transaction.atomic
def stop(point: ContactPoint, *, source: str, now: datetime, **about: Any) -> bool:
    """STOP, by any means: everything allowed is withdrawn and nothing goes out any more, from any clinic behind the
    sender. False: it had been said before. `about`: recorded_by, remote_addr and note, as the ledger takes them."""
    stopped = [one.pk for one in lock_line(point) if _stop(one, one.pk == point.pk, source, now, about)]
    return bool(stopped)


@transaction.atomic
def start(point: ContactPoint, *, source: str, now: datetime, **about: Any) -> list[str]:
    """START: what they had stopped is allowed again, and openings here, for that is what they ask for. Only they can.
    What the clinic itself may do from then on; at the others behind the sender just what the STOP took."""
    again: list[str] = []
    for one in lock_line(point):
        if one.pk == point.pk:
            again = _start(one, _withdrawn(one) | _asks_for(one), source, now, about)
        elif one.stopped_at is not None:
            _start(one, _withdrawn(one), source, now, about)
    return again


def _asks_for(one: ContactPoint) -> set[str]:
    """Openings: by text in any case, by e-mail where nothing else would be brought back."""
    is_enough = one.kind == ContactKind.EMAIL and (one.granted or _withdrawn(one))
    return set() if is_enough else {f"{Purpose.OFFERS}:{WRITTEN_BY[ContactKind(one.kind)]}"}


def lock_line(point: ContactPoint) -> list[ContactPoint]:
    """All of it, by id: who came to it while we waited for the others, too."""
    return lock_lines([point])


def lock_lines(points: Iterable[ContactPoint]) -> list[ContactPoint]:
    """The lines of all of these, by id, before the first is written: a STOP must not die of somebody's lock."""
    points = list(points)
    locked: dict[int, ContactPoint] = {}
    while missing := {one.pk: one for point in points for one in on_one_line(point) if one.pk not in locked}:
        locked |= {pk: lock(missing[pk]) for pk in sorted(missing)}
    return list(locked.values())


def _stop(one: ContactPoint, is_this_one: bool, source: str, now: datetime, about: dict[str, Any]) -> bool:
    if one.stopped_at is not None:
        return False
    withdrawn = one.granted
    if is_this_one and not withdrawn:  # that they said it is kept, even where there was nothing to take
        withdrawn = [f"{Purpose.OFFERS}:{WRITTEN_BY[ContactKind(one.kind)]}"]
    add_lines(one, withdrawn, granted=False, source=source, now=now, **about)
    with as_its_user(one):
        save(one, "contact.stopped", now, granted=[], stopped_at=now)
    return True


def _start(one: ContactPoint, allowed: set[str], source: str, now: datetime, about: dict[str, Any]) -> list[str]:
    again = sorted(allowed | set(one.granted))
    if one.stopped_at is None and again == one.granted:
        return again
    add_lines(one, sorted(set(again) - set(one.granted)), granted=True, source=source, now=now, **about)
    with as_its_user(one):
        save(one, "contact.started", now, granted=again, stopped_at=None)
    return again


def _withdrawn(one: ContactPoint) -> set[str]:
    """What the last STOP took; without one, what they took back last."""
    lines = one.consents.filter(granted=False)
    if one.stopped_at is None:
        last = lines.order_by("-at", "-pk").first()
        lines = lines.filter(at=last.at) if last is not None else lines
    else:
        lines = lines.filter(at=one.stopped_at)
    return {f"{purpose}:{channel}" for purpose, channel in lines.values_list("purpose", "channel")}


@contextmanager
def as_its_user(one: ContactPoint) -> Iterator[None]:
    """A patient's word is told, at each clinic, as that of its own patient."""
    if current().kind != ActorKind.PATIENT:
        yield
        return
    with acting(whoever_uses(one)):
        yield
