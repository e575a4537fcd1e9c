"""The page of “do you still want it?”: its link opens it, looking answers nothing, and each wish has its own answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from matching import tokens
from notifications import outbox, rendering
from notifications.models import Message
from tests import factories
from tests.factories import World
from waitlist import still_wanted
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Asked:
    """Somebody who was asked a moment ago about two wishes."""

    def __init__(self, **fields) -> None:
        self.now = timezone.now()
        self.world = World(asks_still_wanted=True, is_open_any_hour=True)
        self.who = factories.patient(self.world.clinic, **{"first_name": "Ana", **fields})
        self.first = self.world.entry(self.who, added_at=self.now - 40 * DAY)
        other = factories.service(self.world.clinic)
        self.second = factories.entry(self.world.clinic, [other], self.who, added_at=self.now - 35 * DAY)
        self.ask()
        self.client = Client()

    def ask(self) -> None:
        still_wanted.sweep(self.world.clinic, now=self.now)
        outbox.deliver_due(now=self.now)
        self.message = Message.objects.get(kind="still")

    @property
    def url(self) -> str:
        return f"/s/{tokens.make_still(self.message.pk)}"

    def rest(self) -> None:
        WaitlistEntry.objects.update(status="paused", silent_since=self.now)

    def says(self, what: str, wish: WaitlistEntry) -> str:
        response = self.client.post(self.url, {"what": what, "wish": wish.pk})
        assert response.status_code == 200
        for one in (self.first, self.second):
            one.refresh_from_db()
        return response.content.decode()


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_the_text_leads_to_it(asked):
    text = rendering.fill(asked.message.text, asked.message)
    assert asked.url in text and "YES" in text and "NO" in text and "STOP" in text
    assert asked.who.first_name not in text and asked.world.service.name not in text
    assert rendering.segments(text) == 1


def test_looking_answers_nothing(asked):
    before = (WaitlistEntry.objects.order_by("pk").values_list(), Entry.objects.count())
    for method in ("get", "head"):
        for query in ("", "?what=leave", f"?what=leave&wish={asked.first.pk}"):
            assert getattr(asked.client, method)(asked.url + query).status_code == 200
    assert (list(WaitlistEntry.objects.order_by("pk").values_list()), Entry.objects.count()) == (
        list(before[0]), before[1],
    )  # fmt: skip


def test_each_wish_has_its_answer(asked):
    page = asked.client.get(asked.url).content.decode()
    assert page.count("Yes, keep me on the list") == 2 and "Ana, do you still want it?" in page
    assert "<title>Your place on the waitlist</title>" in page
    assert "You keep your place" in asked.says("keep", asked.first)
    assert (asked.first.still_asked_at, asked.second.still_asked_at) == (None, asked.now)
    page = asked.says("leave", asked.second)
    assert "You are off the list" in page and asked.second.status == "removed"
    assert "do you still want it" not in page
    who = Entry.objects.get(verb="entry.removed")
    assert (who.actor_kind, who.actor_ref) == ("patient", asked.who.pk)


def test_two_weeks_and_back(asked):
    page = asked.says("pause", asked.first)
    assert (asked.first.status, asked.first.still_asked_at) == ("paused", None)
    assert "Paused until" in page and "Ask me again from now on" in page
    asked.says("keep", asked.first)
    assert (asked.first.status, asked.first.paused_until) == ("active", None)


def test_what_rests_says_so_and_is_woken(asked):
    asked.rest()
    page = asked.client.get(asked.url).content.decode()
    assert "heard nothing, so no times are offered to you" in page
    asked.says("keep", asked.first)
    assert (asked.first.status, asked.first.silent_since) == ("active", None)
    assert asked.second.silent_since is not None


@pytest.mark.parametrize("wrong", [{"what": "keep"}, {"what": "nonsense"}, {"wish": "x"}, {}])
def test_nonsense_changes_nothing(asked, wrong):
    response = asked.client.post(asked.url, wrong)
    assert response.status_code == 200 and "nothing was done" in response.content.decode()


def test_another_persons_wish_is_none_of_it(asked):
    stranger = asked.world.entry()
    page = asked.says("leave", stranger)
    stranger.refresh_from_db()
    assert stranger.status == "active" and "nothing was done" in page


def test_other_tokens_open_nothing(asked):
    visit = asked.world.appointment(patient=asked.who)
    for token in (tokens.make_visit(visit.pk), tokens.make_visit(asked.message.pk), "x" * 31, tokens.make_still(10**9)):
        assert asked.client.get(f"/s/{token}").status_code == 404


def test_after_half_a_year_it_opens_nothing(asked):
    Message.objects.update(created_at=asked.now - 181 * DAY)
    assert asked.client.get(asked.url).status_code == 404


def test_in_their_language():
    asked = Asked(language="es")
    assert "lista de espera" in asked.message.text
    page = asked.client.get(asked.url).content.decode()
    assert '<html lang="es">' in page and "Ana, ¿lo sigue queriendo?" in page


def test_by_mail_with_a_button():
    asked = Asked(email="ana@example.com", preferred_channel="email")
    assert asked.message.channel == "email"
    letter = rendering.letter(asked.message)
    assert asked.url in letter.html and asked.url in letter.text and "Do you still want it?" in letter.text


def test_the_page_is_small_and_takes_few_queries(asked, django_assert_num_queries):
    with django_assert_num_queries(6):
        page = asked.client.get(asked.url)
    assert len(page.content) < 30_000
