"""`make demo-info`: the running demo as one JSON object. `make demo-manage`: any command of manage.py there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ops.demo_home import DemoHome, data_dir, is_alive

ROOT = Path(__file__).resolve().parent.parent


def main(words: list[str]) -> int:
    """A command of manage.py in the demo's own environment, on its own database."""
    home = DemoHome(data_dir())
    run = home.read_run()
    if not is_alive(run.get("supervisor", {})):
        print(f"No demo is running on {home.folder}: start it with `make demo`.", file=sys.stderr)
        return 1
    if not run.get("ready"):
        print(f"The demo on {home.folder} is still starting.", file=sys.stderr)
        return 1
    command = [sys.executable, str(ROOT / "manage.py"), *(words or ["demo_info"])]
    return subprocess.run(command, env={**os.environ, **run["environment"]}, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
