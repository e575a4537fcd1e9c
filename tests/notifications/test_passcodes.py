"""A code to one's own number: six digits stored nowhere, good once, for ten minutes and five tries, at one clinic."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from matching import tokens
from notifications import consent, outbox, passcodes, rendering, replies, rules
from notifications.models import Message, Passcode
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once, without_locks
from tests.factories import NOW
from tests.recorded import everything_recorded
from waitlist.tasks import refresh_clinic

pytestmark = pytest.mark.django_db
NUMBER, ADDRESS = "+14155550123", "ana@patients.example"
FROM = "203.0.113.9"
SOON = NOW + timedelta(seconds=20)


@pytest.fixture
def world():
    world = factories.World()
    factories.patient(world.clinic, NUMBER, ADDRESS, first_name="Ana", last_name="Pop", language="es")
    return world


def ask(world, value=NUMBER, *, now=NOW, address=FROM):
    kind = "email" if "@" in value else "phone"
    return passcodes.ask(world.clinic, kind, value, remote_addr=address, now=now)


def digits(code):
    return tokens.passcode(str(code.public_id))


def other(code):
    """Six digits that are not it."""
    return f"{(int(digits(code)) + 1) % 1_000_000:06d}"


def enter(world, code, typed, *, now=SOON):
    return passcodes.enter(world.clinic, code.public_id, typed, now=now)


# Forgotten.


def test_a_code_is_deleted_once_no_limit_counts_it_and_the_trail_keeps_it(world):
    old, counted = ask(world), ask(world, ADDRESS, now=NOW + timedelta(hours=2))
    elsewhere = ask(factories.World())
    enter(world, old, digits(old))
    later = NOW + passcodes.KEPT_FOR
    assert passcodes.forget(world.clinic, now=later - timedelta(seconds=1)) == 0
    assert passcodes.forget(world.clinic, now=later) == 1
    assert {code.pk for code in Passcode.objects.all()} == {counted.pk, elsewhere.pk}
    verbs = Entry.objects.filter(object_id=old.pk, verb__startswith="passcode.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["passcode.asked", "passcode.opened", "passcode.forgotten"]
    assert passcodes.forget(world.clinic, now=later) == 0


def test_the_hourly_refresh_forgets_them(world):
    code = ask(world)
    refresh_clinic(world.clinic.pk)
    assert not Passcode.objects.filter(pk=code.pk).exists()


# Guessed.


@pytest.mark.parametrize(
    ("limit", "elsewhere"), [("WRONG_PER_ADDRESS_A_DAY", True), ("WRONG_PER_CLINIC_A_DAY", False)]
)
def test_after_many_wrong_digits_nothing_opens_for_a_day(world, monkeypatch, limit, elsewhere):
    monkeypatch.setattr(passcodes, limit, 5)
    code = ask(world)
    for _ in range(5):
        assert enter(world, code, other(code)) is None
    later = NOW + timedelta(hours=2)
    again = ask(world, now=later)
    assert enter(world, again, digits(again), now=later) is None
    far = ask(world, ADDRESS, now=later, address="198.51.100.7")
    assert (enter(world, far, digits(far), now=later) is not None) is elsewhere
    next_day = NOW + timedelta(days=1, minutes=1)
    fresh = ask(world, now=next_day)
    assert enter(world, fresh, digits(fresh), now=next_day) is not None


# Sent.


@pytest.mark.parametrize(("value", "channel"), [(NUMBER, "sms"), (ADDRESS, "email")])
def test_it_goes_to_the_number_or_address_that_was_typed(world, value, channel):
    code = ask(world, value)
    assert passcodes.send(code.pk, now=NOW) and not passcodes.send(code.pk, now=NOW), "once"
    message = Message.objects.get(kind="passcode")
    assert (message.channel, message.contact_point.value) == (channel, value)
    assert message.not_after == NOW + timedelta(minutes=10)
    outbox.deliver_due(now=NOW)
    message.refresh_from_db()
    assert message.status in ("sent", "delivered")
    said = rendering.letter(message).html if channel == "email" else rendering.fill(message.text, message)
    assert digits(code) in said and ("código" in said or "codigo" in said)


def test_its_digits_are_stored_nowhere(world):
    code = ask(world)
    passcodes.send(code.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    enter(world, code, digits(code))
    with connection.cursor() as cursor:
        for table in ("notifications_passcode", "notifications_message", "audit_entry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ~ %s", [rf"\m{digits(code)}\M"])
            assert cursor.fetchone() == (0,), table
        cursor.execute("SELECT count(*) FROM notifications_passcode t WHERE t::text LIKE %s", [f"%{NUMBER[2:]}%"])
        assert cursor.fetchone() == (0,), "nor is what was typed"


def test_staff_who_read_the_conversation_see_no_code(client, world):
    code = ask(world)
    passcodes.send(code.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    point = consent.contact(world.clinic, "phone", NUMBER, now=NOW)
    replies.receive(world.clinic, sender=NUMBER, text="What is this?", provider_id="SM1", now=SOON)
    client.force_login(factories.user(world.clinic))
    shown = client.get(reverse("inbox-thread", args=[point.pk])).text
    assert "(their code)" in shown and digits(code) not in shown


def test_after_stop_there_is_none(world):
    consent.stop(consent.contact(world.clinic, "phone", NUMBER, now=NOW), source="keyword", now=NOW)
    code = ask(world)
    passcodes.send(code.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    message = Message.objects.get(kind="passcode")
    assert (message.status, message.refused_by) == ("refused", Rule.STOPPED)


def test_it_needs_no_consent_goes_at_night_and_costs_no_offer(world):
    point = consent.contact(world.clinic, "phone", NUMBER, now=NOW)
    type(point).objects.filter(pk=point.pk).update(granted=[])
    night = NOW + timedelta(hours=14)
    for n in range(3):
        code = ask(world, now=night + timedelta(seconds=n))
        passcodes.send(code.pk, now=night)
    outbox.deliver_due(now=night + timedelta(seconds=5))
    assert set(Message.objects.values_list("status", flat=True)) <= {"sent", "delivered"}
    assert rules.spent([point.pk], now=night)[point.pk].texts_day == 0, "or whoever types a number uses up its texts"


def test_a_number_nobody_is_known_by_gets_none_and_its_row_looks_alike(world):
    known, unknown = ask(world), ask(world, "+14155550188", address="203.0.113.10")
    assert not passcodes.send(unknown.pk, now=NOW) and passcodes.unsent(now=NOW, limit=9) == [known.pk]
    assert enter(world, unknown, digits(unknown)) is None, "whoever could guess it gets nowhere"
    unknown.refresh_from_db()
    assert (unknown.tries, unknown.contact_point) == (1, None)


def test_asking_is_the_same_work_whether_or_not_they_are_known(world):
    ask(world, ADDRESS)  # what is looked up once per process is known from here on
    done = []
    for value in (NUMBER, "+14155550188"):
        with CaptureQueriesContext(connection) as asked:
            ask(world, value)
        done.append([query["sql"].split()[0] for query in asked.captured_queries])
    assert done[0] == done[1] and done[0].count("INSERT") == 2


def test_what_a_lost_nudge_left_is_found_while_it_is_of_use(world):
    code = ask(world)
    assert passcodes.unsent(now=NOW + timedelta(minutes=9), limit=9) == [code.pk]
    late = NOW + timedelta(minutes=10)
    assert passcodes.unsent(now=late, limit=9) == [] and not passcodes.send(code.pk, now=late)


# Typed.


def test_it_opens_the_page_once(world):
    code = ask(world)
    assert enter(world, code, digits(code)) == code
    assert enter(world, code, digits(code)) is None, "a replay"
    assert passcodes.opened(world.clinic, code.public_id, now=SOON) == code
    over = SOON + timedelta(minutes=30)
    assert passcodes.opened(world.clinic, code.public_id, now=over - timedelta(seconds=1))
    assert passcodes.opened(world.clinic, code.public_id, now=over) is None


def test_closed_it_opens_nothing_more(world):
    code = ask(world)
    passcodes.close(code, now=SOON)
    assert enter(world, code, digits(code)), "it was not open yet"
    passcodes.close(code, now=SOON)
    assert passcodes.opened(world.clinic, code.public_id, now=SOON) is None


def test_it_holds_ten_minutes(world):
    code = ask(world)
    assert enter(world, code, digits(code), now=NOW + timedelta(minutes=10)) is None
    assert enter(world, code, digits(code), now=NOW + timedelta(minutes=9, seconds=59)) == code


def test_five_wrong_tries_end_it(world):
    code = ask(world)
    assert [enter(world, code, other(code)) for _ in range(5)] == [None] * 5
    assert enter(world, code, digits(code)) is None
    code.refresh_from_db()
    assert (code.tries, code.opened_at) == (5, None)


def test_after_four_wrong_tries_it_still_opens(world):
    code = ask(world)
    for _ in range(4):
        enter(world, code, other(code))
    assert enter(world, code, digits(code)) == code


@pytest.mark.parametrize("typed", ["", "١٢٣٤٥٦", "12345", "0000000", "abcdef"])
def test_what_are_no_digits_of_it_is_wrong(world, typed):
    code = ask(world)
    assert enter(world, code, typed) is None


def test_a_code_of_another_clinic_opens_nothing(world):
    elsewhere = factories.World()
    factories.patient(elsewhere.clinic, NUMBER)
    code = ask(world)
    assert passcodes.enter(elsewhere.clinic, code.public_id, digits(code), now=SOON) is None
    assert passcodes.enter(world.clinic, uuid4(), digits(code), now=SOON) is None
    enter(world, code, digits(code))
    assert passcodes.opened(elsewhere.clinic, code.public_id, now=SOON) is None


def test_it_still_opens_when_the_key_is_changed(world, settings):
    code = ask(world)
    typed = digits(code)
    settings.TOKEN_KEYS = ["a newer key", *settings.TOKEN_KEYS]
    assert digits(code) != typed and enter(world, code, typed) == code


# At once.


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_typed_at_the_same_moment_it_opens_once():
    assert sum(_typed_at_once()) == 1
    assert Passcode.objects.get().opened_at == SOON


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_without_the_lock_it_would_open_twice(monkeypatch):
    """Both have read the row before either writes."""
    without_locks(monkeypatch)
    both, fits = threading.Barrier(2), tokens.is_passcode

    def after_both_have_read(public_id, typed):
        both.wait(10)
        return fits(public_id, typed)

    monkeypatch.setattr(passcodes.tokens, "is_passcode", after_both_have_read)
    assert sum(_typed_at_once()) == 2


def _typed_at_once(count=2):
    world = factories.World()
    factories.patient(world.clinic, NUMBER)
    code = ask(world)
    found = at_once([lambda: enter(world, code, digits(code))] * count)
    return [one is not None for one in found]


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_wrong_ones_typed_at_once_are_each_counted():
    world = factories.World()
    factories.patient(world.clinic, NUMBER)
    code = ask(world)
    assert at_once([lambda: enter(world, code, other(code))] * 8) == [None] * 8
    assert Passcode.objects.get().tries == 5, "and no more than five"
    assert enter(world, code, digits(code)) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_asked_for_at_once_none_is_one_too_many(monkeypatch):
    monkeypatch.setattr(passcodes, "PER_NUMBER_AN_HOUR", 2)
    world = factories.World()
    factories.patient(world.clinic, NUMBER)
    asked = at_once([lambda: ask(world)] * 6)
    assert sum(one is not None for one in asked) == Passcode.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.alone
def test_without_waiting_for_one_another_more_would_be(monkeypatch):
    """All have counted before any writes."""
    monkeypatch.setattr(passcodes, "PER_NUMBER_AN_HOUR", 2)
    monkeypatch.setattr(passcodes, "_one_at_a_time", lambda clinic, network: None)
    world, all_of_them, too_many = factories.World(), threading.Barrier(6), passcodes._too_many

    def counted_together(*args, **options):
        found = too_many(*args, **options)
        all_of_them.wait(10)
        return found

    monkeypatch.setattr(passcodes, "_too_many", counted_together)
    at_once([lambda: ask(world)] * 6)
    assert Passcode.objects.count() == 6


# Too many.


def test_a_number_gets_three_an_hour_and_six_a_day_known_or_not(world):
    for value in (NUMBER, "+14155550188"):
        base = Passcode.objects.count()
        for hour in range(4):
            for n in range(4):
                ask(world, value, now=NOW + timedelta(hours=2 * hour, seconds=n), address=f"198.51.100.{hour}")
        assert Passcode.objects.count() - base == 6
    assert ask(world, now=NOW + timedelta(hours=25), address="198.51.100.9")


def test_a_household_asks_ten_times_an_hour(world):
    asked = [ask(world, f"+1415555{200 + n:04d}", address=f"2001:db8:1:2::{n}") for n in range(11)]
    assert [one is not None for one in asked] == [True] * 10 + [False]
    assert ask(world, address="2001:db8:1:3::1"), "the neighbours may"
    assert ask(world, address=None), "and who comes from nowhere known"


def test_a_clinic_sends_so_many_an_hour(world, monkeypatch):
    monkeypatch.setattr(passcodes, "PER_CLINIC_AN_HOUR", 2)
    asked = [ask(world, f"+1415555{200 + n:04d}", address=f"198.51.100.{n}") for n in range(3)]
    assert asked[2] is None
    assert ask(factories.World()), "another clinic has its own"


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_recorded():
    world = factories.World()
    factories.patient(world.clinic, NUMBER)
    with everything_recorded() as changed:
        code = ask(world)
        passcodes.send(code.pk, now=NOW)
        enter(world, code, other(code))
        enter(world, code, digits(code))
        passcodes.close(code, now=SOON)
    assert "notifications_passcode" in changed
