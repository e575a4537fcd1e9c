"""How a Twilio bites: seeded, so that a message meets the same trouble in every run, in whatever order it comes."""

import threading
from collections import Counter
from dataclasses import dataclass
from random import Random

ENDS_BADLY = (("undelivered", 30005), ("undelivered", 30006), ("undelivered", 30007), ("failed", 30004))


@dataclass(frozen=True)
class Bites:
    """Shares of all requests, of all texts, or of all reports; seconds where it says so."""

    seed: int = 1
    # Requests.
    timeout_after_accept: float = 0.0  # stored, and not answered as long as anybody waits
    cut_after_accept: float = 0.0  # stored, then the connection is reset
    error_after_accept: float = 0.0  # stored, then a 500
    reset: float = 0.0  # not stored; the same message never twice, since one try more is all it has
    unavailable: float = 0.0  # a 503, not stored; the same
    too_many: float = 0.0
    per_second: int = 0  # of one sender; 0: as many as they like
    outages: tuple[tuple[float, float], ...] = ()  # nobody listens from … until …, seconds after the start
    answers_after_seconds: float = 0.0
    # Texts.
    ends_badly: float = 0.0
    unconfirmed: float = 0.0  # of those that arrive: their carrier sends no receipt
    # Reports.
    doubled_callbacks: float = 0.0
    missing_callbacks: float = 0.0
    shuffle: bool = False  # in any order, else as they happened
    slowest_callback_seconds: float = 2.0
    forgetful: bool = False  # its list is empty, and what was not answered is not reported: nobody can find out


@dataclass(frozen=True)
class Report:
    """One status of a text, when, and how often it is told."""

    after_seconds: float
    status: str
    code: int | None
    times: int


@dataclass(frozen=True)
class Fate:
    """What becomes of a text that was accepted."""

    ends_as: str
    code: int | None
    reports: tuple[Report, ...]


class Mood:
    """What befalls the next request about a message."""

    def __init__(self, bites: Bites) -> None:
        self.bites = bites
        self.befell: Counter[str] = Counter()
        self._tries: Counter[str] = Counter()
        self._lost: set[str] = set()
        self._of_second: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def next(self, key: str, sender: str, second: int) -> str:
        """One of fine, too_many, reset, unavailable, timeout, cut, error."""
        with self._lock:
            self._tries[key] += 1
            what = self._drawn(key)
            if what in ("reset", "unavailable"):
                what = "fine" if key in self._lost else what
                self._lost.add(key)
            self._of_second[sender, second] += 1
            if self.bites.per_second and self._of_second[sender, second] > self.bites.per_second:
                what = "too_many"
            self.befell[what] += 1
        return what

    @property
    def busiest_second(self) -> int:
        """The most requests of one sender in one second."""
        return max(self._of_second.values(), default=0)

    def _drawn(self, key: str) -> str:
        bites, drawn = self.bites, Random(f"{self.bites.seed}:{key}:{self._tries[key]}").random()
        for what, share in (
            ("too_many", bites.too_many),
            ("timeout", bites.timeout_after_accept),
            ("cut", bites.cut_after_accept),
            ("error", bites.error_after_accept),
            ("reset", bites.reset),
            ("unavailable", bites.unavailable),
        ):
            if drawn < share:
                return what
            drawn -= share
        return "fine"

    def fate(self, key: str, befell: str) -> Fate:
        """Decided when it is accepted."""
        bites, chance = self.bites, Random(f"{self.bites.seed}:{key}:fate")
        code: int | None = None
        if chance.random() < bites.ends_badly:
            ends_as, code = chance.choice(ENDS_BADLY)
        else:
            ends_as = "sent" if chance.random() < bites.unconfirmed else "delivered"
        statuses = ["queued", "sent"] if chance.random() < 0.2 else ["sent"]
        statuses += [ends_as] if ends_as != "sent" else []
        moments = [chance.uniform(0, bites.slowest_callback_seconds) for _ in statuses]
        if not bites.shuffle:
            moments.sort()
        is_secret = bites.forgetful and befell not in ("fine",)
        return Fate(ends_as, code, tuple(
            Report(after, status, code if status == ends_as else None, self._times(chance, is_secret))
            for after, status in zip(moments, statuses, strict=True)
        ))  # fmt: skip

    def _times(self, chance: Random, is_secret: bool) -> int:
        doubled = 2 if chance.random() < self.bites.doubled_callbacks else 1
        return 0 if is_secret or chance.random() < self.bites.missing_callbacks else doubled
