"""PostgreSQL goes away while a patient's tap stands in the middle of its claim, and comes back."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import requests
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from matching import tokens
from matching.models import Offer
from notifications.models import SimulatedText
from ops import doctor
from tests.at_once import wait_until_blocked
from tests.factories import World
from tests.harness import Stack, eventually
from waitlist import schedule
from waitlist.models import Appointment, Slot
from waitlist.states import CancelledBy

PATIENCE_SECONDS = 40
ALL_OTHERS = """SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
PEOPLE = 3
Answer = tuple[int, str]


def claim_through(stack: Stack, strike: Callable[[], None]) -> list[str]:
    """Three people are asked, one taps, and `strike` falls; she taps again. One sentence for each broken promise."""
    now = timezone.now()
    world = World(is_open_any_hour=True)
    for _ in range(PEOPLE):
        world.entry()
    visit = world.appointment(now + timedelta(days=2))
    slot = schedule.cancel(visit.pk, reason="ill", by=CancelledBy.PATIENT, now=now).slot
    assert slot is not None
    eventually(lambda: handed_over(slot) == {"offer": PEOPLE}, seconds=60)
    offer = slot.offers.order_by("pk")[0]
    status, shown = tap_while_held_up(stack, offer, strike)
    booked_at_once = booked(slot)
    eventually(lambda: tap(stack, offer)[1] in ("booked", "yours"), seconds=60)
    told = {"offer": PEOPLE, "booked": 1, "retracted": PEOPLE - 1}
    eventually(lambda: handed_over(slot) == told, seconds=60)
    eventually(lambda: not doctor.examine(world.clinic, now=timezone.now()), seconds=30)
    found = {
        # An answer may be lost after the commit; a yes without a booking may not be shown.
        f"the tap was answered with {status} “{shown}”, and {booked_at_once} booked": shown == "booked"
        and booked_at_once != 1,
        f"{booked(slot)} booked in the end": booked(slot) != 1,
        f"the carrier was handed {handed_over(slot)}": handed_over(slot) != told,
    }
    return [sentence for sentence, is_broken in found.items() if is_broken]


def booked(slot: Slot) -> int:
    return Appointment.objects.filter(starts_at=slot.starts_at, status="booked").count()


def handed_over(slot: Slot) -> Counter[str]:
    """How many texts of each kind the carrier was given for this slot, and for the visit it became."""
    texts = SimulatedText.objects.filter(message__clinic=slot.clinic_id)
    return Counter(texts.values_list("message__kind", flat=True))


def every_session_ends() -> None:
    """What a restart is to those connected, while other databases of the server go on."""
    with connection.copy().temporary_connection() as other:
        other.execute(ALL_OTHERS)


def the_server_restarts() -> None:
    """kill -9 of a server process: PostgreSQL ends every session and recovers from its log, as after a crash."""
    os.kill(connection.connection.info.backend_pid, signal.SIGKILL)


def tap(stack: Stack, offer: Offer) -> Answer:
    """The status of the answer, and the outcome its page shows."""
    answer = requests.post(f"{stack.url}/o/{tokens.make(offer.public_id)}/claim", timeout=PATIENCE_SECONDS)
    return answer.status_code, answer.text.partition('data-outcome="')[2].partition('"')[0]


def tap_while_held_up(stack: Stack, offer: Offer, strike: Callable[[], None]) -> Answer:
    """The answer to a tap whose claim waits for its slot's lock, which we hold, when `strike` falls."""
    answers: list[Answer] = []
    tapping = threading.Thread(target=lambda: answers.append(tap(stack, offer)))
    try:
        with transaction.atomic():
            Slot.objects.select_for_update().get(pk=offer.slot_id)
            tapping.start()
            assert wait_until_blocked(tapping), "The claim did not wait for its slot."
            strike()
            Slot.objects.filter(pk=offer.slot_id).exists()
    except OperationalError:
        pass
    else:
        raise AssertionError("Our own session outlived it.")
    eventually(the_database_answers, seconds=30)
    tapping.join(PATIENCE_SECONDS)
    return answers[0]


def the_database_answers() -> bool:
    """Over a new connection of ours."""
    connection.close()
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True
