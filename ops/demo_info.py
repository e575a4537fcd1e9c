"""`make demo-info`: the running demo as one JSON object."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ops.demo_home import DemoHome, data_dir, is_alive

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Ask the demo's own database, in the demo's own environment."""
    home = DemoHome(data_dir())
    run = home.read_run()
    if not is_alive(run.get("supervisor", {})):
        print(f"No demo is running on {home.folder}: start it with `make demo`.", file=sys.stderr)
        return 1
    if not run.get("ready"):
        print(f"The demo on {home.folder} is still starting.", file=sys.stderr)
        return 1
    command = [sys.executable, str(ROOT / "manage.py"), "demo_info"]
    return subprocess.run(command, env={**os.environ, **run["environment"]}, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
