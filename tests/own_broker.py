"""With pytest-xdist each process has a database of its own; this gives each a broker of its own, too.

Loaded by `-p`, because Django's settings read REDIS_URL before any conftest.py is looked at.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ops.servers import Valkey


def start() -> None:
    """One more Valkey, for as long as this process lives."""
    home = Path(tempfile.mkdtemp(prefix="standby-broker-"))
    broker = Valkey(home)
    broker.start()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(broker.stop)
    os.environ["REDIS_URL"] = broker.url


if os.environ.get("PYTEST_XDIST_WORKER"):
    start()
