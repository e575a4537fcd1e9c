"""Find a Chromium for the browser tests and the screenshots; --install gets Debian's when root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
]
PLACES = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]
DEBIAN = ["chromium-headless-shell", "libatomic1", "fonts-liberation"]
HOW_TO_GET_ONE = (
    "The browser tests need a Chromium and none was found: `sudo apt-get install chromium-headless-shell "
    "libatomic1 fonts-liberation` (Debian), or install Chrome or Chromium, or "
    "`.venv/bin/python -m playwright install chromium-headless-shell`; "
    "BROWSER_PATH=/path/to/chrome names one that lies elsewhere."
)


def find() -> str | None:
    """BROWSER_PATH, else one on the PATH, else the usual places, else one Playwright has fetched."""
    if given := os.environ.get("BROWSER_PATH"):
        return given if os.access(given, os.X_OK) else None
    candidates = [shutil.which(name) for name in NAMES] + PLACES
    caches = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    programs = ["headless_shell", "chrome-headless-shell", "chrome", "Google Chrome for Testing", "Chromium"]
    for cache in caches:
        fetched = [path for path in sorted(cache.glob("chromium*/**/*"), reverse=True) if path.name in programs]
        candidates += [str(path) for path in fetched if path.is_file()]
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None)


def launch_options() -> dict[str, object]:
    """What Playwright's launch() takes here; root has no sandbox."""
    return {"executable_path": find(), "args": ["--no-sandbox"] if os.geteuid() == 0 else []}


def install() -> None:
    """As root on a Debian: the distribution's headless Chromium. Elsewhere nothing."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing a headless Chromium with apt-get…", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *DEBIAN]):
        done = subprocess.run(["apt-get", "-q", *command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"apt-get {command[0]} failed:\n{done.stdout}{done.stderr}", file=sys.stderr)
            return


if __name__ == "__main__":
    if find() is None and "--install" in sys.argv and not os.environ.get("BROWSER_PATH"):
        install()
    print(find() or HOW_TO_GET_ONE, file=sys.stderr)
