"""The join page: whoever sends it is asked for nothing before their number has replied START, and learns nothing."""

import threading
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
import segno
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import cascade
from notifications import consent, outbox, rendering, replies
from notifications.consent import texts
from notifications.models import Consent, ContactPoint, Join, Message, PatientContact
from tests import factories
from tests.at_once import wait_until_blocked
from tests.factories import NOW
from tests.recorded import everything_recorded
from waitlist import joining, roster
from waitlist.entries import Wish
from waitlist.joins import Agreed
from waitlist.models import Clinic, Patient, WaitlistEntry
from waitlist.people import Person

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"
LATER = NOW + timedelta(minutes=5)
ANA = Person("Ana", "Pop", phone=NUMBER, email="ana@patients.example", timezone="America/Denver", language="es")


@pytest.fixture
def world():
    return factories.World(takes_joins=True)


def agreed(world, address="203.0.113.9"):
    return Agreed(texts.join_sentence(world.clinic), texts.JOIN_PAGE, address)


def ask(world, person=ANA, *, now=NOW, address="203.0.113.9", service=None):
    wish = Wish(((service or world.service).pk,))
    return joining.ask(world.clinic, person, wish, agreed(world, address), now=now)


def reply(world, text="START", *, now=LATER, **options):
    return replies.receive(
        world.clinic, sender=NUMBER, text=text, provider_id=f"SM{now.timestamp()}{text}", now=now, **options
    )


def answers():
    return [m.context["answer"] for m in Message.objects.filter(kind="answer").order_by("pk")]


# Asked, and confirmed.


def test_a_wish_rests_until_its_number_says_start(world):
    assert ask(world)
    entry = WaitlistEntry.objects.get()
    assert (entry.status, entry.paused_until, entry.added_at) == ("paused", None, NOW)
    assert (entry.patient.name, entry.patient.timezone, entry.patient.language) == ("Ana Pop", "America/Denver", "es")
    assert not Consent.objects.exists()
    assert [point.granted for point in ContactPoint.objects.all()] == [[], []]
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    assert not slot.offers.exists(), "nobody is asked before"

    outbox.deliver_due(now=NOW)
    asked = Message.objects.get(kind="opt_in")
    assert asked.status == "delivered" and "START" in asked.text and "STOP" in asked.text

    heard = reply(world)
    entry.refresh_from_db()
    assert entry.status == "active"
    phone, email = (ContactPoint.objects.get(kind=kind) for kind in ("phone", "email"))
    assert (phone.granted, email.granted) == (["offers:sms"], ["offers:email"])
    lines = Consent.objects.filter(contact_point=phone).order_by("at")
    assert [(line.source, line.at, line.text_version, line.remote_addr) for line in lines] == [
        ("form", NOW, "join-1", "203.0.113.9"),
        ("keyword", LATER, "join-1", "203.0.113.9"),
    ]
    join = Join.objects.get()
    assert (join.confirmed_at, join.confirmed_by) == (LATER, heard)
    assert str(world.clinic) in join.text and "at most 3 offers a week" in join.text
    assert answers() == ["joined"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_has_joined_reads_where_to_change_it(world, settings, language):
    settings.PUBLIC_URL = "https://standby.example.com"
    Clinic.objects.update(name="Radiance Med Spa", slug="radiance-med-spa")
    ask(world, replace(ANA, language=language))
    reply(world)
    said = rendering.render(Message.objects.get(kind="answer"))
    assert "https://standby.example.com/my/radiance-med-spa/ STOP" in said and rendering.segments(said) == 1
    assert "3 a week" in said or "3 por semana" in said


@pytest.mark.parametrize("text", ["YES", "ok", "C", "hello", "STOP", "pause"])
def test_nothing_else_confirms_it(world, text):
    ask(world)
    reply(world, text)
    assert WaitlistEntry.objects.get().status == "paused"
    assert not Consent.objects.filter(granted=True).exists()


def test_start_that_the_carrier_has_answered_confirms_it_too(world):
    ask(world)
    reply(world, already_answered=True, carrier="START")
    assert WaitlistEntry.objects.get().status == "active" and answers() == []


def test_start_lifts_an_old_stop_and_confirms(world):
    reply(world, "STOP", now=NOW)
    ask(world, now=NOW + timedelta(minutes=1))
    outbox.deliver_due(now=NOW + timedelta(minutes=1))
    assert Message.objects.get(kind="opt_in").status == "refused", "nothing is sent after STOP"
    reply(world, now=NOW + timedelta(minutes=9))
    assert ContactPoint.objects.get(kind="phone").granted == ["offers:sms"]
    assert WaitlistEntry.objects.get().status == "active"


def test_joining_twice_is_one_wish_and_one_text(world):
    for minute in range(2):
        assert ask(world, now=NOW + timedelta(minutes=minute))
    assert (Patient.objects.count(), WaitlistEntry.objects.count(), Join.objects.count()) == (1, 1, 2)
    assert Message.objects.filter(kind="opt_in").count() == 1
    reply(world)
    assert not Join.objects.filter(confirmed_at=None).exists()
    ask(world, now=LATER + timedelta(minutes=1))
    assert WaitlistEntry.objects.get().status == "active", "who waits goes on waiting"
    assert Message.objects.filter(kind="opt_in").count() == 1


def test_what_rests_is_asked_for_start_and_wakes_by_it(world):
    ask(world)
    reply(world)
    WaitlistEntry.objects.update(status="paused", still_asked_at=LATER, silent_since=LATER, origin="desk")
    ask(world, now=NOW + timedelta(days=60))
    assert Message.objects.filter(kind="opt_in").count() == 2
    entry = WaitlistEntry.objects.get()
    assert (entry.status, entry.silent_since) == ("paused", LATER), "a stranger may have typed the number"
    reply(world, now=NOW + timedelta(days=60, minutes=5))
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since, entry.added_at) == ("active", None, NOW)
    notes = Consent.objects.filter(source="form").order_by("-pk").values_list("note", flat=True)
    assert notes[0].startswith("join page"), "wherever the wish began"


