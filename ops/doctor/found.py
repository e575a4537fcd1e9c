"""What a check found, in words that name no patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateformat import format as write

from waitlist.models import Clinic, Slot

AT_MOST = 50  # of one check: whoever has more mends the cause, not the rows


@dataclass(frozen=True)
class Found:
    """One row that is not as it should be; its slot's id where that has a page."""

    row: str
    sentence: str
    slot_id: int | None = None


@dataclass(frozen=True)
class Check:
    """A question of one statement, what ought to be true, and what to do where it is not."""

    ask: Callable[..., Iterator[Found]]
    promise: str
    remedy: str

    @property
    def name(self) -> str:
        return self.ask.__name__


@dataclass(frozen=True)
class Violation:
    """A broken promise of one clinic, or of the whole installation (`clinic_id` None)."""

    name: str
    clinic_id: int | None
    found: Found
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.found.row}: {self.found.sentence} {self.remedy}"


def of_slot(clinic: Clinic, slot: Slot, sentence: str) -> Found:
    """About a slot; `{time}` in the sentence becomes its start on the clinic's clock."""
    return Found(f"slot {slot.pk}", sentence.format(time=on_the_clock(clinic, slot.starts_at)), slot.pk)


def on_the_clock(clinic: Clinic, at: datetime) -> str:
    return write(at.astimezone(clinic.zone), "D, M j, g:i A")
