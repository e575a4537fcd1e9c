"""One readable log of several processes: each line carries the name of the one that said it."""

from __future__ import annotations

import sys
import threading
from typing import IO

COLOURS = {
    "stack": 1,
    "postgres": 34,
    "valkey": 35,
    "migrate": 90,
    "seed": 90,
    "web": 32,
    "worker": 33,
    "beat": 36,
}
WIDTH = max(len(name) for name in COLOURS)


class MergedLog:
    """Prints whole lines only, coloured on a terminal."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.coloured = sys.stdout.isatty()

    def line(self, name: str, text: str) -> None:
        """One line; a terminal that has been closed is no reason to fail while stopping."""
        label = f"{name:<{WIDTH}} |"
        if self.coloured:
            label = f"\033[{COLOURS.get(name, 0)}m{label}\033[0m"
        with self.lock:
            try:
                print(label, text, flush=True)
            except OSError:
                self.coloured = False

    def follow(self, name: str, output: IO[bytes], watched: str = "") -> threading.Event:
        """Print what a process says until it ends; the event is set once it has said `watched`."""
        seen = threading.Event()

        def read() -> None:
            with output:
                for raw in output:
                    text = raw.decode(errors="replace").rstrip()
                    if text:
                        self.line(name, text)
                    if watched and watched in text:
                        seen.set()

        threading.Thread(target=read, name=f"log of {name}", daemon=True).start()
        return seen
