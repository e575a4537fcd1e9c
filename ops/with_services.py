"""Run a command with a throw-away PostgreSQL and Valkey: python ops/with_services.py -- pytest -q

DATABASE_URL or REDIS_URL already set means: that server is used and none is started for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ops.processes import Refused
from ops.servers import Postgres, Valkey

# One process, one thread, a simulated carrier; whoever wants otherwise sets the variable.
DEFAULTS = {"DB_POOL": "0", "DEMO": "1", "SECRET_KEY": "only-for-throw-away-databases"}


@contextmanager
def services(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment with DATABASE_URL and REDIS_URL of servers that live as long as the block."""
    with ExitStack() as undo:
        home = Path(tempfile.mkdtemp(prefix="standby-services-"))
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o755)
        (home / "static").mkdir()
        urls = {"STATIC_ROOT": environment.get("STATIC_ROOT") or str(home / "static")}
        if not environment.get("DATABASE_URL"):
            postgres = Postgres(home / "postgres", durable=False)
            undo.callback(remove_target, home / "postgres")
            undo.callback(postgres.stop)
            postgres.start()
            urls["DATABASE_URL"] = postgres.url
        if not environment.get("REDIS_URL"):
            valkey = Valkey(home / "valkey")
            undo.callback(valkey.stop)
            valkey.start()
            urls["REDIS_URL"] = valkey.url
        yield {**environment, **urls}


def remove_target(folder: Path) -> None:
    """Remove the folder a link leads to: where the data lies when `nobody` cannot reach `folder`."""
    if folder.is_symlink():
        shutil.rmtree(folder.resolve(), ignore_errors=True)


def main(arguments: list[str]) -> int:
    """The command's own exit code, with the servers gone again."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("Usage: python ops/with_services.py -- COMMAND…", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with services({**DEFAULTS, **os.environ}) as environment:
            return run(command, environment)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run it in our own process group: Ctrl-C reaches it directly and it alone decides how to end."""
    child = subprocess.Popen(command, env=environment)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue
        except SystemExit:
            child.terminate()
            child.wait(20)
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
