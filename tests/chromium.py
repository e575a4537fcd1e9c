"""The one browser of this test process, there only while tests that need it run."""

import os

import pytest
from django.db import connections
from playwright.sync_api import Browser, Playwright, sync_playwright

from ops import browser as browsers


class Chromium:
    """Started by the first test that opens a page, ended before the next one that does not.

    Playwright's event loop runs in this thread all the while: Django would refuse the database because of it, and
    code that asks for a loop of its own fails beside it.
    """

    def __init__(self) -> None:
        self.playwright: Playwright | None = None
        self.browser: Browser | None = None

    def get(self) -> Browser:
        """The running browser, else a new one; without any installed, the sentence that says how to get one."""
        if self.browser is None:
            if browsers.find() is None:
                pytest.fail(browsers.HOW_TO_GET_ONE, pytrace=False)
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
            self.playwright = sync_playwright().start()
            self.browser = self.playwright.chromium.launch(**browsers.launch_options())  # type: ignore[arg-type]
        return self.browser

    def stop(self) -> None:
        """The thread is as it was: no loop, and none of the connections opened beside it."""
        if self.browser is not None:
            self.browser.close()
        if self.playwright is not None:
            connections.close_all()
            self.playwright.stop()
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        self.browser = self.playwright = None


CHROMIUM = Chromium()
