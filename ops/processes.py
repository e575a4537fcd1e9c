"""Child processes that never outlive us: spawned, recognised again, stopped. Standard library only."""

from __future__ import annotations

import ctypes
import os
import pwd
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

Child = subprocess.Popen[bytes]

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


class Refused(Exception):
    """One sentence for the person at the terminal; nothing is left running."""


def must_change_user() -> bool:
    """PostgreSQL refuses to run as root, so root runs it as `nobody`."""
    return os.geteuid() == 0


def nobody() -> dict[str, Any]:
    """Popen options that drop root for the account every system has."""
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def spawn(
    command: list[str],
    *,
    output: int | IO[bytes],
    env: dict[str, str] | None = None,
    last_signal: signal.Signals = signal.SIGTERM,
    as_nobody: bool = False,
    stdin: int = subprocess.DEVNULL,
    cwd: Path | None = None,
) -> Child:
    """Start a child in its own session (Ctrl-C reaches only us) that gets `last_signal` when we die (Linux).

    Call it from the main thread: Linux ties the signal to the thread that forked.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(last_signal))
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=tie_to_parent,
        **(nobody() if as_nobody else {}),
    )


def die_with_parent() -> None:
    """Get SIGTERM when whoever started us is gone (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def stop(child: Child, gentle: signal.Signals = signal.SIGTERM, patience_seconds: float = 10) -> None:
    """Ask the child to end, then make its whole process group end; it is gone afterwards."""
    ask(child, gentle)
    finish(child, patience_seconds)


def ask(child: Child, gentle: signal.Signals = signal.SIGTERM) -> None:
    """Ask a running child to end."""
    if child.poll() is None:
        child.send_signal(gentle)


def finish(child: Child, patience_seconds: float = 10) -> None:
    """Wait for a child that was asked to end, then kill whatever is left of its process group."""
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        pass
    kill_group(child.pid)
    child.wait()


def kill_group(pid: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Signal everything the child started; a group that is gone is fine."""
    try:
        os.killpg(pid, how)
    except (ProcessLookupError, PermissionError):
        return


def birth(pid: int) -> str | None:
    """When that process started, as the kernel tells it: pid and birth name one process for ever."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        state, *fields = stat.rpartition(")")[2].split()
        return None if state == "Z" else fields[18]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None


def free_port() -> int:
    """A port nobody listens on, below the range outgoing connections take theirs from."""
    for port in random.SystemRandom().sample(range(20000, 32000), 200):
        if port_is_free(port):
            return port
    raise Refused("No free TCP port between 20000 and 32000 on 127.0.0.1.")


def port_is_free(port: int) -> bool:
    """Whether 127.0.0.1:port can be listened on right now."""
    with socket.socket() as caller:
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until(ready: Callable[[], bool], child: Child, *, seconds: float) -> bool:
    """Poll `ready` until it holds; False when the child ended or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if child.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def answers(url: str, *statuses: int) -> bool:
    """Whether a GET is answered with 200, or with one of `statuses`."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status in (statuses or (200,))
    except urllib.error.HTTPError as error:
        return error.code in statuses
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
