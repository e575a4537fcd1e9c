"""The processes of one demo, started in order and stopped in the opposite one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from ops.demo_home import DemoHome
from ops.merged_log import MergedLog
from ops.processes import Child, Refused, answers, ask, birth, finish, kill_group, spawn, stop
from ops.servers import Postgres, Valkey

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
WEB = ["uvicorn", "config.asgi:application", "--host", HOST, "--timeout-graceful-shutdown", "3"]
WEB += ["--lifespan", "off", "--no-access-log", "--log-level", "warning"]
WORKER = ["celery", "-A", "config", "-q", "worker", "-c", "2", "-l", "INFO"]
BEAT = ["celery", "-A", "config", "-q", "beat", "-l", "INFO"]
# Celery warns root because of pickled tasks; ours are JSON.
HARMLESS = "ignore:You're running the worker with superuser privileges"


class Demo:
    """PostgreSQL, Valkey, web, worker and beat, and one log of them all."""

    def __init__(self, home: DemoHome, port: int) -> None:
        self.home, self.log = home, MergedLog()
        self.url = f"http://{HOST}:{port}"
        self.port = port
        self.children: dict[str, Child] = {}
        self.undo = ExitStack()
        self.environment = {
            "DEMO": "1",
            "DB_POOL": "1",
            "SECRET_KEY": home.secret("secret-key"),
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or f"{HOST},localhost",
            "STATIC_ROOT": str(home.folder / "static"),
            "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
            "REDIS_URL": os.environ.get("REDIS_URL", ""),
            "PYTHONWARNINGS": HARMLESS,
        }

    def start(self) -> None:
        """Everything answers when this returns, and the terminal shows where and for whom."""
        started = time.monotonic()
        self.home.record(supervisor={"pid": os.getpid(), "birth": birth(os.getpid())}, url=self.url, ready=False)
        self.start_servers()
        self.home.record(environment=self.environment)
        self.log.line("stack", "bringing the database and the demo data up to date…")
        self.once("migrate", "migrate", "--verbosity", "0")
        self.once("seed", "seed_demo")
        self.serve("web", [*WEB, "--port", str(self.port)])
        ready = self.serve("worker", WORKER, watched=" ready.")
        self.serve("beat", [*BEAT, "-s", str(self.home.folder / "beat-schedule")])
        info = json.loads(self.once("stack", "demo_info", show=False))
        while not (ready.is_set() and answers(f"{self.url}/healthz")):
            self.look()
        self.home.record(ready=True)
        self.welcome(info, time.monotonic() - started)

    def start_servers(self) -> None:
        """PostgreSQL and Valkey of our own, unless the environment names others."""
        if not self.environment["DATABASE_URL"]:
            postgres = Postgres(self.home.folder / "postgres", durable=True)
            self.undo.callback(postgres.stop)
            postgres.start()
            self.note("postgres", postgres.child)
            self.environment["DATABASE_URL"] = postgres.url
        if not self.environment["REDIS_URL"]:
            valkey = Valkey(self.home.folder / "valkey")
            self.undo.callback(valkey.stop)
            valkey.start()
            self.note("valkey", valkey.child)
            self.environment["REDIS_URL"] = valkey.url

    def note(self, name: str, child: Child | None) -> None:
        """From now on its end is everybody's end."""
        assert child is not None
        self.children[name] = child
        self.home.record_child(name, child.pid)
        self.log.line("stack", f"{name} runs (pid {child.pid})")

    def run(self, command: list[str], output: int = subprocess.PIPE) -> Child:
        return spawn(command, output=output, env={**os.environ, **self.environment}, cwd=ROOT)

    def once(self, name: str, *command: str, show: bool = True) -> str:
        """Run a management command to its end; its failure ends the demo. Returns what it printed."""
        child = self.run([sys.executable, "manage.py", *command])
        self.undo.callback(stop, child)
        assert child.stdout is not None
        said = []
        for raw in child.stdout:
            said.append(raw.decode(errors="replace"))
            if show:
                self.log.line(name, said[-1].rstrip())
        if child.wait():
            text = "" if show else ":\n" + "".join(said)
            raise Refused(f"`manage.py {' '.join(command)}` failed{text}")
        return "".join(said)

    def serve(self, name: str, module: list[str], watched: str = "") -> threading.Event:
        """Start one of the three lasting processes."""
        child = self.run([sys.executable, "-m", *module])
        assert child.stdout is not None
        self.note(name, child)
        return self.log.follow(name, child.stdout, watched)

    def look(self) -> None:
        """A short rest; a process that ended by itself ends the demo."""
        time.sleep(0.1)
        for name, child in self.children.items():
            if child.poll() is not None:
                raise Refused(f"{name} ended by itself (exit code {child.returncode}).{self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """The end of a server's own log; the others have already spoken above."""
        log = self.home.folder / name / "log"
        return "\n" + "\n".join(log.read_text().splitlines()[-15:]) if log.exists() else ""

    def stop(self) -> None:
        """Web, worker and beat together, then Valkey, then PostgreSQL; the data stays."""
        self.log.line("stack", "Stopping… (Ctrl-C again kills)")
        lasting = [child for name, child in self.children.items() if name in ("web", "worker", "beat")]
        for child in lasting:
            ask(child)
        for child in lasting:
            finish(child)
        self.undo.close()
        self.home.leave()
        self.log.line("stack", "Everything is stopped; the data is kept.")

    def kill(self) -> None:
        """No more waiting: PostgreSQL recovers from this at its next start."""
        for child in self.children.values():
            kill_group(child.pid)

    def welcome(self, info: dict[str, list[dict[str, str]]], seconds: float) -> None:
        people = [f"{one['email']}  {one['password']}  ({one['role']}, {one['clinic']})" for one in info["staff"]]
        lines = [f"Standby is ready after {seconds:.1f} s. Ctrl-C ends it; {self.home.folder} keeps the data."]
        lines += [
            "",
            f"  Open     {self.url}",
            f"  Phones   {self.url}/demo/phones/",
            "  Sign in  " + people[0],
        ]
        lines += [f"           {person}" for person in people[1:]]
        for line in ["", *lines, ""]:
            self.log.line("stack", line)
