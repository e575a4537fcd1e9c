"""Who is behind it: the caller's address as it can be kept, and one id for all that one task does."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from audit.middleware import remote_addr
from audit.models import Entry
from audit.trail import Actor, acting
from matching.tasks import advance
from tests.factories import World, user
from tests.harness import Stack, eventually
from waitlist import vacancies
from waitlist.calendar import Time
from waitlist.models import Slot


@pytest.mark.parametrize(
    ("forwarded", "kept"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5678", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("203.0.113.777", None),
        ("203.0.113.7:port", None),
        ("'; DROP TABLE", None),
        ("", "127.0.0.1"),
    ],
)
def test_only_an_address_is_kept_as_one(settings, forwarded, kept):
    settings.TRUSTED_PROXIES = 1
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert remote_addr(RequestFactory().get("/", headers=headers)) == kept


def test_a_server_behind_a_socket_file_knows_no_address():
    assert remote_addr(RequestFactory().get("/", REMOTE_ADDR="")) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("forwarded", "kept"), [("203.0.113.7:5678", "203.0.113.7"), ("unknown", None)])
def test_an_act_behind_any_proxy_is_done_and_recorded(settings, client, forwarded, kept):
    settings.TRUSTED_PROXIES = 1
    world = World()
    client.force_login(user(world.clinic))
    entry = world.entry()
    client.post(f"/waitlist/{entry.pk}/remove/", {"reason": "asked"}, headers={"X-Forwarded-For": forwarded})
    line = Entry.objects.get(verb="entry.removed")
    assert (line.actor_kind, line.remote_addr) == ("staff", kept)


def opened(world: World, *, hours: int) -> Slot:
    now = timezone.now()
    time = Time(
        world.location,
        world.practitioner,
        world.service,
        now + timedelta(hours=hours),
        now + timedelta(hours=hours) + timedelta(minutes=world.service.minutes),
    )
    return vacancies.open_by_hand(world.clinic, time, now=now)


@pytest.mark.django_db(transaction=True)
def test_what_one_task_does_is_told_as_one_thing_whoever_called_it():
    world = World(is_open_any_hour=True)
    for _ in range(3):
        world.entry()
    slots = [opened(world, hours=hours) for hours in (30, 40)]
    before = set(Entry.objects.values_list("pk", flat=True))
    with acting(Actor(kind="staff", correlation_id="the request")):
        runs = [advance.apply((slot.pk,)) for slot in slots]
    lines = Entry.objects.exclude(pk__in=before)
    assert lines.filter(verb="offer.made").count() > 3
    assert set(lines.values_list("cid", "actor_kind")) == {(run.id, "system") for run in runs}


def test_lines_of_a_real_worker_join(stack: Stack):
    world = World(is_open_any_hour=True)
    for _ in range(3):
        world.entry()
    slot = opened(world, hours=30)
    eventually(lambda: slot.offers.exists(), seconds=20)
    (cid,) = set(Entry.objects.filter(verb__in=["offer.made", "slot.wave"]).values_list("cid", flat=True))
    assert cid
