"""No line of the log lets its reader answer for a patient or set somebody's password."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from config.logs import NoTokens
from matching import tokens
from tests.factories import World


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What the console's handler writes meanwhile."""
    (console,) = (
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and any(isinstance(one, NoTokens) for one in handler.filters)
    )
    before = console.setStream(StringIO())
    yield console.stream
    console.setStream(before)


@pytest.mark.django_db
def test_a_refused_claim_does_not_leave_its_link_in_the_log(written):
    world = World()
    token = tokens.make(world.offer(world.slot()).public_id)
    answer = Client().post(reverse("offer-claim", args=[token]), {"slot": "nonsense"})
    assert answer.status_code >= 400
    assert "django.request" in written.getvalue() and "/o/…/claim" in written.getvalue()
    assert token not in written.getvalue()


@pytest.mark.parametrize("path", ["/o/SECRET", "/o/SECRET/ics?x=1", "/unsubscribe/SECRET/", "/password/MQ/SECRET/"])
def test_every_way_a_token_comes_in(written, path):
    log = logging.getLogger("tests.logs")
    log.warning("plain " + path)
    log.warning("%s: %s", "Not Found", path)
    log.warning("%(path)s", {"path": path})
    log.warning("%s %d", ValueError(f"<GET 'https://standby.example{path}'>"), 404)
    try:
        raise RuntimeError(path)
    except RuntimeError:
        log.exception("It failed.")
    said = written.getvalue()
    assert "SECRET" not in said
    assert said.count("/…") == 5
    assert "404" in said and "RuntimeError" in said


def test_other_lines_stay_as_they_are(written):
    logging.getLogger("tests.logs").warning("%s of %d: /slots/17/ %s", "one", 3, None)
    assert written.getvalue() == "WARNING tests.logs: one of 3: /slots/17/ None\n"
