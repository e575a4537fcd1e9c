"""What a worker does for the outbox: read the clock, send what is due."""

from celery import shared_task
from django.utils import timezone

from audit import heart
from notifications import outages, outbox, replies

BATCH = 100
SWEPT_EVERY_SECONDS = 5


@shared_task
def deliver(message_id: int) -> None:
    outbox.deliver(message_id, now=timezone.now())


@shared_task
def deliver_slot(slot_id: int) -> None:
    for message_id in outbox.due_of_slot(slot_id, now=timezone.now()):
        outbox.deliver(message_id, now=timezone.now())


@shared_task
def answer(heard_id: int) -> None:
    replies.handle(heard_id, now=timezone.now())


@shared_task
def sweep_outbox() -> None:
    heart.beat("notifications.tasks.sweep_outbox", now=timezone.now())
    outages.end_if_nothing_waits(now=timezone.now())
    for message_id in outbox.due(now=timezone.now(), limit=BATCH):
        deliver.apply_async((message_id,), expires=SWEPT_EVERY_SECONDS)  # a slow one keeps no other waiting
    for heard_id in replies.unhandled(now=timezone.now(), limit=BATCH):
        answer.apply_async((heard_id,), expires=SWEPT_EVERY_SECONDS)
