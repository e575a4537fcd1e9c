"""Celery's settings. The database is the truth: a lost task is found again by a sweep, nothing is retried or kept."""

from django.conf import settings

broker_url = settings.REDIS_URL
task_ignore_result = True
task_publish_retry = False
task_time_limit = 120
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_cancel_long_running_tasks_on_connection_loss = False
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_transport_options = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # Nor is a task in hand put back when the broker dies: trying to can end the worker.
    "ack_emulation": False,
    # A nudge is tried once: with retries a patient's tap would wait six seconds for each while the broker is away.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
timezone = "UTC"
