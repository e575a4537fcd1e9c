"""`make demo`: PostgreSQL, Valkey, web, worker and beat in one terminal; all gone again at its end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from ops.demo_home import DemoHome, data_dir
from ops.processes import Refused, die_with_parent, port_is_free
from ops.supervisor import Demo

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Somebody asked us to stop."""


def choose_port() -> tuple[int, str]:
    """PORT, which must be free, or 8000, or the next free one and a sentence about it."""
    given = os.environ.get("PORT", "")
    if given:
        if not given.isdigit() or not 0 < int(given) < 65536:
            raise Refused(f"PORT={given} is not a port number.")
        if not port_is_free(int(given)):
            raise Refused(f"Port {given} is in use: choose another one with `make demo PORT={int(given) % 65535 + 1}`.")
        return int(given), ""
    for port in range(8000, 8100):
        if port_is_free(port):
            return port, "" if port == 8000 else f"Port 8000 is in use; this demo takes {port}."
    raise Refused("Ports 8000 to 8099 are all in use: name a free one with `make demo PORT=…`.")


def main() -> int:
    """Run until somebody or something ends it; 0 only if it was asked to end."""
    on_endings(ask_to_end)
    if os.environ.get("MAKELEVEL"):
        die_with_parent()
    demo = None
    try:
        home = DemoHome(data_dir())
        home.occupy()
        port, remark = choose_port()
        demo = Demo(home, port)
        if remark:
            demo.log.line("stack", remark)
        demo.start()
        while True:
            demo.look()
    except Ended:
        return 0
    except Refused as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return 1
    finally:
        if demo is not None:
            on_endings(lambda number, frame: demo.kill())
            demo.stop()


def on_endings(handle: Callable[[int, FrameType | None], None]) -> None:
    """Let Ctrl-C, kill and a closed terminal do this."""
    for number in ENDINGS:
        signal.signal(number, handle)


def ask_to_end(number: int, frame: FrameType | None) -> None:
    raise Ended


if __name__ == "__main__":
    sys.exit(main())
