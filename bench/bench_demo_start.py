"""How long `make demo` takes from its command to its sign-in, and to end on Ctrl-C (packages installed)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Result
from ops.processes import free_port

BAR_SECONDS = 20.0
INHERITED = {"DATABASE_URL", "REDIS_URL", "STATIC_ROOT", "DEMO", "DB_POOL", "SECRET_KEY", "MAKELEVEL"}


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="standby-bench-"))
    folder.chmod(0o755)
    try:
        rows = [start_and_stop(folder / "data", which) for which in ("first start", "second start")]
    finally:
        shutil.rmtree(folder)
    slow = [row for row in rows if row["ready_s"] > BAR_SECONDS]
    return Result(
        rows, missed=[f"{row['run']} took {row['ready_s']:.1f} s, the bar is {BAR_SECONDS} s" for row in slow]
    )


def start_and_stop(data: Path, which: str) -> dict[str, str | float]:
    variables = {name: value for name, value in os.environ.items() if name not in INHERITED}
    variables |= {"DATA_DIR": str(data), "PORT": str(free_port())}
    started = time.monotonic()
    demo = subprocess.Popen([sys.executable, "-m", "ops.stack"], env=variables, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "Sign in" in line:
            break
    else:
        raise RuntimeError("The demo did not start:\n" + "".join(said))
    ready = time.monotonic()
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=30)
    return {"run": which, "ready_s": ready - started, "stopped_s": time.monotonic() - ready}
