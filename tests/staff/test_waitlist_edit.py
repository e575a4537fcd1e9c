"""One wish, edited on its page or in its row: whoever comes second sees both and chooses; nothing is lost."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from tests import factories
from tests.at_once import while_uncommitted, without_locks
from tests.factories import NOW, World
from tests.staff.test_waitlist import wish
from waitlist import editing, entries, roster, seen
from waitlist.editing import Edited
from waitlist.entries import Wish
from waitlist.models import WaitlistEntry
from waitlist.views import differences

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def entry(world: World) -> WaitlistEntry:
    return world.entry(availability=[(0b0010001, 540, 1050)], notice_minutes=120, note="as it was")


def typed(world: World, entry: WaitlistEntry, saw: str, **fields: Any) -> dict[str, Any]:
    return {**wish(world), "w-note": "as it was", "saw": saw, **fields}


def saw(staff: Client, entry: WaitlistEntry) -> str:
    return staff.get(reverse("entry-edit", args=[entry.pk])).context["saw"]


def test_the_second_sees_both_values_and_chooses(staff: Client, world: World, entry: WaitlistEntry):
    url, before = reverse("entry-edit", args=[entry.pk]), saw(staff, entry)
    first = typed(world, entry, before, **{"w-note": "Only mornings", "w-max_travel_minutes": "30"})
    assert staff.post(url, first).status_code == 302
    second = typed(world, entry, before, **{"w-note": "Call her mother", "w-notice_minutes": "240"})
    answer = staff.post(url, second)
    page = answer.content.decode()
    assert "Somebody changed this wish while you had it open." in page
    shown = {one.name: (one.theirs, one.mine, one.is_mine) for one in answer.context["differences"]}
    assert shown == {
        "note": ("Only mornings", "Call her mother", True),
        "notice_minutes": ("2 hours", "4 hours", True),
        "max_travel_minutes": ("30 minutes", "any distance", False),
    }
    entry.refresh_from_db()
    assert (entry.note, entry.notice_minutes, entry.max_travel_minutes) == ("Only mornings", 120, 30)
    picks = {"pick-note": "theirs", "pick-notice_minutes": "mine", "pick-max_travel_minutes": "theirs"}
    again = dict(answer.context["sent"]) | {"w-services": [world.service.pk], "t-0-days": ["0", "4"]}
    assert staff.post(url, again | picks | {"saw": answer.context["saw"]}).status_code == 302
    entry.refresh_from_db()
    assert (entry.note, entry.notice_minutes, entry.max_travel_minutes) == ("Only mornings", 240, 30)
    windows = list(entry.availabilities.values_list("days", "from_minute", "until_minute"))
    assert windows == [(0b0010001, 540, 1050)]


def test_what_is_sent_on_is_all_that_was_typed(staff: Client, world: World, entry: WaitlistEntry):
    before = saw(staff, entry)
    roster.edit(entry.pk, Wish((world.service.pk,), note="first"), now=NOW)
    data = typed(world, entry, before, **{"t-0-days": ["0", "1", "2"]})
    answer = staff.post(reverse("entry-edit", args=[entry.pk]), data)
    sent = answer.context["sent"]
    assert [value for name, value in sent if name == "t-0-days"] == ["0", "1", "2"]
    assert {name for name, _ in sent} == set(data) - {"saw"}


def test_a_third_is_not_lost_either(staff: Client, world: World, entry: WaitlistEntry):
    url, before = reverse("entry-edit", args=[entry.pk]), saw(staff, entry)
    roster.edit(entry.pk, Wish((world.service.pk,), note="first"), now=NOW)
    data = typed(world, entry, before, **{"w-note": "second"})
    chosen = data | {"saw": staff.post(url, data).context["saw"], "pick-note": "mine"}
    roster.edit(entry.pk, Wish((world.service.pk,), note="third"), now=NOW)
    answer = staff.post(url, chosen)
    [note] = [one for one in answer.context["differences"] if one.name == "note"]
    assert (note.theirs, note.mine) == ("third", "second")


def test_two_who_type_the_same_are_not_asked(staff: Client, world: World, entry: WaitlistEntry):
    url, data = reverse("entry-edit", args=[entry.pk]), typed(world, entry, saw(staff, entry), **{"w-note": "same"})
    assert [staff.post(url, data).status_code for _ in range(2)] == [302, 302]
    assert Entry.objects.filter(verb="entry.edited").count() == 1


OTHER_COLUMNS = signing.dumps({"note": ""}, salt=seen.SALT)
NOT_OURS = ["", "[]", "null", '{"windows": 3}', "[" * 5000, signing.dumps({}), OTHER_COLUMNS]


@pytest.mark.parametrize("text", NOT_OURS, ids=range(len(NOT_OURS)))  # two hold the second they were signed in
def test_whoever_saw_we_know_not_what_is_asked(text: str, staff: Client, world: World, entry: WaitlistEntry):
    assert seen.load(text) == {}
    url, data = reverse("entry-edit", args=[entry.pk]), typed(world, entry, text, **{"w-note": "new"})
    answer = staff.post(url, data)
    assert [one.name for one in answer.context["differences"]] == ["note"]
    entry.refresh_from_db()
    assert entry.note == "as it was"
    staff.post(url, data | {"saw": answer.context["saw"], "pick-note": "mine"})
    entry.refresh_from_db()
    assert entry.note == "new"


def test_what_a_wish_says_goes_there_and_back(world: World):
    said = seen.of_wish(Wish((3, 1), (2,), (4,), ((1, 0, 60),), 5, 60, None, NOW.date(), "", "n"), world.clinic)
    assert seen.load(seen.dump(said)) == said == seen.of_wish(seen.as_wish(said), world.clinic)


def test_all_that_a_wish_says_is_compared_and_has_a_name(world: World):
    assert {*seen.COLUMNS} == Wish((world.service.pk,)).fields(world.clinic).keys()
    assert {*seen.COLUMNS, "windows"} == differences.LABELS.keys()


def test_in_its_row(staff: Client, world: World, entry: WaitlistEntry):
    url = reverse("entry-edit", args=[entry.pk])
    opened = staff.get(url, headers=HTMX)
    assert opened.content.decode().startswith(f'<tr id="entry-{entry.pk}" class="opened">')
    wrong = staff.post(url, typed(world, entry, opened.context["saw"], **{"w-services": []}), headers=HTMX)
    assert "Tick at least one service." in wrong.content.decode()
    assert "<html" not in wrong.content.decode()
    saved = staff.post(url, typed(world, entry, opened.context["saw"], **{"w-note": "new"}), headers=HTMX)
    page = saved.content.decode()
    assert f'<tr id="entry-{entry.pk}">' in page
    assert "is saved." in page
    stale = staff.post(url, typed(world, entry, opened.context["saw"], **{"w-note": "other"}), headers=HTMX)
    assert "Somebody changed this wish" in stale.content.decode()
    entry.refresh_from_db()
    assert entry.note == "new"
    entries.remove(entry, now=NOW)
    gone = staff.post(url, typed(world, entry, opened.context["saw"], **{"w-note": "late"}), headers=HTMX)
    assert "waits no longer" in gone.content.decode()
    assert "<tr" not in gone.content.decode()


def test_a_row_alone(staff: Client, entry: WaitlistEntry):
    url = reverse("entry-row", args=[entry.pk])
    assert entry.patient.name in staff.get(url, headers=HTMX).content.decode()
    assert staff.get(url).headers["Location"] == reverse("waitlist")
    assert staff.get(reverse("entry-row", args=[World().entry().pk]), headers=HTMX).status_code == 404


def second_edit_while_the_first_is_open(world: World, entry: WaitlistEntry) -> Edited:
    """Both saw the same; the second comes when the first has written and not committed."""
    before = seen.of_entry(entry)
    mine = Wish((world.service.pk,), note="second")

    def first() -> None:
        roster.edit_locked(roster.locked(entry.pk), Wish((world.service.pk,), note="first"), now=NOW)

    how = while_uncommitted(first, lambda: editing.edit(entry.pk, mine, saw=before, now=NOW).how)
    entry.refresh_from_db()
    return how


def test_the_second_of_two_at_once_is_asked(world: World, entry: WaitlistEntry):
    assert second_edit_while_the_first_is_open(world, entry) == Edited.CHANGED
    assert entry.note == "first"


def test_without_the_lock_the_first_is_lost(world: World, entry: WaitlistEntry, monkeypatch: pytest.MonkeyPatch):
    without_locks(monkeypatch)
    assert second_edit_while_the_first_is_open(world, entry) == Edited.SAVED
    assert entry.note == "second"


def test_somebody_who_left_the_team_can_still_be_told_apart(staff: Client, world: World, entry: WaitlistEntry):
    before, chen = saw(staff, entry), factories.practitioner(world.clinic, name="Dr Chen")
    roster.edit(entry.pk, Wish((world.service.pk,), practitioner_ids=(chen.pk,), note="as it was"), now=NOW)
    answer = staff.post(reverse("entry-edit", args=[entry.pk]), typed(world, entry, before))
    shown = {one.name: (one.theirs, one.mine) for one in answer.context["differences"]}
    assert shown["practitioners"] == ("Dr Chen", "anybody")
