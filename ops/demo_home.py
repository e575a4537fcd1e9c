"""What a demo keeps in DATA_DIR: its lock, its secrets, and run.json, by which others find it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import time
from pathlib import Path
from typing import IO, Any

from ops.processes import Refused, birth, kill_group


def data_dir() -> Path:
    """DATA_DIR, or .demo here."""
    return Path(os.environ.get("DATA_DIR") or ".demo").absolute()


class DemoHome:
    """One folder, one running demo at most."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_file = folder / "run.json"
        self.lock_file: IO[str] | None = None
        self.run: dict[str, Any] = {}

    def occupy(self) -> None:
        """Take the folder for this process and end what a killed predecessor left running."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "static").mkdir(exist_ok=True)
            self.lock_file = (self.folder / "lock").open("a")
        except OSError as error:
            raise Refused(f"DATA_DIR={self.folder} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = self.read_run().get("url", "starting")
            raise Refused(
                f"A demo is already running on {self.folder} ({where}): "
                f"end it first, or name another folder: make demo DATA_DIR=.demo2"
            ) from None
        for child in reversed(self.read_run().get("children", [])):
            end_leftover(child)
        self.run_file.unlink(missing_ok=True)

    def secret(self, name: str) -> str:
        """A random secret that stays the same as long as the data does."""
        file = self.folder / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(48))
        return file.read_text()

    def record(self, **facts: Any) -> None:
        """Add to run.json; written anew and moved into place, so that a reader never sees half of it."""
        self.run.update(facts)
        fresh = self.run_file.with_suffix(".new")
        write_private(fresh, json.dumps(self.run, indent=1))
        fresh.replace(self.run_file)

    def record_child(self, name: str, pid: int) -> None:
        """Remember a child at once: were we killed now, the next start would end it."""
        children = [*self.run.get("children", []), {"name": name, "pid": pid, "birth": birth(pid)}]
        self.record(children=children)

    def leave(self) -> None:
        """Nothing runs here any more."""
        self.run_file.unlink(missing_ok=True)

    def read_run(self) -> dict[str, Any]:
        """What run.json says, {} without one."""
        try:
            return dict(json.loads(self.run_file.read_text()))
        except FileNotFoundError:
            return {}


def write_private(file: Path, text: str) -> None:
    """A file only its owner can read, from its first byte on."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)


def is_alive(process: dict[str, Any]) -> bool:
    """Whether that very process still runs, not another one with its number."""
    return process.get("birth") is not None and birth(int(process["pid"])) == process["birth"]


def end_leftover(process: dict[str, Any], patience_seconds: float = 15) -> None:
    """End a child whose supervisor was killed: gently first, PostgreSQL by its fast shutdown."""
    if not is_alive(process):
        return
    os.kill(process["pid"], signal.SIGINT if process["name"] == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    kill_group(process["pid"])
