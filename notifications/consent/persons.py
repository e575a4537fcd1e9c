"""Rows: who texts STOP means us. Openings end on every way to whoever uses that number, and START gives back just that
(docs/adr/0023). What becomes of a visit still goes to their address.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from notifications.consent.ledger import add_lines, last_words, lock, save, withdraw
from notifications.consent.lines import as_its_user, lock_lines, on_one_line, start, stop
from notifications.models import ContactPoint
from notifications.states import Purpose

UNASKED = (Purpose.OFFERS, Purpose.MARKETING)


def lock_ways(point: ContactPoint, *more: ContactPoint) -> None:
    """The line and all that its users have besides, and the lines of `more`, by id, before the first is written."""
    line = on_one_line(point)
    lock_lines([*line, *(other for one in line for other in _others(one)), *more])


@transaction.atomic
def stop_person(point: ContactPoint, *, source: str, now: datetime, **about: Any) -> bool:
    """STOP from this number: nothing to it any more, and elsewhere nothing they did not ask for. False: it had been
    stopped before."""
    lock_ways(point)
    is_new = stop(point, source=source, now=now, **about)
    _end_elsewhere(point, UNASKED, source=source, now=now, **about)
    return is_new


@transaction.atomic
def stop_offers(point: ContactPoint, *, source: str, now: datetime, **about: Any) -> bool:
    """No more openings, here and on every other way; reminders stay. False: none were allowed."""
    lock_ways(point)
    taken = 0
    for one in on_one_line(point):
        with as_its_user(one):
            said_on = None if one.pk == point.pk else point
            taken += withdraw(one, Purpose.OFFERS, source=source, now=now, said_on=said_on, **about)
    return taken + _end_elsewhere(point, [Purpose.OFFERS], source=source, now=now, **about) > 0


@transaction.atomic
def start_person(point: ContactPoint, *, source: str, now: datetime, **about: Any) -> None:
    """START from this number: what `start` says, and elsewhere what was taken by its word and nothing said since."""
    lock_ways(point)
    start(point, source=source, now=now, **about)
    line = on_one_line(point)
    numbers = {one.pk for one in line}
    for one in line:
        with as_its_user(one):
            for other in [*([one] if one.pk != point.pk else []), *_others(one)]:
                _give_back(other, numbers, source=source, now=now, said_on=point, **about)


def _others(one: ContactPoint) -> list[ContactPoint]:
    """What whoever uses this number has besides, at the same clinic."""
    theirs = ContactPoint.objects.filter(users__patient__contacts__contact_point=one, clinic=one.clinic_id)
    return list(theirs.exclude(pk=one.pk).select_related("clinic").order_by("pk").distinct())


def _end_elsewhere(point: ContactPoint, purposes: Iterable[str], **about: Any) -> int:
    """How many things ended."""
    ended = 0
    for one in on_one_line(point):
        with as_its_user(one):
            for other in _others(one):
                ended += sum(withdraw(other, purpose, said_on=one, **about) for purpose in purposes)
    return ended


def _give_back(other: ContactPoint, numbers: set[int], *, now: datetime, **about: Any) -> None:
    """What the last word on was said on one of these numbers; not where they have stopped it by itself."""
    other = lock(other)
    words = last_words(other)
    again = [grant for grant, word in words.items() if not word.granted and word.said_on_id in numbers]
    if again and other.stopped_at is None:
        add_lines(other, again, granted=True, now=now, **about)
        save(other, "consent.granted", now, granted=sorted({*other.granted, *again}))