def test_two_wishes_are_confirmed_by_one_start(world):
    ask(world)
    ask(world, service=factories.service(world.clinic), now=NOW + timedelta(minutes=1))
    reply(world)
    assert [entry.status for entry in WaitlistEntry.objects.all()] == ["active", "active"]
    assert answers() == ["joined"]


# Whoever is known.


def test_what_a_stranger_types_changes_nobody(world):
    known = factories.patient(world.clinic, NUMBER, first_name="Ana", last_name="Pop", timezone="America/Chicago")
    waiting = world.entry(known)
    stranger = Person("ana", "POP", phone=NUMBER, email="other@evil.example", timezone="America/Denver", language="vi")
    ask(world, stranger)
    ask(world, stranger, service=factories.service(world.clinic), now=NOW + timedelta(hours=2))
    known.refresh_from_db()
    assert (known.first_name, known.timezone, known.language) == ("Ana", "America/Chicago", "en")
    assert [use.contact_point.value for use in known.contacts.all()] == [NUMBER]
    waiting.refresh_from_db()
    assert waiting.status == "active"
    other = WaitlistEntry.objects.exclude(pk=waiting.pk).get()
    assert (other.patient, other.status) == (known, "paused"), "a new wish waits for their word"


def test_another_persons_address_is_not_taken(world):
    victim = factories.patient(world.clinic, email="ana@patients.example", first_name="Ana", last_name="Pop")
    ask(world)
    reply(world)
    assert set(victim.contact_points.values_list("value", flat=True)) & {NUMBER} == set()
    joined = Patient.objects.exclude(pk=victim.pk).get()
    assert [use.contact_point.value for use in joined.contacts.all()] == [NUMBER]


def test_an_address_is_nobodys_until_the_number_has_said_start(world):
    """Or whoever types another's number and their own address could open that other's page, and end their messages."""
    ask(world)
    joined = Patient.objects.get()
    assert [use.contact_point.value for use in joined.contacts.all()] == [NUMBER]
    reply(world)
    assert [use.contact_point.value for use in joined.contacts.order_by("position")] == [NUMBER, ANA.email]


