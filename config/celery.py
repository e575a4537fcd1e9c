"""The worker and, on one screen, everything that runs by the clock.

A beat entry is a net below the nudges: it finds unfinished work in rows. Each one expires with its own
interval, so that a stopped worker never wakes to a pile of them, and is safe to run twice.
"""

import os
from typing import Any
from uuid import uuid4

from celery import Celery, Task

from audit.actor import Actor, acting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class ActingTask(Task):
    """Everything one run of a task records is told as one thing that happened, under the task's own id."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        with acting(Actor(correlation_id=self.request.id or uuid4().hex)):
            return super().__call__(*args, **options)


app = Celery("standby", task_cls=ActingTask)
app.config_from_object("config.broker")
app.autodiscover_tasks()

SECOND = 1
MINUTE = 60
HOUR = 60 * MINUTE


def _every(seconds: int, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    "cascades due": _every(5 * SECOND, "matching.tasks.sweep_cascades"),
    "messages due": _every(5 * SECOND, "notifications.tasks.sweep_outbox"),
    "other ways to try": _every(30 * SECOND, "notifications.tasks.sweep_ways"),
    "staff to be told": _every(30 * SECOND, "notifications.tasks.sweep_alerts"),
    "events to apply": _every(10 * SECOND, "waitlist.tasks.sweep_events"),
    "conflicts to resolve": _every(30 * SECOND, "matching.tasks.sweep_conflicts"),
    "visits to remind of": _every(2 * MINUTE, "notifications.tasks.sweep_reminders"),
    "promises to check": _every(5 * MINUTE, "ops.tasks.sweep_checkups"),
    "trail to seal": _every(1 * HOUR, "audit.tasks.seal"),
    "wishes to ask after": _every(1 * HOUR, "waitlist.tasks.sweep_still_wanted"),
    "days waited": _every(1 * HOUR, "waitlist.tasks.refresh_waiting"),
}
