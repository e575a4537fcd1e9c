"""What a reason changed about a wish, in words: for the patient who gave it, and for staff."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateformat import format as write
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, gettext_noop, ngettext, pgettext

from matching.answering import lessons
from matching.models import Lesson, Offer
from matching.states import DeclineReason
from waitlist.lessons import PAUSE, part_of
from waitlist.models import WaitlistEntry
from waitlist.states import NotTaught

NOT_TAUGHT = {
    NotTaught.NO_NOTICE: gettext_noop(
        "More notice would leave you no time to wait for, so we changed nothing. Call us, and we find a way."
    ),
    NotTaught.NO_TIME: gettext_noop(
        "It is the only part of the week you wait for, so we changed nothing. Call us with times that suit you."
    ),
    NotTaught.NOBODY: gettext_noop(
        "You wait for nobody else, so we changed nothing. Call us if somebody else would do."
    ),
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
        return Learned(lesson, gettext(NOT_TAUGHT[NotTaught(lesson.refused)]))
    if lesson.undone_at is not None:
        return Learned(lesson, gettext("Taken back: your wish is as it was before."))
    return Learned(lesson, _to_patient(lesson), _undo(lesson))


def of_entry(entry: WaitlistEntry) -> list[Learned]:
    """All this wish has been taught, for staff, the latest first."""
    return [Learned(lesson, _to_staff(lesson)) for lesson in lessons.of_entry(entry)]


def _undo(lesson: Lesson) -> str:
    words = {"not_needed": gettext("I still want it"), PAUSE: gettext("Go on now")}
    return words.get(lesson.reason, gettext("Undo"))


def _to_patient(lesson: Lesson) -> str:
    slot = lesson.offer.slot
    if lesson.reason == "too_soon":
        words = gettext("We will ask you with {time} notice from now on.")
        return words.format(time=notice(lesson.after["notice_minutes"]))
    if lesson.reason == "wrong_time":
        return gettext("We will not ask you for {times} any more.").format(times=_part(lesson))
    if lesson.reason == "other_provider":
        return gettext("We will not ask you for {name} any more.").format(name=slot.practitioner.name)
    if lesson.reason == "not_needed":
        return gettext("You are off the waitlist for this.")
    until = datetime.fromisoformat(lesson.after["paused_until"]).astimezone(slot.clinic.zone)
    return gettext("We write to you again on {day}.").format(day=write(until, pgettext("date", "F j")))


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
    parts = {
        "morning": gettext("{day} mornings"),
        "afternoon": gettext("{day} afternoons"),
        "evening": gettext("{day} evenings"),
    }
    return parts[name].format(day=WEEKDAYS[day])


def notice(minutes: int) -> str:
    """4 hours’, 3 days’, 90 minutes’: before the word notice."""
    if minutes >= 2 * 24 * 60 and minutes % (24 * 60) == 0:
        count = minutes // (24 * 60)
        return ngettext("{count} day’s", "{count} days’", count).format(count=count)
    if minutes >= 60 and minutes % 60 == 0:
        count = minutes // 60
        return ngettext("{count} hour’s", "{count} hours’", count).format(count=count)
    return ngettext("{count} minutes’", "{count} minutes’", minutes).format(count=minutes)
