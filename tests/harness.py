"""Real processes for tests: web server, worker and beat on the test database, and ways to kill them."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
from django.db import connection

from config.celery import app as celery
from ops.processes import Child, answers, free_port, kill_group, spawn, wait_until
from ops.servers import Valkey

ROOT = Path(__file__).resolve().parent.parent
BUSY = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND (state = 'active' OR state LIKE 'idle in transaction%%')"""


def eventually(check: Callable[[], Any], *, seconds: float = 10, every_seconds: float = 0.05) -> Any:
    """The first true answer of `check`; fails the test with the last answer when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Still {answer!r} after {seconds} s: {getattr(check, '__name__', check)}")
        time.sleep(every_seconds)
    return answer


class Stack:
    """uvicorn, a Celery worker and beat as in production, on the test database and the real broker."""

    def __init__(self, **variables: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="standby-stack-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_url = os.environ["REDIS_URL"]
        self.children: dict[str, Child] = {}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"},
            "DATABASE_URL": test_database_url(),
            "DB_POOL": "1",
            "PUBLIC_URL": self.url,
            "EMAIL_URL": "dummymail://",
            "ALLOWED_HOSTS": "127.0.0.1",
            "STATIC_ROOT": str(self.folder / "static"),
            **variables,
        }
        (self.folder / "static").mkdir()

    # Start and stop.

    def start(self) -> None:
        """Everything is up and answers when this returns."""
        if not self.broker_answers():
            self.start_broker()
        if self.environment.get("DEMO") != "1":
            self.manage("collectstatic", "--noinput", "-v0")
        self.start_worker(wait=False)
        self.start_beat()
        self.start_web()
        self.wait_for_worker()

    def start_web(self) -> None:
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--lifespan", "off", "--no-access-log"]
        self.run("web", "uvicorn", "config.asgi:application", *options, "--timeout-graceful-shutdown", "1")
        if not wait_until(lambda: answers(f"{self.url}/healthz", 200, 404), self.children["web"], seconds=30):
            raise AssertionError(f"The web server did not start:\n{self.log()}")

    def start_worker(self, *, wait: bool = True, processes: int = 2) -> None:
        """Like a new machine: a fresh worker."""
        name = f"test{time.monotonic_ns()}"
        self.worker_name = f"{name}@local"
        (self.folder / "worker.log").unlink(missing_ok=True)
        self.run(
            "worker",
            "celery",
            "-A",
            "config",
            "-q",
            "worker",
            "-c",
            str(processes),
            "-l",
            "INFO",
            "-n",
            self.worker_name,
        )
        if wait:
            self.wait_for_worker()

    def wait_for_worker(self) -> None:
        log = self.folder / "worker.log"
        if not wait_until(lambda: " ready." in log.read_text(), self.children["worker"], seconds=30):
            raise AssertionError(f"The worker did not start:\n{self.log()}")

    def start_beat(self) -> None:
        self.run("beat", "celery", "-A", "config", "-q", "beat", "-l", "INFO", "-s", str(self.folder / "beat"))

    def stop(self) -> None:
        for name in list(self.children):
            self.kill(name)

    # Break things, and mend them.

    def kill(self, name: str) -> None:
        """kill -9 of the process and everything it started."""
        child = self.children.pop(name, None)
        if child is not None:
            kill_group(child.pid)
            child.wait()

    def kill_worker(self) -> None:
        self.kill("worker")

    @contextmanager
    def frozen_pool(self) -> Iterator[None]:
        """SIGSTOP of the worker's processes, not of the worker: it takes tasks in hand and nobody does them."""
        pool: list[int] = self.ask_worker("stats")[self.worker_name]["pool"]["processes"]
        try:
            for pid in pool:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pool:
                os.kill(pid, signal.SIGCONT)

    def kill_beat(self) -> None:
        self.kill("beat")

    def kill_broker(self) -> None:
        """kill -9 of the Valkey the tests use; what it held is gone."""
        assert urlsplit(self.redis_url).hostname == "127.0.0.1", "REDIS_URL is not a throw-away server of ours"
        pid = redis.Redis.from_url(self.redis_url).info("server")["process_id"]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self.broker_answers())

    def start_broker(self) -> None:
        """An empty Valkey on the same address, there for all tests that follow."""
        home = Path(tempfile.mkdtemp(prefix="standby-broker-"))
        broker = Valkey(home, url=self.redis_url)
        broker.start()
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        atexit.register(broker.stop)

    def broker_answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.redis_url).ping())
        except redis.ConnectionError:
            return False

    # Between tests.

    def wake(self) -> None:
        """All parts running again, whatever the test before did to them."""
        if not self.broker_answers():
            self.start_broker()
        for name, start in (
            ("web", self.start_web),
            ("worker", self.start_worker),
            ("beat", self.start_beat),
        ):
            if name in self.children and self.children[name].poll() is not None:
                self.kill(name)
            if name not in self.children:
                start()
        self.children["beat"].send_signal(signal.SIGCONT)

    def quiet(self) -> None:
        """No process of ours touches the database any more: the rows may go."""
        if "beat" in self.children:
            self.children["beat"].send_signal(signal.SIGSTOP)
        if self.broker_answers():
            redis.Redis.from_url(self.redis_url).flushdb()
        else:
            self.kill_worker()
        if "worker" in self.children and not self.worker_is_idle():
            self.kill_worker()
        eventually(database_is_idle, seconds=30)

    def worker_is_idle(self) -> bool:
        """The worker says that it runs nothing and has nothing in hand."""
        for _ in range(5):
            running, waiting = self.ask_worker("active"), self.ask_worker("reserved")
            if running and waiting and not any([*running.values(), *waiting.values()]):
                return True
        return False

    def ask_worker(self, question: str) -> Any:
        """The worker's answer to one of Celery's questions ("ping", "active"), over a fresh connection."""
        with celery.connection_for_write() as fresh:
            inspect = celery.control.inspect(timeout=2, destination=[self.worker_name], connection=fresh)
            return getattr(inspect, question)()

    # Look and touch.

    def manage(self, *arguments: str) -> str:
        """The output of a management command in the servers' environment."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments} failed:\n{done.stdout}{done.stderr}"
        return done.stdout

    def log(self, *, lines: int = 60) -> str:
        """The end of what each process said."""
        said = {path.stem: path.read_text().splitlines()[-lines:] for path in sorted(self.folder.glob("*.log"))}
        return "\n".join(f"--- {name}\n" + "\n".join(text) for name, text in said.items())

    def run(self, name: str, module: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", module, *arguments]
            env = self.environment
            self.children[name] = spawn(command, output=log, env=env, cwd=ROOT, last_signal=signal.SIGKILL)


def test_database_url() -> str:
    """DATABASE_URL with the name of the database this pytest process made."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def database_is_idle() -> bool:
    """Nobody but us has a statement or a transaction open, five looks in a row."""
    for _ in range(5):
        with connection.cursor() as cursor:
            cursor.execute(BUSY)
            if cursor.fetchone()[0]:
                return False
        time.sleep(0.02)
    return True
