"""What a worker does for the outbox: read the clock, send what is due."""

import logging

from celery import shared_task
from django.utils import timezone

from audit import heart
from notifications import outages, outbox, passcodes, reminders, replies
from notifications.alerts import mailing

log = logging.getLogger(__name__)
SWEPT_AT_ONCE = 2_000
PORTION = 500
BATCH = 100
SWEPT_EVERY_SECONDS = 5
WAYS_SWEPT_EVERY_SECONDS = 30
REMINDER_BATCHES = 20
ALERTED_EVERY_SECONDS = 30


@shared_task
def deliver(message_id: int) -> None:
    outbox.deliver(message_id, now=timezone.now())


@shared_task
def deliver_slot(slot_id: int) -> None:
    outbox.deliver_slot(slot_id, now=timezone.now())


@shared_task
def deliver_many(message_ids: list[int]) -> None:
    outbox.fly(message_ids, now=timezone.now())


@shared_task
def send_passcode(passcode_id: int) -> None:
    passcodes.send(passcode_id, now=timezone.now())


@shared_task
def answer(heard_id: int) -> None:
    replies.handle(heard_id, now=timezone.now())


@shared_task
def settle(message_id: int) -> None:
    outbox.settle(message_id, now=timezone.now())


@shared_task
def sweep_outbox() -> None:
    heart.beat("notifications.tasks.sweep_outbox", now=timezone.now())
    outages.end_if_nothing_waits(now=timezone.now())
    due = outbox.due(now=timezone.now(), limit=SWEPT_AT_ONCE)
    for n in range(0, len(due), PORTION):
        deliver_many.apply_async((due[n : n + PORTION],), expires=SWEPT_EVERY_SECONDS)
    for heard_id in replies.unhandled(now=timezone.now(), limit=BATCH):
        answer.apply_async((heard_id,), expires=SWEPT_EVERY_SECONDS)
    for passcode_id in passcodes.unsent(now=timezone.now(), limit=BATCH):
        send_passcode.apply_async((passcode_id,), expires=SWEPT_EVERY_SECONDS)
    for message_id in outbox.unheard(now=timezone.now(), limit=BATCH):
        settle.apply_async((message_id,), expires=SWEPT_EVERY_SECONDS)


@shared_task
def go_on(message_id: int) -> None:
    outbox.go_on(message_id, now=timezone.now())


@shared_task
def follow_up(offer_id: int) -> None:
    outbox.follow_up(offer_id, now=timezone.now())


@shared_task
def sweep_ways() -> None:
    heart.beat("notifications.tasks.sweep_ways", now=timezone.now())
    for message_id in outbox.silent(now=timezone.now(), limit=BATCH):
        go_on.apply_async((message_id,), expires=WAYS_SWEPT_EVERY_SECONDS)
    for offer_id in outbox.to_follow_up(now=timezone.now(), limit=BATCH):
        follow_up.apply_async((offer_id,), expires=WAYS_SWEPT_EVERY_SECONDS)


@shared_task
def sweep_reminders() -> None:
    """Visits whose reminders are due, a batch after another until none is left or it is time for the next sweep."""
    heart.beat("notifications.tasks.sweep_reminders", now=timezone.now())
    for _ in range(REMINDER_BATCHES):
        found = reminders.waiting(now=timezone.now(), limit=BATCH)
        for appointment_id in found:
            try:
                reminders.remind(appointment_id, now=timezone.now())
            except Exception:  # one bad row must not hold up the others
                log.exception("visit %s: no reminder could be written", appointment_id)
        if len(found) < BATCH:
            return


@shared_task
def alert_staff(clinic_id: int) -> None:
    mailing.sweep(clinic_id, now=timezone.now())


@shared_task
def sweep_alerts() -> None:
    heart.beat("notifications.tasks.sweep_alerts", now=timezone.now())
    for clinic_id in mailing.clinics():
        alert_staff.apply_async((clinic_id,), expires=ALERTED_EVERY_SECONDS)
