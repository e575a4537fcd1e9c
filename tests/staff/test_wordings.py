"""Settings → Messages: what goes out, rewording it with a preview, and how much messages may say."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from notifications.models import MessageTemplate
from notifications.rendering.needs import LABELS
from tests import factories
from tests.factories import NOW, World
from waitlist.models import Clinic
from waitlist.states import Role

pytestmark = pytest.mark.django_db
INDEX, ONE = reverse("wordings"), reverse("wording")
GOOD = "{clinic}: {when} came free. Reply YES or tap {link} by {deadline}. STOP ends."
PLACE = {"kind": "offer", "channel": "sms", "language": "en", "level": "0"}


@pytest.fixture
def world(db: None, settings) -> World:
    settings.PUBLIC_URL = "https://glow.example"
    made = World(name="Glow Med Spa")
    made.practitioner.name = "Dr Mei Chen"
    made.practitioner.save()
    return made


@pytest.fixture
def manager(world: World) -> Client:
    client = Client()
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def page(answer) -> str:
    return answer.content.decode().replace("&#x27;", "'")


def send(client: Client, do: str, text: str = GOOD, **fields):
    return client.post(ONE, {**PLACE, "do": do, "text": text, **fields})


def test_managers_find_it_under_settings(manager):
    assert f'href="{INDEX}"' in page(manager.get(reverse("settings")))


def test_every_text_is_shown_as_it_goes_out_with_what_it_costs(manager):
    text = page(manager.get(INDEX))
    assert "PST is open. Reply YES or tap (their link) by" in text
    assert "1 segment · 1.1 ¢" in text and "Reminder of a visit" in text and "Dr Mei Chen" not in text
    spanish = page(manager.get(INDEX, {"language": "es", "level": "2"}))
    assert "Ana, " in spanish and "con Dr Mei Chen" in spanish and "None of these goes out now" in spanish
    mails = page(manager.get(INDEX, {"channel": "email"}))
    assert "A time has opened up at Glow Med Spa" in mails and "Opt-out confirmed" not in mails


def test_what_is_no_message_is_not_found(manager):
    assert manager.get(ONE, {**PLACE, "kind": "answer"}).status_code == 404
    assert manager.get(ONE, {**PLACE, "level": "3"}).status_code == 404
    assert manager.get(ONE, {**PLACE, "channel": "email", "kind": "opt_in"}).status_code == 404
    assert manager.get(INDEX, {"channel": "pigeon"}).status_code == 200


def test_the_editor_begins_with_ours_and_looks_without_acting(manager):
    text = page(manager.get(ONE, PLACE))
    assert "{clinic}: {when} is open. Reply YES" in text and "It can go out like this" in text
    answer = send(manager, "check")
    text = page(answer)
    assert "PST came free. Reply YES or tap (their link) by" in text and "1 segment · 1.1 ¢ a text" in text
    assert not MessageTemplate.objects.exists()
    refused = page(send(manager, "check", "{clinic}: Dr Chen is here. Hurry"))
    assert "It cannot be saved like this" in refused and "It names “Dr Mei Chen”" in refused
    assert "Nothing was saved yet" not in refused


@pytest.mark.django_db(transaction=True)
def test_saved_shown_and_taken_back(world, manager):
    answer = send(manager, "save")
    assert answer.status_code == 302
    saved = MessageTemplate.objects.get()
    assert (saved.text, saved.clinic, saved.kind, saved.level) == (GOOD, world.clinic, "offer", 0)
    assert Entry.objects.get_for_object(saved).count() == 1
    assert "Yours" in page(manager.get(INDEX)) and "came free" in page(manager.get(INDEX))
    assert "Back to our wording" in page(manager.get(ONE, PLACE))
    send(manager, "back")
    assert not MessageTemplate.objects.exists()
    assert "came free" not in page(manager.get(INDEX))


@pytest.mark.django_db(transaction=True)
def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(manager):
    text = page(send(manager, "save", "{clinic}: {when} is yours, ask {practitioner}"))
    assert "Nothing was saved yet" in text and "{practitioner} says whom they see. Level 0 must not." in text
    assert "{clinic}: {when} is yours, ask {practitioner}</textarea>" in text
    mail = {"kind": "booked", "channel": "email", "subject": ""}
    assert "An e-mail needs a subject." in page(send(manager, "save", "{long_when}", **mail))
    assert send(manager, "save", "{long_when}\r\n\r\nSee you!", **{**mail, "subject": "Booked"}).status_code == 302
    assert MessageTemplate.objects.get().text == "{long_when}\n\nSee you!"


def test_a_wording_that_no_longer_fits_says_so(world, manager):
    MessageTemplate.objects.create(
        clinic=world.clinic, kind="offer", channel="sms", language="en", text=GOOD, updated_at=NOW
    )
    Clinic.objects.filter(pk=world.clinic.pk).update(name="Glow Med Spa of the Greater Upper Piedmont Avenue Area")
    text = page(manager.get(INDEX))
    assert "Yours, but not everywhere" in text and "Ours goes out instead where this holds" in text


@pytest.mark.django_db(transaction=True)
def test_how_much_they_may_say(world, manager):
    assert "Nobody has agreed to more yet" in page(manager.get(INDEX))
    assert manager.post(INDEX, {"level": "2"}).status_code == 302
    world.clinic.refresh_from_db()
    assert world.clinic.content_level == 2
    assert "Choose how much messages may say" in page(manager.post(INDEX, {}))
    assert manager.post(INDEX, {"level": "3"}).status_code == 200
    world.clinic.refresh_from_db()
    assert world.clinic.content_level == 2


def test_from_another_clinics_tab_nothing_is_saved(world, manager):
    other = World()
    assert send(manager, "save", clinic=other.clinic.pk).status_code == 302
    manager.post(INDEX, {"level": "2", "clinic": other.clinic.pk})
    world.clinic.refresh_from_db()
    assert not MessageTemplate.objects.exists() and world.clinic.content_level == 0


def test_it_does_not_slow_down_with_what_is_reworded(world, manager, django_assert_max_num_queries):
    for kind in ("offer", "booked", "cancelled"):
        MessageTemplate.objects.create(
            clinic=world.clinic, kind=kind, channel="sms", language="en", text=GOOD, updated_at=NOW
        )
    with django_assert_max_num_queries(14):
        manager.get(INDEX)


def test_own_wordings_are_held_against_all_patients_at_once(world, manager, django_assert_num_queries):
    factories.patient(world.clinic, first_name="Rosalind", last_name="Ferrers")
    kinds = ("offer", "booked", "cancelled")

    def reword(kind: str, text: str) -> None:
        where = {"channel": "sms", "language": "en", "level": 0, "updated_at": NOW}
        MessageTemplate.objects.create(clinic=world.clinic, kind=kind, text=text, **where)

    reword(kinds[0], GOOD)
    manager.get(INDEX)
    with CaptureQueriesContext(connection) as one:
        manager.get(INDEX)
    reword(kinds[1], "{clinic}: booked, rosalind FERRERS. {link} STOP ends.")
    reword(kinds[2], "{clinic}: cancelled. STOP ends.")
    with django_assert_num_queries(len(one)):
        shown = {row["label"]: row["look"] for row in manager.get(INDEX).context["rows"]}
    named = [label for label, look in shown.items() if any("Ferrers" in fault.reason for fault in look.faults)]
    assert named == [LABELS[kinds[1]]]
