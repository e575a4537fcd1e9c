"""What a worker does for the cascade: read the clock, call the act."""

from celery import shared_task
from django.utils import timezone

from audit import heart
from matching import cascade, returns, work

BATCH = 100
MANY = 6  # slots of one clinic due at once, from which on they are ranked in one pass
PORTION = 10  # of them, a task: with all in one, the next sweep would give the same to another worker
SWEPT_EVERY_SECONDS = 5
CONFLICTS_SWEPT_EVERY_SECONDS = 30


@shared_task
def advance(slot_id: int) -> None:
    cascade.advance(slot_id, now=timezone.now())


@shared_task
def advance_many(slot_ids: list[int]) -> None:
    cascade.advance_many(slot_ids, now=timezone.now())


@shared_task
def sweep_cascades() -> None:
    heart.beat("matching.tasks.sweep_cascades", now=timezone.now())
    for slot_ids in work.due_by_clinic(now=timezone.now(), limit=BATCH):
        if len(slot_ids) >= MANY:
            for n in range(0, len(slot_ids), PORTION):
                advance_many.apply_async((slot_ids[n : n + PORTION],), expires=SWEPT_EVERY_SECONDS)
        else:
            for slot_id in slot_ids:  # one that fails keeps no other waiting
                advance.apply_async((slot_id,), expires=SWEPT_EVERY_SECONDS)


@shared_task
def tidy(offer_id: int) -> None:
    returns.tidy(offer_id, now=timezone.now())


@shared_task
def give_way(writeback_id: int) -> None:
    returns.give_way(writeback_id, now=timezone.now())


@shared_task
def sweep_conflicts() -> None:
    heart.beat("matching.tasks.sweep_conflicts", now=timezone.now())
    for writeback_id in returns.conflicts(limit=BATCH):
        give_way.apply_async((writeback_id,), expires=CONFLICTS_SWEPT_EVERY_SECONDS)
    left = returns.untidy(limit=BATCH) + returns.unpaused(now=timezone.now(), limit=BATCH)
    for offer_id in dict.fromkeys(left):
        tidy.apply_async((offer_id,), expires=CONFLICTS_SWEPT_EVERY_SECONDS)
