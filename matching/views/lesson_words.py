"""What a reason changed about a wish, in words: for the patient who gave it, and for staff."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateformat import format as write

from matching.answering import lessons
from matching.models import Lesson, Offer
from matching.states import DeclineReason
from waitlist.lessons import PAUSE, part_of
from waitlist.models import WaitlistEntry
from waitlist.states import NotTaught

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOT_TAUGHT = {
    NotTaught.NO_NOTICE: "More notice would leave you no time to wait for, so we changed nothing. Call us, and we"
    " find a way.",
    NotTaught.NO_TIME: "It is the only part of the week you wait for, so we changed nothing. Call us with times that"
    " suit you.",
    NotTaught.NOBODY: "You wait for nobody else, so we changed nothing. Call us if somebody else would do.",
}


@dataclass(frozen=True)
class Learned:
    """One lesson as a page shows it. `undo`: the words of the button that takes it back; empty where none does."""

    lesson: Lesson
    words: str
    undo: str = ""

    @property
    def reason(self) -> str:
        return "Pause for two weeks" if self.lesson.reason == PAUSE else str(DeclineReason(self.lesson.reason).label)


def of(offer: Offer) -> Learned | None:
    """What their own answer to this offer changed; None where it changed nothing."""
    lesson = Lesson.objects.filter(offer=offer).first()
    if lesson is None:
        return None
    lesson.offer = offer
    if lesson.refused:
        return Learned(lesson, NOT_TAUGHT[NotTaught(lesson.refused)])
    if lesson.undone_at is not None:
        return Learned(lesson, "Taken back: your wish is as it was before.")
    return Learned(lesson, _to_patient(lesson), _undo(lesson))


def of_entry(entry: WaitlistEntry) -> list[Learned]:
    """All this wish has been taught, for staff, the latest first."""
    return [Learned(lesson, _to_staff(lesson)) for lesson in lessons.of_entry(entry)]


def _undo(lesson: Lesson) -> str:
    return {"not_needed": "I still want it", PAUSE: "Go on now"}.get(lesson.reason, "Undo")


def _to_patient(lesson: Lesson) -> str:
    slot = lesson.offer.slot
    if lesson.reason == "too_soon":
        return f"We will ask you with {notice(lesson.after['notice_minutes'])} notice from now on."
    if lesson.reason == "wrong_time":
        return f"We will not ask you for {_part(lesson)} any more."
    if lesson.reason == "other_provider":
        return f"We will not ask you for {slot.practitioner.name} any more."
    if lesson.reason == "not_needed":
        return "You are off the waitlist for this."
    until = datetime.fromisoformat(lesson.after["paused_until"]).astimezone(slot.clinic.zone)
    return f"We write to you again on {write(until, 'F j')}."


def _to_staff(lesson: Lesson) -> str:
    if lesson.refused:
        return f"{NotTaught(lesson.refused).label}: nothing was changed."
    before, after = (notice(side.get("notice_minutes", 0)) for side in (lesson.before, lesson.after))
    words = {
        "too_soon": f"Asked with {after} notice now, {before} before.",
        "wrong_time": f"No longer asked for {_part(lesson)}.",
        "other_provider": f"No longer asked for {lesson.offer.slot.practitioner.name}.",
        "not_needed": "Taken off the list.",
    }
    said = words.get(lesson.reason, "Paused for two weeks.")
    return f"{said} They took that back." if lesson.undone_at is not None else said


def _part(lesson: Lesson) -> str:
    """Friday afternoons."""
    slot = lesson.offer.slot
    day, name, _, _ = part_of(slot.starts_at.astimezone(slot.location.zone))
    return f"{DAYS[day]} {name}s"


def notice(minutes: int) -> str:
    """4 hours’, 3 days’, 90 minutes’: before the word notice."""
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length * (2 if unit == "day" else 1) and minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}{'’s' if count == 1 else 's’'}"
    return f"{minutes} minutes’"
