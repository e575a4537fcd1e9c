"""`make screenshots`: a demo on fresh data, its pages as PNGs on phone, tablet and desktop, light and dark."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from standardwebhooks import Webhook

from ops import browser
from ops.processes import Refused, free_port
from ops.shots import DESK, OPEN_SLOT, SHOTS, Shot

SIZES = {
    "phone": {"width": 375, "height": 812},
    "tablet": {"width": 768, "height": 1024},
    "desktop": {"width": 1440, "height": 900},
}
SCHEMES = ("light", "dark")
WITH_AN_OFFER = ("offer", "express", "phones", "board", "day", "slot", "trail")  # something must be going on for these
SERVERS_OF_OTHERS = {"DATABASE_URL", "REDIS_URL", "MAKELEVEL"}


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """The demo_info of a demo that lives as long as the block, on data of its own."""
    folder = Path(tempfile.mkdtemp(prefix="standby-screenshots-"))
    folder.chmod(0o755)
    variables = {name: value for name, value in os.environ.items() if name not in SERVERS_OF_OTHERS}
    variables |= {"DATA_DIR": str(folder / "data"), "PORT": str(free_port())}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ops.stack"], env=variables, stdout=log, stderr=log)
    try:
        while "Sign in" not in (folder / "log").read_text():
            if process.poll() is not None:
                raise Refused((folder / "log").read_text())
            time.sleep(0.2)
        command = [sys.executable, "-m", "ops.demo_info"]
        yield json.loads(subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True).stdout)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)
        shutil.rmtree(folder, ignore_errors=True)


def open_offer(info: dict[str, Any]) -> str:
    """Cancel an appointment somebody waits for, as a clinic's calendar would; the link on the first phone."""
    connection = next(one for one in info["connections"] if one["source"] == "standard")
    wanted = [one for one in info["appointments"] if one["candidates"] and one["clinic"] == connection["clinic"]]
    before = links(info["url"], "/o/")
    body = json.dumps({"type": "appointment.cancelled", "data": {"external_id": wanted[0]["external_id"]}})
    now = datetime.now(UTC)
    signature = Webhook(connection["secret"]).sign("screenshots", now, body)
    headers = {"webhook-id": "screenshots", "webhook-timestamp": str(int(now.timestamp()))}
    headers |= {"webhook-signature": signature, "content-type": "application/json"}
    address = f"{info['url']}/api/intake/standard/{connection['id']}/"
    urllib.request.urlopen(urllib.request.Request(address, body.encode(), headers), timeout=10).close()
    return newest_link(info, after=len(before))


def send_link(chromium: Browser, info: dict[str, Any]) -> str:
    """Send the first who was asked for the open time a booking link, as staff do; the link on their phone."""
    before = links(info["url"], "/o/")
    page = chromium.new_page()
    sign_in(page, info, DESK)
    page.goto(info["url"])
    page.locator(OPEN_SLOT).first.click()
    page.locator("#link").click()
    page.get_by_role("button", name="Send link").first.click()
    page.close()
    return newest_link(info, after=len(before))


def newest_link(info: dict[str, Any], *, after: int) -> str:
    """The link of the latest text, once there are more than so many."""
    deadline = time.monotonic() + 30
    while len(found := links(info["url"], "/o/")) <= after:
        if time.monotonic() > deadline:
            raise Refused("No text came within 30 s.")
        time.sleep(0.2)
    return found[0]


def reminded(info: dict[str, Any]) -> str:
    """The visit on some phone that was reminded of it."""
    deadline = time.monotonic() + 150  # visits are looked at every two minutes
    while not (found := links(info["url"], "/v/")):
        if time.monotonic() > deadline:
            raise Refused("No visit was reminded of within 150 s.")
        time.sleep(1)
    return found[0]


def links(url: str, kind: str) -> list[str]:
    """The links of offers, /o/, or of visits, /v/, on all simulated phones, newest first."""
    with urllib.request.urlopen(f"{url}/demo/phones.json", timeout=10) as response:
        phones = json.load(response)["phones"]
    texts = [text for phone in phones for text in phone["messages"] if kind in (text["link"] or "")]
    return [text["link"] for text in sorted(texts, key=lambda text: str(text["at"]), reverse=True)]


def sign_in(page: Page, info: dict[str, Any], role: str) -> None:
    """Through the form, as the first member of staff with that role."""
    person = next(one for one in info["staff"] if one["role"] == role)
    page.goto(f"{info['url']}/sign-in/")
    page.fill("[name=username]", person["email"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"))


def take(chromium: Browser, info: dict[str, Any], shots: list[Shot], links: dict[str, str], folder: Path) -> None:
    """Six pictures of each of one role's pages."""
    link = send_link(chromium, info) if any("{link}" in shot.path for shot in shots) else ""
    clinic = info["connections"][0]["clinic"]
    for size, viewport in SIZES.items():
        for scheme in SCHEMES:
            context = chromium.new_context(
                viewport=viewport,  # type: ignore[arg-type]
                color_scheme=scheme,  # type: ignore[arg-type]
                device_scale_factor=2 if size == "phone" else 1,
                reduced_motion="reduce",
            )
            page = context.new_page()
            if role := shots[0].role:
                sign_in(page, info, role)
            for shot in shots:
                address = shot.path.format(clinic=clinic, link=link, **links)
                page.goto(address if address.startswith("http") else info["url"] + address, wait_until="load")
                for selector in shot.clicks:
                    page.locator(selector).first.click()
                    page.wait_for_load_state("load")
                is_whole = shot.is_whole and size != "desktop"
                page.screenshot(path=folder / f"{shot.name}-{size}-{scheme}.png", full_page=is_whole)
            context.close()


def main(folder: Path, names: list[str]) -> int:
    """All pages, or the named ones, into `folder`."""
    if browser.find() is None:
        print(browser.HOW_TO_GET_ONE, file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as info, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.launch_options())  # type: ignore[arg-type]
        chosen = [shot for shot in SHOTS if not names or shot.name in names]
        offer = open_offer(info) if any(shot.name.startswith(WITH_AN_OFFER) for shot in chosen) else ""
        visit = reminded(info) if any("{visit}" in shot.path for shot in chosen) else ""
        for _, shots in groupby(chosen, key=lambda shot: shot.role):
            of_role = list(shots)
            take(chromium, info, of_role, {"offer": offer, "visit": visit}, folder)
            print("\n".join(f"{folder}/{shot.name}-*.png" for shot in of_role))
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
