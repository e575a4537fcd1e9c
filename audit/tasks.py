"""What a worker does for the trail."""

import logging

from celery import shared_task
from django.utils import timezone

from audit import heart
from audit import seal as seals
from audit.models import AuditSeal

log = logging.getLogger(__name__)


@shared_task
def seal() -> None:
    """Seal what is new, and leave the newest digest in the log: the copy that lies outside the database."""
    heart.beat("audit.tasks.seal", now=timezone.now())
    while seals.seal(now=timezone.now()):
        newest = AuditSeal.objects.latest("last_entry_id")
        log.info("trail sealed up to entry %s: %s", newest.last_entry_id, newest.digest)