def test_an_address_that_is_somebody_elses_meanwhile_stays_theirs(world):
    ask(world)
    other = factories.patient(world.clinic, email=ANA.email, first_name="Ben")
    reply(world)
    assert [use.patient_id for use in PatientContact.objects.filter(contact_point__kind="email")] == [other.pk]
    assert ContactPoint.objects.get(kind="email").granted == []


def test_whom_staff_accept_has_the_address_they_typed(world):
    ask(world)
    assert joining.accept(WaitlistEntry.objects.get().pk, now=LATER)
    assert PatientContact.objects.filter(contact_point__value=ANA.email).exists()


def test_a_family_joins_by_one_number(world):
    factories.patient(world.clinic, NUMBER, first_name="Ben")
    ask(world)
    assert Patient.objects.filter(contacts__contact_point__value=NUMBER).count() == 2


@pytest.mark.parametrize("word", ["YES", "ok", "sure, why not"])
def test_whoever_answers_with_another_word_hears_which_one_it_is(world, word):
    ask(world)
    reply(world, word)
    assert answers() == ["to_join"]
    assert WaitlistEntry.objects.get().status == "paused" and not Consent.objects.exists()
    reply(world, "START", now=LATER + timedelta(minutes=1))
    assert answers() == ["to_join", "joined"]


# Not confirmed.


def test_what_nobody_confirms_leaves_the_list_after_seven_days(world):
    ask(world)
    late = NOW + timedelta(days=7)
    assert joining.expire(world.clinic, now=late - timedelta(minutes=1)) == 0
    assert joining.expire(world.clinic, now=late) == 1
    assert joining.expire(world.clinic, now=late) == 0
    assert WaitlistEntry.objects.get().status == "removed"
    assert Join.objects.get().expired_at == late
    reply(world, now=late + timedelta(minutes=1))
    assert WaitlistEntry.objects.get().status == "removed" and answers() == ["started"]


def test_what_staff_made_of_it_stays(world):
    ask(world)
    roster.resume(WaitlistEntry.objects.get().pk, now=NOW)
    joining.expire(world.clinic, now=NOW + timedelta(days=8))
    assert WaitlistEntry.objects.get().status == "active"


@pytest.mark.django_db(transaction=True)
def test_staff_accept_whom_they_have_spoken_to(client, world):
    ask(world)
    client.force_login(factories.user(world.clinic))
    entry = WaitlistEntry.objects.get()
    assert "their number has not replied START yet" in client.get(reverse("waitlist")).text
    with everything_recorded():
        shown = client.post(reverse("entry-accept", args=[entry.pk]), follow=True).text
    assert "Ana Pop waits from now on." in shown and "not replied START" not in shown
    entry.refresh_from_db()
    assert entry.status == "active" and not Consent.objects.exists(), "what may be sent is another matter"
    assert joining.expire(world.clinic, now=NOW + timedelta(days=8)) == 0
    assert "was not waiting for that" in client.post(reverse("entry-accept", args=[entry.pk]), follow=True).text


# Too many.


def test_an_address_may_send_ten_an_hour(world):
    people = [Person("Ana", f"No{n}", phone=f"+1415555{200 + n:04d}") for n in range(11)]
    assert [ask(world, person) for person in people] == [True] * 10 + [False]
    assert Join.objects.count() == 10
    assert ask(world, people[10], address="203.0.113.10")
    assert ask(world, people[10], now=NOW + timedelta(hours=1, minutes=1))


def test_a_number_is_asked_thrice_a_day_and_nobody_is_told(world):
    for n in range(5):
        service = factories.service(world.clinic)
        assert ask(world, address=f"203.0.113.{n}", service=service, now=NOW + timedelta(hours=2 * n))
    assert Join.objects.count() == 3
    assert Message.objects.filter(kind="opt_in").count() == 3


