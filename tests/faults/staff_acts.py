"""Acts of the front desk on the waitlist: a wish changed by somebody who saw it, several paused, and taken back."""

from datetime import datetime

from tests.factories import NOW
from tests.faults.acts import Act, Ids, Scene
from waitlist import bulk, editing, seen
from waitlist.bulk import Order, Was
from waitlist.entries import Wish
from waitlist.models import Clinic, WaitlistEntry
from waitlist.states import Bulk, Why

PAUSE = Order(Bulk.PAUSE, Why.AWAY)


def waiting(scene: Scene) -> Ids:
    rows = list(WaitlistEntry.objects.filter(clinic=scene.clinic).order_by("pk"))
    return {
        "clinic": scene.clinic.pk,
        "service": scene.service.pk,
        "saw": seen.of_entry(rows[0]),
        "entries": [row.pk for row in rows],
    }


def paused(scene: Scene) -> Ids:
    ids = waiting(scene)
    bulk.change(scene.clinic, ids["entries"], PAUSE, now=NOW)
    return ids


def edit(ids: Ids, now: datetime) -> object:
    return editing.edit(ids["entries"][0], Wish((ids["service"],), note="call first"), saw=ids["saw"], now=now).how


def pause_many(ids: Ids, now: datetime) -> object:
    return bulk.change(Clinic.objects.get(pk=ids["clinic"]), ids["entries"], PAUSE, now=now)


def take_back(ids: Ids, now: datetime) -> object:
    was = [Was(pk, None) for pk in ids["entries"]]
    return bulk.undo(Clinic.objects.get(pk=ids["clinic"]), was, PAUSE, now=now)


STAFF: dict[str, Act] = {
    "edit a wish": Act(waiting, edit, by_hand=True),
    "pause many": Act(waiting, pause_many, by_hand=True),
    "pause taken back": Act(paused, take_back, by_hand=True),
}
