"""The worker and, on one screen, everything that runs by the clock.

A beat entry is a net below the nudges: it finds unfinished work in rows. Each one expires with its own
interval, so that a stopped worker never wakes to a pile of them, and is safe to run twice.
"""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("standby")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SECOND = 1
MINUTE = 60
HOUR = 60 * MINUTE


def _every(seconds: int, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    "cascades due": _every(5 * SECOND, "matching.tasks.sweep_cascades"),
    "messages due": _every(5 * SECOND, "notifications.tasks.sweep_outbox"),
    "events to apply": _every(10 * SECOND, "waitlist.tasks.sweep_events"),
    "conflicts to resolve": _every(30 * SECOND, "matching.tasks.sweep_conflicts"),
    "trail to seal": _every(1 * HOUR, "audit.tasks.seal"),
    "days waited": _every(1 * HOUR, "waitlist.tasks.refresh_waiting"),
}
