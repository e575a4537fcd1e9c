"""What every page says to the browser, and what the demo must never do outside this machine."""

import pytest
from django.test import Client
from django.urls import reverse

from matching import tokens
from tests.factories import World
from tests.test_deploy import PRODUCTION, manage

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> str:
    world = World()
    return reverse("offer", args=[tokens.make(world.offer(world.slot()).public_id)])


@pytest.fixture
def no_demo(settings) -> None:
    """As in production: only the demo may show the offer page inside its phones."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("config.demo.")]


def test_every_page_carries_the_security_headers(no_demo: None, link: str):
    pages = [reverse("login"), reverse("password_reset"), link, reverse("offer", args=["unknown"]), "/no/such/"]
    for url in pages:
        headers = Client().get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "style-src 'self'" in policy, url
        assert "unsafe" not in policy, url
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy, url
        assert headers["X-Content-Type-Options"] == "nosniff", url
        assert headers["X-Frame-Options"] == "DENY", url


def test_token_pages_are_kept_and_told_nowhere(link: str):
    for url in (link, reverse("offer", args=["unknown"])):
        headers = Client().get(url).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in headers


def test_a_name_that_is_not_this_machine_is_refused_in_the_demo():
    local = {"SECRET_KEY": PRODUCTION["SECRET_KEY"], "PUBLIC_URL": "http://localhost:8000"}
    done = manage("check", **local, DEMO="1", ALLOWED_HOSTS="localhost,standby.example.com")
    assert done.returncode != 0
    assert "DEMO shows every patient's phone to anybody" in done.stderr


def test_the_simulated_carrier_is_refused_outside_the_demo():
    done = manage("check", **PRODUCTION, SMS_TRANSPORT="simulator")
    assert done.returncode != 0
    assert "sends nothing" in done.stderr


def test_the_demo_pages_are_not_there_in_production():
    script = "from django.urls import get_resolver; print([str(p.pattern) for p in get_resolver().url_patterns])"
    done = manage("shell", "--no-imports", "-c", script, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "''" in done.stdout and "demo" not in done.stdout


def test_production_has_nothing_of_the_demo_between_it_and_the_browser():
    script = "from django.conf import settings; print(settings.MIDDLEWARE)"
    done = manage("shell", "--no-imports", "-c", script, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "CSPMiddleware" in done.stdout and "demo" not in done.stdout
