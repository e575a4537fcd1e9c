"""The doctor: every promise no constraint can hold, looked at. It changes nothing.

Each check is one statement, so that all of them together are cheap enough to be asked every few minutes.
"""

from collections.abc import Iterator
from datetime import datetime

from ops.doctor import machine, promises, work
from ops.doctor.found import Check, Found, Violation
from waitlist.models import Clinic

__all__ = ["CHECKS", "MACHINE", "Check", "Found", "Violation", "examine", "examine_machine"]

TELL_US = "This is a fault of Standby: report it with the row’s number."
WORKER = "See that the worker and beat are running, then look at the worker’s log."

CHECKS = (
    Check(
        promises.live_slot_over_booked_time,
        "No time is offered that is booked",
        f"Stop the asking on the opening’s page, and call whoever says yes. {TELL_US}",
    ),
    Check(
        promises.filled_time_given_up_unseen,
        "A filled time whose booking is gone is open again",
        "Add an opening for that time by hand, or leave it empty.",
    ),
    Check(
        promises.filled_without_a_yes,
        "Every filled time was accepted by somebody",
        f"Call the patient who is booked then. {TELL_US}",
    ),
    Check(
        promises.yes_without_the_time,
        "Everybody who said yes has the time",
        f"Call the patient of that offer before they come. {TELL_US}",
    ),
    Check(
        promises.asked_for_a_time_that_is_over,
        "Nobody is asked for a time that is over",
        f"A yes to it is refused on the page, so nobody is promised anything. {TELL_US}",
    ),
    Check(promises.asked_and_never_told, "Everybody who is asked is told", TELL_US),
    Check(
        promises.booked_wish_without_a_yes,
        "Every booked wish has its yes",
        f"Ask the patient whether they are still waiting, and add them again. {TELL_US}",
    ),
    Check(
        promises.waiting_though_booked,
        "Nobody who has the time keeps waiting for it",
        "Remove the wish from the waitlist, if the booking is what they wanted.",
    ),
    Check(promises.one_wish_booked_twice, "One wish has one booking", "Ask the patient which of the visits they want."),
    Check(
        promises.booking_the_calendar_was_never_owed,
        "The calendar is told of every booking",
        f"Enter the booking in the calendar. {TELL_US}",
    ),
    Check(promises.offer_across_clinics, "Nobody is asked by another clinic", TELL_US),
    Check(work.stuck_slot, "The asking goes on in time", WORKER),
    Check(work.hold_that_never_ends, "A hold ends with its minutes", WORKER),
    Check(work.message_not_sent, "Messages go out in time", WORKER),
    Check(
        work.message_nobody_knows_of,
        "What became of a message is known",
        "Look for it in the carrier’s own log; call the patient if it matters today.",
    ),
    Check(work.event_not_applied, "What the calendar tells us is applied", WORKER),
    Check(work.reply_not_handled, "Replies are answered", WORKER),
    Check(
        work.calendar_not_told,
        "The calendar hears of a change within the hour",
        f"See whether the calendar answers; after an hour of trying it becomes a task. {WORKER}",
    ),
    Check(
        work.task_left_undone,
        "Tasks are done within a working day",
        "Enter it in the calendar and say so on the Tasks page.",
    ),
    Check(work.conflict_without_apology, "Who lost a time to the calendar is told", WORKER),
)
MACHINE = (
    Check(machine.late_heartbeat, "Everything that runs by the clock runs", "Start the worker and beat again."),
    Check(
        machine.trail_not_sealed,
        "The trail is sealed every hour",
        "Look for “seal” in the worker’s log: something may be writing the trail without a pause.",
    ),
)


def examine(clinic: Clinic, *, now: datetime) -> list[Violation]:
    """Everything of this clinic that is not as it should be."""
    return list(_violations(CHECKS, clinic, now))


def examine_machine(*, now: datetime) -> list[Violation]:
    """What concerns every clinic alike."""
    return list(_violations(MACHINE, None, now))


def _violations(checks: tuple[Check, ...], clinic: Clinic | None, now: datetime) -> Iterator[Violation]:
    for check in checks:
        for found in check.ask(clinic, now=now) if clinic else check.ask(now=now):
            yield Violation(check.name, clinic.pk if clinic else None, found, check.remedy)