def test_a_household_with_many_addresses_is_one(world, monkeypatch):
    monkeypatch.setattr(joining, "PER_ADDRESS_AN_HOUR", 1)
    others = [Person("Ana", f"No{n}", phone=f"+1415555{300 + n:04d}") for n in range(4)]
    asked_from = ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", "2001:db8:1:3::5", "203.0.113.10")
    assert [ask(world, who, address=address) for who, address in zip(others, asked_from, strict=True)] == [
        *(True, False),
        *(True, True),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_two_at_once_are_not_both_the_last_one_allowed(monkeypatch):
    assert sum(_two_at_once(monkeypatch)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_without_the_lock_both_would_be(monkeypatch):
    monkeypatch.setattr(joining, "_one_at_a_time", lambda address: None)
    assert sum(_two_at_once(monkeypatch)) == 2


def _two_at_once(monkeypatch):
    """One is counted and not yet written when the other comes."""
    monkeypatch.setattr(joining, "PER_ADDRESS_AN_HOUR", 1)
    world, greet, results = factories.World(takes_joins=True), joining.people.greet, []
    first, second = (Person("Ana", f"No{n}", phone=f"+1415555{200 + n:04d}") for n in range(2))

    def late():
        results.append(ask(world, second))
        connections.close_all()

    thread = threading.Thread(target=late)

    def greet_while_the_other_comes(*args, **options):
        if thread.ident is None:
            thread.start()
            wait_until_blocked(thread)
        return greet(*args, **options)

    monkeypatch.setattr(joining.people, "greet", greet_while_the_other_comes)
    results.append(ask(world, first))
    thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_recorded(world):
    other = factories.service(world.clinic)
    with everything_recorded() as changed:
        ask(world)
        reply(world)
        ask(world, service=other, now=LATER)
        joining.expire(world.clinic, now=NOW + timedelta(days=8))
    assert changed >= {"notifications_join", "waitlist_waitlistentry", "waitlist_patient", "notifications_consent"}


# The page.


def typed(world, **fields):
    return {
        "first_name": "Ana",
        "last_name": "Pop",
        "phone": "(415) 555-0123",
        "email": "",
        "language": "en",
        "timezone": "America/Los_Angeles",
        "services": [world.service.pk],
        "agrees": "on",
        "website": "",
        "t-TOTAL_FORMS": "1",
        "t-INITIAL_FORMS": "1",
        "t-0-days": ["0", "2"],
        "t-0-starts": "09:00",
        "t-0-ends": "17:00",
        **fields,
    }


@pytest.fixture
def url(world):
    return reverse("join", args=[world.clinic.slug])


@pytest.mark.django_db(transaction=True)
def test_the_page_asks_and_answers_everybody_alike(client, world, url):
    page = client.get(url)
    assert texts.join_sentence(world.clinic) in page.text
    assert len(page.content) < 30_000
    factories.patient(world.clinic, "+14155550188", first_name="Ben", last_name="Pop")
    new = client.post(url, typed(world), follow=True)
    known = client.post(url, typed(world, first_name="Ben", phone="+1 415 555 0188"), follow=True)
    robot = client.post(url, typed(world, phone="+1 415 555 0177", website="http://spam.example"), follow=True)
    assert new.status_code == 200 and "Reply START" in new.text
    assert new.text == known.text == robot.text
    assert "No text within two minutes, or in the morning? If you once texted STOP to us" in new.text
    assert f'href="sms:{world.clinic.sms_sender}"' in new.text
    assert Join.objects.count() == 2
    entry = WaitlistEntry.objects.get(patient__first_name="Ana")
    assert entry.availabilities.get().days == 0b101


@pytest.mark.django_db(transaction=True)
def test_who_once_stopped_is_told_how_to_come_back_by_the_same_page_as_everybody(client, world, url):
    """No text can ask them; but the START they are told to send is the word their form waits for."""
    new = client.post(url, typed(world), follow=True)
    patient = factories.patient(world.clinic, "+14155550188", first_name="Ben", last_name="Pop")
    consent.stop(patient.contact_points.get(), source="keyword", now=timezone.now())
    stopped = client.post(url, typed(world, first_name="Ben", phone="+1 415 555 0188"), follow=True)
    assert stopped.text == new.text
    replies.receive(world.clinic, sender="+14155550188", text="START", provider_id="back", now=timezone.now())
    assert WaitlistEntry.objects.get(patient=patient).status == "active"
    assert "offers:sms" in patient.contact_points.get().granted


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("first_name", "", "Please tell us your first name."),
        ("phone", "", "We need a number that takes texts."),
        ("phone", "800 555 0123", "a toll-free number"),
        ("phone", "+44 20 7946 0018", "numbers of the United States and Canada only"),
        ("email", "ana at example", "not an e-mail address"),
        ("services", [], "Choose at least one."),
        ("services", ["999999"], "not one of the available choices"),
        ("agrees", "", "Without this we may not text you."),
        ("timezone", "Mars/Base", "not one of the available choices"),
        ("t-0-days", [], "Choose at least one day."),
        ("t-0-ends", "08:00", "Until has to be later than from."),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_what_is_wrong_is_said_at_its_field(client, world, url, field, value, words):
    answer = client.post(url, typed(world, **{field: value}))
    assert answer.status_code == 200 and words in answer.text
    assert not Join.objects.exists() and not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_too_many_from_one_address_are_turned_away(client, world, url, monkeypatch):
    monkeypatch.setattr(joining, "PER_ADDRESS_AN_HOUR", 1)
    assert client.post(url, typed(world)).status_code == 302
    answer = client.post(url, typed(world, phone="+1 415 555 0188"))
    assert answer.status_code == 429 and "Too many forms" in answer.text


@pytest.mark.django_db(transaction=True)
def test_too_many_for_one_clinic_are_turned_away_from_wherever_they_come(client, world, url, monkeypatch):
    monkeypatch.setattr(joining, "PER_CLINIC_AN_HOUR", 1)
    assert client.post(url, typed(world)).status_code == 302
    answer = client.post(url, typed(world, phone="+1 415 555 0188"), REMOTE_ADDR="192.0.2.77")
    assert answer.status_code == 429
    other = factories.World(takes_joins=True)
    assert client.post(reverse("join", args=[other.clinic.slug]), typed(other)).status_code == 302


def test_there_is_no_page_where_the_clinic_has_not_switched_it_on(client, world, url):
    Clinic.objects.update(takes_joins=False)
    assert client.get(url).status_code == client.post(url, typed(world)).status_code == 404
    assert client.get(reverse("join", args=["nowhere"])).status_code == 404
    assert client.get(reverse("join-sent", args=[world.clinic.slug])).status_code == 404


def test_a_form_from_another_site_is_refused(world, url):
    assert Client(enforce_csrf_checks=True).post(url, typed(world)).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_switch(client, world):
    Clinic.objects.update(takes_joins=False)
    client.force_login(factories.user(world.clinic, "manager"))
    page = reverse("join-page")
    assert "join-page" in client.get(reverse("settings")).text
    client.post(page, {"takes_joins": "on", "clinic": world.clinic.pk})
    assert Clinic.objects.get(pk=world.clinic.pk).takes_joins
    assert reverse("join", args=[world.clinic.slug]) in client.get(page).text


def test_an_unknown_service_is_refused_below_the_form_too(world):
    with pytest.raises(ValidationError):
        ask(world, service=factories.service(factories.clinic()))


# Inside the clinic's own site.


@pytest.fixture
def no_demo(settings) -> None:
    """As in production: the demo lets its phones frame the page, too."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("config.demo.")]


def test_only_sites_the_clinic_names_may_show_the_form(client, world, url, no_demo):
    pages = [url, reverse("join-sent", args=[world.clinic.slug])]
    for page in pages:
        headers = client.get(page).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and headers["X-Frame-Options"] == "DENY"
    Clinic.objects.filter(pk=world.clinic.pk).update(join_origins="https://www.example.com https://example.com:8443")
    for page in pages:
        headers = client.get(page).headers
        assert "frame-ancestors https://www.example.com https://example.com:8443" in headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in headers
        assert "script-src 'self'" in headers["Content-Security-Policy"], "nothing else is let in"
    others = factories.World(takes_joins=True).clinic
    for page in (reverse("join", args=[others.slug]), reverse("my", args=[world.clinic.slug]), reverse("login")):
        headers = client.get(page).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and headers["X-Frame-Options"] == "DENY"


def test_in_the_demo_the_phones_may_frame_it_beside_them(client, world, url):
    Clinic.objects.update(join_origins="https://www.example.com")
    policy = client.get(url).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com" in policy


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 302),
        ("https://www.example.com", 403),  # allowed to frame it, not to send for us
        ("null", 403),
        ("http://testserver.example", 403),
        ("", 403),
    ],
)
def test_in_a_frame_which_keeps_no_cookie_the_origin_stands_for_the_token(world, url, origin, status):
    Clinic.objects.update(join_origins="https://www.example.com")
    strict = Client(enforce_csrf_checks=True)
    named = {"headers": {"origin": origin}} if origin else {}
    assert strict.post(url, typed(world), **named).status_code == status
    assert Join.objects.exists() == (status == 302)


@pytest.mark.django_db(transaction=True)
def test_sites_are_named_one_a_line_and_the_page_shows_what_to_paste(client, world):
    client.force_login(factories.user(world.clinic, "manager"))
    page = reverse("join-page")
    assert "&lt;iframe" not in client.get(page).text
    sites = "https://WWW.Example.com/\n\nhttps://example.com:8443\nhttps://www.example.com"
    said = client.post(page, {"takes_joins": "on", "clinic": world.clinic.pk, "origins": sites}, follow=True).text
    world.clinic.refresh_from_db()
    assert world.clinic.join_origins == "https://www.example.com https://example.com:8443"
    assert "&lt;iframe" in said and reverse("join", args=[world.clinic.slug]) in said
    client.post(page, {"takes_joins": "on", "clinic": world.clinic.pk, "origins": ""})
    world.clinic.refresh_from_db()
    assert world.clinic.join_origins == ""


@pytest.mark.parametrize(
    "site",
    [
        *("http://www.example.com", "www.example.com", "https://www.example.com/waitlist", "https://*.example.com"),
        *("https://user@example.com", "https://example.com;script-src *", "https://a..example.com", "'self'", "*"),
        *("https://example.com https://other.example", "javascript:alert(1)", "https://example.com:123456"),
    ],
)
def test_what_is_no_site_is_refused_at_its_field(client, world, site):
    client.force_login(factories.user(world.clinic, "manager"))
    said = client.post(reverse("join-page"), {"takes_joins": "on", "clinic": world.clinic.pk, "origins": site}).text
    assert "is no address of a site: write it like https://www.example.com" in said
    world.clinic.refresh_from_db()
    assert world.clinic.join_origins == ""


@pytest.mark.parametrize("origins", ["*", "http://example.com", "https://example.com; script-src *", "https://a.b  "])
def test_the_database_keeps_no_other_either(world, origins):
    with pytest.raises(IntegrityError, match="clinic_join_origins_are_https"), transaction.atomic():
        Clinic.objects.update(join_origins=origins)


def test_at_most_ten_sites(client, world):
    client.force_login(factories.user(world.clinic, "manager"))
    sites = "\n".join(f"https://s{n}.example.com" for n in range(11))
    assert "10 sites at most." in client.post(reverse("join-page"), {"origins": sites}).text


def test_the_code_for_a_poster_is_a_picture_of_the_address(client, world, settings):
    settings.PUBLIC_URL = "https://standby.example.com"
    client.force_login(factories.user(world.clinic, "manager"))
    drawn = client.get(reverse("join-qr"))
    assert drawn.headers["Content-Type"] == "image/svg+xml" and drawn.content.lstrip().startswith(b"<?xml")
    assert b"<script" not in drawn.content and b"<path" in drawn.content
    there = f"https://standby.example.com/join/{world.clinic.slug}/"
    again = BytesIO()
    segno.make(there, error="m").save(again, kind="svg", scale=8, border=4, light="#fff")
    assert drawn.content == again.getvalue()
    Clinic.objects.update(takes_joins=False)
    assert client.get(reverse("join-qr")).status_code == 404
