"""Wake a worker after commit. A hint only: every sweep finds from rows what a lost nudge left."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def nudge(name: str, pk: int) -> None:
    """Send the task `name` with one id as soon as this transaction has committed, not if it rolls back."""
    transaction.on_commit(lambda: _send(name, pk))


def _send(name: str, pk: int) -> None:
    try:
        current_app.send_task(name, args=[pk], retry=False, expires=60)
    except OperationalError as error:  # the broker is away; the sweep will find the row
        log.warning("nudge %s(%s) not sent, its sweep will do it: %s", name, pk, type(error).__name__)
