"""Houses built wrongly, to show that the matrix sees it: each changes the process it is called in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from matching import lapses
from matching.asking import clocks
from matching.models import Offer
from matching.states import OfferState
from notifications import channels
from notifications.outbox import boarding, landing
from waitlist import closing, masses, slots


def sends_before_it_claims() -> None:
    claim = boarding.claim

    def send_then_claim(messages: Any, *, now: datetime) -> Any:
        results = {one.pk: channels.of(one).send(one, now=now) for one in messages}
        landing.land([(one, results[one.pk]) for one in claim(messages, now=now)], now=now)
        return []

    boarding.claim = send_then_claim


def moves_clocks_before_it_says_so() -> None:
    """What an outage took is added in one transaction, and that it was added is noted in the next."""
    clear_up = lapses._clear_up

    def twice(slot_id: int, *, now: datetime) -> bool:
        waiting = Offer.objects.filter(slot=slot_id, state=OfferState.PENDING)
        with transaction.atomic():
            slot = slots.lock_slot(slot_id)
            assert slot is not None
            clocks.take_in(slot, now=now)
            noted = dict(waiting.values_list("pk", "thawed_to"))
            waiting.update(thawed_to=None)
        for pk, thawed_to in noted.items():
            Offer.objects.filter(pk=pk).update(thawed_to=thawed_to)
        return clear_up(slot_id, now=now)

    lapses._clear_up = twice


def answers_before_it_closes() -> None:
    """What staff say of a day is noted in one transaction, and what follows from it in the next."""

    def answer(mass: Any, said: str, user_id: int | None, *, now: datetime) -> bool:
        if not masses.answer(mass, said, user_id, now=now):
            return False
        span = {"starts_at": mass.starts_at, "ends_at": mass.ends_at, "location": mass.location}
        closing.close(mass.clinic, practitioner=mass.practitioner, reason="ill", now=now, **span)
        return True

    closing.answer = answer


HOUSES: dict[str, Callable[[], None]] = {
    "sends before it claims": sends_before_it_claims,
    "moves clocks before it says so": moves_clocks_before_it_says_so,
    "answers before it closes": answers_before_it_closes,
}
