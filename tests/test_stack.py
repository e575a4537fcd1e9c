"""`make demo` and the wrapper of `make test`, run as they are: real servers, real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.demo_home import is_alive
from ops.processes import answers, free_port, kill_group
from ops.with_services import remove_target
from tests.harness import eventually

pytestmark = pytest.mark.worker
ROOT = Path(__file__).resolve().parent.parent
OURS = {"DATABASE_URL", "REDIS_URL", "STATIC_ROOT", "DEMO", "DB_POOL", "SECRET_KEY", "PORT", "DATA_DIR", "MAKELEVEL"}
PLAIN = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("DJANGO_")}


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env={**PLAIN, **variables}, cwd=ROOT, capture_output=True, text=True, check=False
    )


class Demo:
    """One `make demo` on a folder and port of its own."""

    def __init__(self, folder: Path) -> None:
        self.variables = {"DATA_DIR": str(folder), "PORT": str(free_port())}
        self.folder, self.url = folder, f"http://127.0.0.1:{self.variables['PORT']}"

    def start(self) -> None:
        with (self.folder.parent / "demo.log").open("wb") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "ops.stack"],
                env={**PLAIN, **self.variables},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while "Sign in" not in self.said():
            assert self.supervisor.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        self.children = json.loads((self.folder / "run.json").read_text())["children"]

    def said(self) -> str:
        return (self.folder.parent / "demo.log").read_text()

    def ends(self) -> int:
        code = self.supervisor.wait(25)
        assert [child["name"] for child in self.children if is_alive(child)] == [], self.said()
        assert not (self.folder / "run.json").exists()
        return code

    def pid(self, name: str) -> int:
        return next(child["pid"] for child in self.children if child["name"] == name)

    def info(self) -> dict[str, Any]:
        done = python("-m", "ops.demo_info", **self.variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo run") / "data")
    yield demo
    demo.supervisor.kill()
    for child in demo.children:
        if is_alive(child):
            kill_group(child["pid"])
    remove_target(demo.folder / "postgres")


def test_demo_starts_answers_and_refuses_a_second_one_on_its_data(demo: Demo, tmp_path: Path):
    demo.start()
    assert {child["name"] for child in demo.children} == {"postgres", "valkey", "web", "worker", "beat"}
    assert answers(f"{demo.url}/healthz")
    eventually(lambda: answers(f"{demo.url}/readyz"), seconds=30)
    info = demo.info()
    assert info["url"] == demo.url
    assert {"email", "password", "role", "clinic"} <= set(info["staff"][0])
    assert {one["source"] for one in info["connections"]} >= {"standard", "calcom"}
    assert info["staff"][0]["email"] in demo.said()
    listed = python("-m", "ops.demo_info", "outage", "list", **demo.variables)
    assert listed.stdout.strip() == "Everything goes out."

    again = python("-m", "ops.stack", **{**demo.variables, "PORT": str(free_port())})
    assert again.returncode == 1
    assert "already running" in again.stderr and len(again.stderr.splitlines()) == 1

    busy = python("-m", "ops.stack", **{**demo.variables, "DATA_DIR": str(tmp_path / "other")})
    assert busy.returncode == 1
    assert "in use" in busy.stderr and len(busy.stderr.splitlines()) == 1


def test_demo_killed_outright_is_recovered_with_its_data(demo: Demo):
    before = demo.info()
    os.kill(demo.supervisor.pid, signal.SIGKILL)
    demo.supervisor.wait()
    old = demo.children
    demo.start()
    assert not any(is_alive(child) for child in old)
    assert demo.info()["connections"] == before["connections"]


def test_demo_ends_when_a_part_of_it_dies(demo: Demo):
    kill_group(demo.pid("worker"))
    assert demo.ends() == 1
    assert "worker ended by itself" in demo.said()


def test_demo_ends_cleanly_on_ctrl_c(demo: Demo):
    demo.start()
    started = time.monotonic()
    demo.supervisor.send_signal(signal.SIGINT)
    assert demo.ends() == 0
    assert time.monotonic() - started < 15
    assert not answers(f"{demo.url}/healthz")
    info = python("-m", "ops.demo_info", **demo.variables)
    assert info.returncode == 1 and "No demo is running" in info.stderr


def test_with_services_gives_servers_and_takes_them_away_again():
    program = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); raise SystemExit(7)"
    done = python("ops/with_services.py", "--", sys.executable, "-c", program)
    assert done.returncode == 7, done.stderr
    for url in done.stdout.split():
        port = url.rsplit(":", 1)[1].split("/")[0]
        assert not answers(f"http://127.0.0.1:{port}/", 200, 404)


def test_with_services_uses_the_servers_it_is_given():
    program = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    given = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere/0"}
    done = python("ops/with_services.py", "--", sys.executable, "-c", program, **given)
    assert done.stdout.split() == list(given.values())


def test_a_missing_prerequisite_is_one_sentence_with_its_command():
    command = ["sh", "ops/check_python.sh", "python-that-is-not-there"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "install" in done.stderr
