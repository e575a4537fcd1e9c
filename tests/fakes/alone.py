"""The biting Twilio in a process of its own: it outlives the workers it bites and shares no interpreter with them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from ops.processes import die_with_parent
from tests.fakes.bites import Bites
from tests.fakes.biting import Reply
from tests.fakes.server import Server
from tests.fakes.twilio import FakeTwilio

ROOT = Path(__file__).resolve().parents[2]


class Desk(Server):
    """Where whoever started it asks what it knows, and says who will write back. Nothing bites here."""

    def __init__(self, twilio: FakeTwilio) -> None:
        super().__init__()
        self.twilio = twilio

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        jaws = self.twilio.jaws
        assert jaws is not None
        for number, (words, after_seconds) in (json.loads(body) if body else {}).items():
            jaws.replies[number] = Reply(words, after_seconds)
        self.say(request, 200, jaws.as_json() if request.path == "/all" else {"waiting": jaws.courier.waiting})


class TwilioAlone:
    """`with TwilioAlone(Bites(…)) as twilio:` it runs; `environment` is for servers of ours."""

    def __init__(self, bites: Bites) -> None:
        self.bites = bites

    def __enter__(self) -> TwilioAlone:
        command = [sys.executable, "-m", "tests.fakes.alone", json.dumps(asdict(self.bites))]
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout is not None
        told = json.loads(self.child.stdout.readline())
        self.environment: dict[str, str] = told["environment"]
        self.desk: str = told["desk"]
        return self

    def __exit__(self, *_: Any) -> None:
        self.child.communicate()  # its input ends, and so does it

    def will_write_back(self, replies: dict[str, tuple[str, float]]) -> None:
        """By number, what they answer to their first text, and how many seconds later."""
        self._ask("/replies", json.dumps(replies).encode())

    @property
    def waiting(self) -> int:
        """Reports and replies that are still to come."""
        return int(self._ask("/waiting")["waiting"])

    def all(self) -> dict[str, Any]:
        """Every text, every reply, and what befell."""
        return self._ask("/all")

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(self.desk + path, body, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def main(bites: str) -> None:
    """Until whoever started it closes our input."""
    die_with_parent()
    given = json.loads(bites)
    given["outages"] = tuple(tuple(one) for one in given["outages"])
    with FakeTwilio(bites=Bites(**given)) as twilio, Desk(twilio) as desk:
        print(json.dumps({"environment": twilio.environment, "desk": desk.url}), flush=True)
        ended = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1])
