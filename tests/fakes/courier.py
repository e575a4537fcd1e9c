"""Signed posts to a server of ours, each at its moment, from threads of their own."""

import heapq
import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

AT_ONCE = 8


class Courier:
    """Twilio's own clients: what is posted is signed with the account's token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.failed = 0  # posts that nobody answered
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._under_way = 0
        self._ended = False
        self._kept = threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier")
        threading.Thread(target=self._watch, daemon=True).start()

    def later(self, after_seconds: float, errand: Callable[[], None]) -> None:
        """Have it run then, by one of our threads."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + after_seconds, next(self._order), errand))
            self._changed.notify()

    @property
    def waiting(self) -> int:
        """Errands that are not done."""
        with self._changed:
            return len(self._due) + self._under_way

    def post(self, url: str, form: dict[str, str]) -> int:
        """The status it was answered with; 0 where nobody answered."""
        place = urlsplit(url)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": str(RequestValidator(self.token).compute_signature(url, form)),
        }
        for _ in range(2):  # a connection kept from before may be dead
            kept = self._connection(place.netloc)
            try:
                kept.request("POST", place.path, urlencode(form), headers)
                answer = kept.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException):
                kept.close()
                self._kept.__dict__.clear()
        self.failed += 1
        return 0

    def stop(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._pool.shutdown(cancel_futures=True)
        for kept in self._open:
            kept.close()

    def _connection(self, place: str) -> http.client.HTTPConnection:
        """One of this thread's own, kept."""
        if place not in self._kept.__dict__:
            self._kept.__dict__[place] = http.client.HTTPConnection(place, timeout=30)
            self._open.append(self._kept.__dict__[place])
        found: http.client.HTTPConnection = self._kept.__dict__[place]
        return found

    def _watch(self) -> None:
        while True:
            with self._changed:
                while not self._ended and not (self._due and self._due[0][0] <= time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._ended:
                    return
                errand = heapq.heappop(self._due)[2]
                self._under_way += 1
            self._pool.submit(self._run, errand)

    def _run(self, errand: Callable[[], None]) -> None:
        try:
            errand()
        finally:
            with self._changed:
                self._under_way -= 1
