"""/healthz and /readyz tell an operator the truth."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit import heart
from audit.models import Heartbeat
from config.celery import app

SWEEPS = [entry["task"] for entry in app.conf.beat_schedule.values()]


def test_healthz_needs_no_database(client):
    assert client.get("/healthz").content == b"ok\n"


def test_a_monitor_needs_the_sites_host_and_no_https(client, settings):
    """As README.md says: a process itself is asked in plain HTTP, with the host of PUBLIC_URL."""
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["standby.example.com"]
    assert client.get("/healthz", headers={"host": "standby.example.com"}).status_code == 200
    assert client.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 400
    assert client.get("/", headers={"host": "standby.example.com"}).status_code == 301


@pytest.mark.django_db
def test_ready_while_every_sweep_runs(client):
    for task in SWEEPS:
        heart.beat(task, now=timezone.now())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


@pytest.mark.django_db
@pytest.mark.parametrize("task", SWEEPS)
def test_a_late_sweep_is_named(client, task):
    for name in SWEEPS:
        heart.beat(name, now=timezone.now() - (timedelta(hours=4) if name == task else timedelta()))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, [task])


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_named(client):
    name = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        answer = client.get("/readyz")
    finally:
        connection.settings_dict["PORT"] = name
        connection.close()
    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])


@pytest.mark.django_db
def test_every_sweep_of_the_beat_table_leaves_a_heartbeat():
    """Run each once, as the worker would: the name it leaves is the one /readyz looks for."""
    app.loader.import_default_modules()
    for task in SWEEPS:
        app.tasks[task]()
    assert set(SWEEPS) <= set(Heartbeat.objects.values_list("name", flat=True))
