"""Fixtures with real processes behind them; the nouns come from tests/factories.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.test import Client, TransactionTestCase
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import CHROMIUM
from tests.clean_up import forget_everything
from tests.harness import Stack
from tests.stacks import STACKS, Stacks

hypothesis.settings.register_profile("no clock", deadline=None)  # a busy machine is no defect
hypothesis.settings.load_profile("no clock")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """What a test committed is removed by ourselves, ten times faster than by Django."""
    TransactionTestCase._fixture_teardown = forget_everything  # type: ignore[method-assign]


def pytest_configure() -> None:
    """The test client makes the middleware anew each time: it need not look for every static file each time, too."""
    settings.WHITENOISE_USE_FINDERS = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with real processes run last, together; the markers say what a test needs."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"stack", "make_stack"}:
            item.add_marker("worker")
        if names & {"browser_page", "open_page"}:
            item.add_marker("browser")
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in ("worker", "browser")])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that works on committed rows alone must not meet a sweep, nor one without a page its loop."""
    names = set(getattr(item, "fixturenames", ()))
    if not {"stack", "make_stack"} & names:
        STACKS.stop()
    if "chromium" not in names:
        CHROMIUM.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A failing test shows what the processes said."""
    report = yield
    if report.failed and STACKS.running is not None:
        report.sections.append(("web, worker and beat", STACKS.running.log()))
    return report


@pytest.fixture(scope="session")
def stacks(django_db_setup: None) -> Iterator[Stacks]:
    yield STACKS
    STACKS.stop()


@pytest.fixture
def make_stack(stacks: Stacks, transactional_db: None, settings: Any) -> Iterator[Callable[..., Stack]]:
    """make_stack(DEMO="0", TWILIO_API_URL=…): web, worker and beat with these variables."""

    def make(**variables: str) -> Stack:
        stack = stacks.get(variables)
        settings.PUBLIC_URL = stack.url
        return stack

    yield make
    if stacks.running is not None:
        stacks.running.quiet()


@pytest.fixture
def stack(make_stack: Callable[..., Stack]) -> Stack:
    """Web, worker and beat in demo mode (simulated carrier) on this test's database, committed rows only."""
    return make_stack()


@pytest.fixture(scope="session")
def chromium_ends(django_db_setup: None) -> Iterator[None]:
    yield
    CHROMIUM.stop()


@pytest.fixture
def chromium(chromium_ends: None) -> Browser:
    """A headless Chromium, shared by neighbouring tests."""
    return CHROMIUM.get()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """open_page(**context options): a fresh visitor; script errors and CSP violations fail the test."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and trouble.append(said.text))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def browser_page(open_page: Callable[..., Page]) -> Page:
    """One page at desktop size."""
    return open_page(viewport={"width": 1280, "height": 800})


@pytest.fixture
def sign_in() -> Callable[[Page, str, Any], None]:
    """sign_in(page, stack.url, user): the session a sign-in would give, without the form."""

    def sign(page: Page, url: str, user: Any) -> None:
        client = Client()
        client.force_login(user)
        for name, cookie in client.cookies.items():
            page.context.add_cookies([{"name": name, "value": cookie.value, "url": url}])

    return sign
