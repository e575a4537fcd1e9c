"""A patient's own page: opened by a code alone, for one clinic and one number; every change is an act there was."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import tokens
from matching.models import Offer
from notifications import consent, passcodes
from notifications.consent import own_page, texts
from notifications.models import Consent, Join, Message, Passcode
from tests import factories
from tests.patient import situations
from tests.patient.own_pages import NUMBER, door, go_in, knock
from tests.patient.test_languages import assert_speaks
from tests.patient.test_offer_pages import STATIC
from tests.recorded import everything_recorded
from waitlist import roster
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 30_000  # bytes, with the files it needs


@pytest.fixture
def world():
    world = situations.Clinic()
    world.ana = factories.patient(world.clinic, NUMBER, "ana@patients.example", first_name="Ana", last_name="Pop")
    world.wish_of_ana = world.entry(world.ana)
    return world


@pytest.fixture
def inside(client, world):
    go_in(client, world.clinic)
    return client


def at(name, world, *ids):
    return reverse(name, args=[world.clinic.slug, *ids])


# The door.


def test_the_page_asks_for_a_code_first_and_says_nothing_of_anybody(client, world):
    page = client.get(door(world.clinic))
    assert "Send me a code" in page.text and "Ana" not in page.text
    code = knock(client, world.clinic)
    typing = client.get(at("my-code", world))
    assert "If we know this number" in typing.text and "Ana" not in typing.text
    assert 'autocomplete="one-time-code"' in typing.text
    wrong = f"{(int(tokens.passcode(str(code.public_id))) + 1) % 1_000_000:06d}"
    assert "4 tries are left" in client.post(at("my-code", world), {"digits": wrong}).text
    assert "Ana" not in client.get(door(world.clinic)).text
    right = tokens.passcode(str(code.public_id))
    opened = client.post(at("my-code", world), {"digits": f" {right[:3]} {right[3:]} "}, follow=True)
    assert "Ana, your place on the waitlist" in opened.text and "Botox" in opened.text


def test_known_or_not_the_answers_are_the_same(world):
    pages = []
    for reach in (NUMBER, "(415) 555-0188", "ana@patients.example", "nobody@patients.example"):
        client = Client()
        said = client.post(door(world.clinic), {"reach": reach}, follow=True)
        digits = tokens.passcode(str(Passcode.objects.latest("pk").public_id))
        wrong = [client.post(at("my-code", world), {"digits": f"{(int(digits) + n) % 10**6:06d}"}) for n in range(1, 7)]
        pages.append([without_tokens(one) for one in (said, *wrong)])
    assert pages[0] == pages[1] == pages[2] == pages[3]
    assert "This code is over" in pages[0][-1]


def without_tokens(response):
    """But for what was typed and the token of the form."""
    return re.sub(r'value="[^"]*"', "", response.text)


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        ("", "Please type the number or the address we write to."),
        ("12", "is not a phone number"),
        ("ana@", "is not an e-mail address"),
    ],
)
def test_what_cannot_be_reached_is_said_at_the_field(client, world, reach, words):
    assert words in client.post(door(world.clinic), {"reach": reach}).text
    assert not Passcode.objects.exists()


def test_too_many_are_turned_away(client, world, monkeypatch):
    monkeypatch.setattr(passcodes, "PER_NUMBER_AN_HOUR", 1)
    knock(client, world.clinic)
    answer = client.post(door(world.clinic), {"reach": NUMBER})
    assert answer.status_code == 429 and "Too many codes" in answer.text


def test_no_form_of_another_site_is_heard(world):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(door(world.clinic), {"reach": NUMBER}).status_code == 403
    go_in(plain := Client(), world.clinic)
    strict.cookies = plain.cookies
    wish = world.wish_of_ana.pk
    for url in (at("my-pause", world, wish), at("my-leave", world, wish), at("my-messages", world)):
        assert strict.post(url).status_code == 403
    assert WaitlistEntry.objects.get(pk=wish).status == "active"


def test_the_cookie_is_signed_hidden_from_scripts_and_for_this_clinic_alone(client, world):
    go_in(client, world.clinic)
    cookie = client.cookies["my"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == door(world.clinic)
    assert cookie["max-age"] == 30 * 60
    elsewhere = factories.World()
    factories.patient(elsewhere.clinic, NUMBER, first_name="Ana")
    for cookies in ({"my": cookie.value}, {"my": cookie.value[:-2]}, {"my": "x:y:z"}):
        stranger = Client()
        for name, value in cookies.items():
            stranger.cookies[name] = value
        assert "Send me a code" in stranger.get(door(elsewhere.clinic)).text
    stranger.cookies["my"] = cookie.value[:-2] + "xx"
    assert "Send me a code" in stranger.get(door(world.clinic)).text


def test_after_too_much_guessing_a_right_code_is_not_called_wrong(client, world, monkeypatch):
    monkeypatch.setattr(passcodes, "WRONG_PER_CLINIC_A_DAY", 1)
    code = knock(client, world.clinic)
    digits = tokens.passcode(str(code.public_id))
    client.post(at("my-code", world), {"digits": f"{(int(digits) + 1) % 10**6:06d}"})
    page = client.post(at("my-code", world), {"digits": digits})
    assert "Too many wrong codes were typed" in page.text and "That is not the code" not in page.text
    code.refresh_from_db()
    assert code.opened_at is None


def test_a_code_typed_at_another_clinics_page_opens_nothing(client, world):
    elsewhere = factories.World()
    factories.patient(elsewhere.clinic, NUMBER)
    code = knock(client, world.clinic)
    asked = client.cookies["my-code"].value
    stranger = Client()
    stranger.cookies["my-code"] = asked
    url = reverse("my-code", args=[elsewhere.clinic.slug])
    answer = stranger.post(url, {"digits": tokens.passcode(str(code.public_id))})
    assert answer.headers["Location"] == door(elsewhere.clinic) and "my" not in stranger.cookies


def test_it_closes_after_half_an_hour_and_when_they_say_so(client, world):
    code = go_in(client, world.clinic)
    assert "Ana" in client.get(door(world.clinic)).text
    kept = client.cookies["my"].value
    client.post(at("my-close", world))
    client.cookies["my"] = kept
    assert "Send me a code" in client.get(door(world.clinic)).text
    code = go_in(client, world.clinic)
    Passcode.objects.filter(pk=code.pk).update(opened_at=timezone.now() - timedelta(minutes=30))
    assert "Send me a code" in client.get(door(world.clinic)).text
    wish = at("my-wish", world, world.wish_of_ana.pk)
    assert client.get(wish).headers["Location"] == door(world.clinic)


def test_an_offers_link_opens_the_offer_and_nothing_else(client, world):
    offer = world.offered()
    client.get(situations.link(offer))
    assert "Send me a code" in client.get(door(world.clinic)).text


# Their wishes.


def test_others_wishes_are_not_there(inside, world):
    stranger = world.entry()
    for name in ("my-wish", "my-leave"):
        assert inside.get(at(name, world, stranger.pk)).status_code == 404
    assert inside.post(at("my-pause", world, stranger.pk)).status_code == 404
    assert stranger.patient.first_name not in inside.get(door(world.clinic) + f"?who={stranger.patient_id}").text


def wish(world, **fields):
    return {
        "services": [world.service.pk],
        "notice_minutes": "240",
        "t-TOTAL_FORMS": "1",
        "t-INITIAL_FORMS": "1",
        "t-0-days": ["0", "2"],
        "t-0-starts": "09:00",
        "t-0-ends": "17:00",
        **fields,
    }


def test_what_and_when_is_changed_and_the_rest_stays(inside, world):
    entry, facial = world.wish_of_ana, factories.service(world.clinic, name="Facial")
    WaitlistEntry.objects.filter(pk=entry.pk).update(
        practitioners=[world.practitioner.pk], note="rings early", priority="1platinum", max_travel_minutes=40
    )
    page = inside.get(at("my-wish", world, entry.pk))
    assert "rings early" not in page.text and "With whom?" not in page.text  # there is nobody else
    changed = wish(world, services=[world.service.pk, facial.pk])
    with everything_recorded():
        said = inside.post(at("my-wish", world, entry.pk), changed, follow=True)
    assert "Saved." in said.text and "Botox, Facial" in said.text and "Mon, Wed, 9:00 AM–5:00 PM" in said.text
    entry.refresh_from_db()
    assert (entry.notice_minutes, entry.services) == (240, sorted([world.service.pk, facial.pk]))
    assert (entry.note, entry.priority, entry.max_travel_minutes) == ("rings early", "1platinum", 40)
    assert entry.practitioners == [world.practitioner.pk]


def test_with_whom_is_chosen_among_those_they_have_not_ruled_out(inside, world):
    entry = world.wish_of_ana
    ruiz, moss = (factories.practitioner(world.clinic, name=name) for name in ("M. Ruiz", "Dr Moss"))
    WaitlistEntry.objects.filter(pk=entry.pk).update(excluded_practitioners=[moss.pk])
    page = inside.get(at("my-wish", world, entry.pk)).text
    assert "M. Ruiz" in page and "Dr Moss" not in page
    assert "not with Dr Moss" in inside.get(door(world.clinic)).text
    inside.post(at("my-wish", world, entry.pk), wish(world, practitioners=[ruiz.pk]))
    entry.refresh_from_db()
    assert (entry.practitioners, entry.excluded_practitioners) == ([ruiz.pk], [moss.pk])
    inside.post(at("my-wish", world, entry.pk), wish(world))
    entry.refresh_from_db()
    assert (entry.practitioners, entry.excluded_practitioners) == ([], [moss.pk])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("practitioners", ["999999"], "not one of the available choices"),
        ("services", [], "Choose at least one."),
        ("services", ["999999"], "not one of the available choices"),
        ("t-0-days", [], "Choose at least one day."),
        ("t-0-ends", "08:00", "Until has to be later than from."),
        ("notice_minutes", "7", "not one of the available choices"),
    ],
)
def test_a_wish_nothing_could_meet_is_refused_at_its_field(inside, world, field, value, words):
    factories.practitioner(world.clinic, name="M. Ruiz")
    answer = inside.post(at("my-wish", world, world.wish_of_ana.pk), wish(world, **{field: value}))
    assert answer.status_code == 200 and words in answer.text
    assert WaitlistEntry.objects.get(pk=world.wish_of_ana.pk).notice_minutes == 60


def test_two_wishes_for_the_same_are_one_too_many(inside, world):
    facial = factories.service(world.clinic)
    other = factories.entry(world.clinic, [facial], world.ana)
    answer = inside.post(at("my-wish", world, other.pk), wish(world))
    assert "You wait for exactly that already." in answer.text


def test_a_wish_more_asks_who_is_known_for_nothing_but_what_and_when(inside, world):
    type(world.clinic).objects.update(takes_joins=True)
    facial, url = factories.service(world.clinic, name="Facial"), at("my-wish-new", world)
    assert url in inside.get(door(world.clinic)).text
    page = inside.get(url).text
    assert "Put me on the list" in page and 'name="phone"' not in page and 'name="agrees"' not in page
    with everything_recorded():
        said = inside.post(url, wish(world, services=[facial.pk]), follow=True).text
    assert "You are on the list for it." in said and "Say below" not in said and "Facial" in said
    entry = WaitlistEntry.objects.latest("pk")
    assert (entry.patient, entry.status, entry.notice_minutes) == (world.ana, "active", 240)
    assert entry.origin == "own_page"
    assert [(one.days, one.from_minute) for one in entry.availabilities.all()] == [(0b101, 540)]
    assert not Join.objects.exists() and not Consent.objects.exists()
    assert not Message.objects.exclude(kind="passcode").exists(), "no second opt-in for a number that has agreed"
    assert "You wait for exactly that already." in inside.post(url, wish(world, services=[facial.pk])).text


def test_a_wish_more_where_nothing_is_allowed_says_so(inside, world):
    type(world.clinic).objects.update(takes_joins=True)
    world.ana.contact_points.filter(kind="phone").update(granted=[])
    facial = factories.service(world.clinic)
    said = inside.post(at("my-wish-new", world), wish(world, services=[facial.pk]), follow=True)
    assert "Say below how we may write to you" in said.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("services", [], "Choose at least one."), ("t-0-ends", "08:00", "Until has to be later than from.")],
)
def test_a_wish_more_that_nothing_could_meet_is_refused_at_its_field(inside, world, field, value, words):
    type(world.clinic).objects.update(takes_joins=True)
    answer = inside.post(at("my-wish-new", world), wish(world, **{field: value}))
    assert answer.status_code == 200 and words in answer.text
    assert world.ana.entries.count() == 1


def test_a_wish_that_rested_is_taken_up_by_asking_for_it_anew(inside, world):
    type(world.clinic).objects.update(takes_joins=True)
    facial, since = factories.service(world.clinic, name="Facial"), timezone.now() - timedelta(days=3)
    rests = {"status": "paused", "still_asked_at": since, "silent_since": since}
    entry = factories.entry(world.clinic, [facial], world.ana, **rests)
    said = inside.post(at("my-wish-new", world), wish(world, services=[facial.pk]), follow=True).text
    entry.refresh_from_db()
    assert "You are on the list for it." in said and (entry.status, entry.silent_since) == ("active", None)


def test_there_are_so_many_wishes_by_oneself(inside, world, monkeypatch):
    type(world.clinic).objects.update(takes_joins=True)
    monkeypatch.setattr(roster, "MOST_WISHES", 1)
    answer = inside.post(at("my-wish-new", world), wish(world, services=[factories.service(world.clinic).pk]))
    assert "You wait for a lot already." in answer.text and world.ana.entries.count() == 1


def test_on_a_familys_number_a_wish_is_of_whoever_was_chosen_and_of_nobody_else(client, world):
    type(world.clinic).objects.update(takes_joins=True)
    ben = factories.patient(world.clinic, NUMBER, first_name="Ben", last_name="Pop")
    stranger = factories.patient(world.clinic, "+14155550177", first_name="Eve")
    url = at("my-wish-new", world)
    assert client.get(url).status_code == 302, "without a code"
    go_in(client, world.clinic)
    for unchosen in ({}, {"who": stranger.pk}):
        assert client.get(url, unchosen).headers["Location"] == door(world.clinic)
        assert client.post(url, wish(world, **unchosen)).headers["Location"] == door(world.clinic)
    assert f"{url}?who={ben.pk}" in client.get(f"{door(world.clinic)}?who={ben.pk}").text
    page = client.get(url, {"who": ben.pk}).text
    assert "For Ben Pop." in page and "Ana" not in page
    done = client.post(url, wish(world, who=ben.pk))
    assert done.headers["Location"] == f"{door(world.clinic)}?who={ben.pk}"
    assert (ben.entries.count(), world.ana.entries.count(), stranger.entries.count()) == (1, 1, 0)


def test_where_nobody_joins_by_themselves_there_is_no_such_page(inside, world):
    assert at("my-wish-new", world) not in inside.get(door(world.clinic)).text
    assert inside.get(at("my-wish-new", world)).status_code == 302
    assert inside.post(at("my-wish-new", world), wish(world)).status_code == 302
    assert world.ana.entries.count() == 1


def test_a_pause_of_two_weeks_or_until_a_day_and_its_end(inside, world):
    entry, url = world.wish_of_ana, at("my-pause", world, world.wish_of_ana.pk)
    with everything_recorded():
        assert "Paused until" in inside.post(url, {"what": "weeks"}, follow=True).text
    entry.refresh_from_db()
    assert timedelta(days=13) < entry.paused_until - timezone.now() <= timedelta(days=14)
    assert "You are asked again from now on." in inside.post(url, {"what": "resume"}, follow=True).text
    day = (timezone.now().astimezone(world.clinic.zone) + timedelta(days=40)).date()
    inside.post(url, {"what": "until", "until": day.isoformat()})
    entry.refresh_from_db()
    assert entry.status == "paused"
    assert entry.paused_until == datetime(day.year, day.month, day.day, tzinfo=world.clinic.zone)
    assert "nothing was done" in inside.post(url, {"what": "weeks"}, follow=True).text


@pytest.mark.parametrize(
    ("until", "words"),
    [("", "Choose the day"), ("soon", "This is no date"), ("2020-01-01", "from tomorrow on"), ("2999-01-01", "year")],
)
def test_a_pause_until_no_day_is_refused(inside, world, until, words):
    answer = inside.post(at("my-pause", world, world.wish_of_ana.pk), {"what": "until", "until": until})
    assert words in answer.text
    assert WaitlistEntry.objects.get(pk=world.wish_of_ana.pk).status == "active"


def test_leaving_is_asked_about_first(inside, world):
    url = at("my-leave", world, world.wish_of_ana.pk)
    assert "Leave the list?" in inside.get(url).text
    assert WaitlistEntry.objects.get(pk=world.wish_of_ana.pk).status == "active"
    with everything_recorded():
        left = inside.post(url, follow=True).text
    assert "You are off the list for it." in left and "You wait for nothing at the moment." in left
    assert WaitlistEntry.objects.get(pk=world.wish_of_ana.pk).status == "removed"


@pytest.mark.parametrize("what", ["resume", "keep"])
def test_what_waits_for_start_is_not_taken_up_here(inside, world, what):
    entry = world.wish_of_ana
    point = consent.contact(world.clinic, "phone", NUMBER, now=timezone.now())
    Join.objects.create(
        clinic=world.clinic, contact_point=point, entry=entry, is_new=True, text_version="join-1",
        asked_at=timezone.now(),
    )  # fmt: skip
    WaitlistEntry.objects.filter(pk=entry.pk).update(status="paused")
    assert "reply START" in inside.get(door(world.clinic)).text
    assert "nothing was done" in inside.post(at("my-pause", world, entry.pk), {"what": what}, follow=True).text
    assert WaitlistEntry.objects.get(pk=entry.pk).status == "paused"


def test_who_shares_a_number_chooses_whose_list(client, world):
    ben = factories.patient(world.clinic, NUMBER, first_name="Ben", last_name="Pop")
    entry = world.entry(ben)
    go_in(client, world.clinic)
    page = client.get(door(world.clinic))
    assert "Whose list" in page.text and "Ana Pop" in page.text and "Ben Pop" in page.text
    bens = client.get(f"{door(world.clinic)}?who={ben.pk}").text
    assert "Ben, your place" in bens and at("my-wish", world, entry.pk) in bens
    assert at("my-wish", world, world.wish_of_ana.pk) not in bens
    done = client.post(at("my-pause", world, entry.pk), {"what": "weeks"})
    assert done.headers["Location"] == f"{door(world.clinic)}?who={ben.pk}"


# What is offered.


def test_a_time_offered_to_them_is_taken_with_one_tap(inside, world):
    world.wish = world.wish_of_ana
    offer = world.offered()
    page = inside.get(door(world.clinic))
    assert "Open for you now" in page.text and "Dr Chen" in page.text
    url = reverse("offer-claim", args=[tokens.make(offer.public_id)])
    assert f'action="{url}"' in page.text
    inside.post(url)
    assert Offer.objects.get(pk=offer.pk).state == "accepted"
    assert "Open for you now" not in inside.get(door(world.clinic)).text


def test_where_there_is_more_to_read_first_the_offer_is_opened(inside, world):
    world.wish = world.wish_of_ana
    world.rename(world.service, details_prompt="Any allergies?")
    token = tokens.make(world.offered().public_id)
    page = inside.get(door(world.clinic)).text
    assert f'href="{reverse("offer", args=[token])}"' in page
    assert reverse("offer-claim", args=[token]) not in page


def test_what_is_over_is_not_shown(inside, world):
    world.wish = world.wish_of_ana
    world.offered(state="declined")
    world.offered(world.offering(situations.at(5, 9)), state="retracted")
    assert "Open for you now" not in inside.get(door(world.clinic)).text


# What is booked.


def test_the_visits_before_them_lead_to_their_pages(inside, world):
    ahead = world.appointment(patient=world.ana, starts_at=situations.at(6, 9))
    world.appointment(patient=world.ana, starts_at=situations.at(6, 11), status="cancelled")
    someone_else = world.appointment(patient=factories.patient(world.clinic), starts_at=situations.at(6, 13))
    page = inside.get(door(world.clinic)).text
    assert f'href="{reverse("visit", args=[tokens.make_visit(ahead.pk)])}"' in page
    assert page.count('href="/v/') == 1
    assert reverse("visit", args=[tokens.make_visit(someone_else.pk)]) not in page


# What they may be told.


def test_a_consent_is_given_by_the_sentence_that_stood_there_and_taken_back(inside, world):
    point = consent.contact(world.clinic, "phone", NUMBER, now=timezone.now())
    sentence = own_page.sentence(world.clinic, "offers:voice", "en")
    assert sentence in inside.get(door(world.clinic)).text
    url = at("my-messages", world)
    with everything_recorded():
        inside.post(url, {"grant": "offers:voice", "what": "give"}, REMOTE_ADDR="203.0.113.9")
        inside.post(url, {"grant": "reminders:sms", "what": "end"})
    point.refresh_from_db()
    assert point.granted == ["offers:sms", "offers:voice"]
    line = Consent.objects.get(granted=True)
    assert (line.source, line.text_version, line.remote_addr) == ("form", "own-offers-voice-1", "203.0.113.9")
    assert texts.TEXTS[line.text_version].startswith("I agree that {clinic} may call me")


@pytest.mark.parametrize("grant", ["", "offers", "offers:email", "marketing:sms", "offers:staff", "x:y"])
def test_nothing_else_can_be_allowed_here(inside, world, grant):
    inside.post(at("my-messages", world), {"grant": grant, "what": "give"})
    assert not Consent.objects.filter(granted=True).exists()


def test_after_stop_no_page_brings_messages_back(inside, world):
    point = consent.contact(world.clinic, "phone", NUMBER, now=timezone.now())
    consent.stop(point, source="keyword", now=timezone.now())
    assert "You have stopped all messages here." in inside.get(door(world.clinic)).text
    inside.post(at("my-messages", world), {"grant": "offers:sms", "what": "give"})
    inside.post(at("my-stop", world), {"what": "again"})
    point.refresh_from_db()
    assert point.granted == [] and point.stopped_at


def test_their_language_is_that_of_the_page_and_of_every_message(inside, world):
    with everything_recorded():
        page = inside.post(at("my-language", world), {"language": "es"}, follow=True)
    assert 'lang="es"' in page.text and "su lugar en la lista" in page.text
    world.ana.refresh_from_db()
    assert world.ana.language == "es"
    inside.post(at("my-language", world), {"language": "tlh"})
    world.ana.refresh_from_db()
    assert world.ana.language == "es"


# An end to it.


def granted(world):
    return {point.kind: point.granted for point in world.ana.contact_points.all()}


def test_offers_end_in_one_tap_and_visits_are_still_told(inside, world):
    assert "Which messages shall we stop?" in inside.get(at("my-stop", world)).text
    assert granted(world)["phone"] == ["offers:sms", "reminders:sms"], "looking ends nothing"
    with everything_recorded():
        page = inside.post(at("my-stop", world), {"what": "offers"})
    assert "No more offers" in page.text and "at any time" in page.text
    assert granted(world) == {"phone": ["reminders:sms"], "email": ["reminders:email"]}


@pytest.mark.parametrize("what", ["all", "", "anything"])
def test_everything_ends_in_one_tap_and_the_page_says_the_way_back(inside, world, what):
    with everything_recorded():
        page = inside.post(at("my-stop", world), {"what": what})
    assert "All messages have ended" in page.text and f'href="sms:{world.clinic.sms_sender}' in page.text
    assert granted(world)["phone"] == [] and "offers:email" not in granted(world)["email"]


def test_an_address_stops_its_numbers_too_and_comes_back_here(client, world):
    go_in(client, world.clinic, "ana@patients.example")
    page = client.post(at("my-stop", world), {"what": "all"})
    assert "Send me e-mails after all" in page.text
    assert granted(world) == {"phone": [], "email": []}
    client.post(at("my-stop", world), {"what": "again"})
    assert granted(world) == {"phone": [], "email": ["offers:email", "reminders:email"]}


# How it is made.


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_in_each_language(client, world, language):
    world.rename(world.ana, language=language)
    type(world.clinic).objects.update(takes_joins=True, content_level=2)
    spoken = {"headers": {"accept-language": language}}
    for digits in ("", "000000"):
        assert_speaks(client.get(door(world.clinic), **spoken), language)
        knock(client, world.clinic)
        assert_speaks(client.post(at("my-code", world), {"digits": digits}, **spoken), language)
    go_in(client, world.clinic)
    world.wish = world.wish_of_ana
    world.offered()
    own = ("Ana Pop", "Dr Chen", NUMBER, "English Español")  # languages by their own names
    rows = {"t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "1"}
    posts = [("my-pause", {"what": "until", "until": "x"}), ("my-pause", {"what": "weeks"}), ("my-wish", rows)]
    assert_speaks(client.get(door(world.clinic)), language, *own)
    for name, fields in posts:
        answer = client.post(at(name, world, world.wish.pk), fields, follow=True)
        assert_speaks(answer, language, *own)
    assert_speaks(client.get(at("my-wish-new", world)), language, *own)
    assert_speaks(client.post(at("my-wish-new", world), rows), language, *own)
    assert_speaks(client.get(at("my-leave", world, world.wish.pk)), language, *own)
    for what in ("", "offers", "all"):
        send = client.post if what else client.get
        assert_speaks(send(at("my-stop", world), {"what": what}), language, *own)
    assert_speaks(client.get(door(world.clinic)), language, *own)


def test_looking_changes_nothing(inside, world):
    before = list(Passcode.objects.values()), list(WaitlistEntry.objects.values()), Message.objects.count()
    wish_pk = world.wish_of_ana.pk
    type(world.clinic).objects.update(takes_joins=True)
    urls = [at(name, world) for name in ("my", "my-wish-new", "my-close", "my-language", "my-messages", "my-stop")]
    urls += [at(name, world, wish_pk) for name in ("my-wish", "my-pause", "my-leave")]
    for url in urls:
        for method in (inside.get, inside.head):
            assert method(url).status_code in (200, 302), url
    assert (list(Passcode.objects.values()), list(WaitlistEntry.objects.values()), Message.objects.count()) == before
    assert granted(world)["phone"] == ["offers:sms", "reminders:sms"]


def test_pages_are_light_kept_nowhere_and_hold_no_style_or_script_of_their_own(inside, world):
    world.wish = world.wish_of_ana
    for days in (4, 5, 6):
        world.offered(world.offering(situations.at(days, 14)))
    type(world.clinic).objects.update(takes_joins=True)
    pages = (at("my-wish", world, world.wish_of_ana.pk), at("my-wish-new", world), at("my-stop", world))
    for url in (door(world.clinic), *pages):
        page = inside.get(url)
        files = set(re.findall(r"/static/([\w.]+)", page.text))
        assert len(page.content) + sum((STATIC / name).stat().st_size for name in files) < LIMIT, url
        assert "no-store" in page.headers["Cache-Control"]
        assert "style=" not in page.text and "<script>" not in page.text
        assert page.headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN")


def test_who_was_put_on_the_list_by_the_rule_reads_why_and_how_to_leave(inside, world):
    visit = world.appointment(situations.at(20, 9), patient=world.ana)
    WaitlistEntry.objects.filter(pk=world.wish_of_ana.pk).update(later_visit=visit, is_automatic=True, origin="rule")
    page = inside.get(door(world.clinic)).text
    assert "We put you on the list because you hold this visit" in page
    assert at("my-leave", world, world.wish_of_ana.pk) in page
    inside.post(at("my-leave", world, world.wish_of_ana.pk))
    assert "We put you on the list" not in inside.get(door(world.clinic)).text
