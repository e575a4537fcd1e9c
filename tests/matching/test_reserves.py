"""Who was too late and wants it still: booked or asked first, in their order, before any new wave; and the races."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from audit.models import Entry
from matching import cascade, claims, returns, work
from matching.answering import reserves
from matching.claims import Claim
from matching.models import Offer
from matching.policy.policies import Wave
from matching.states import Reserve
from notifications.channels import Outcome, Result
from notifications.models import ContactPoint, Message, PatientContact
from notifications.outbox import checks, results
from tests import factories
from tests.at_once import at_once, wait_until_blocked
from tests.factories import NOW, World
from tests.matching.kept import MINUTE, after, fresh, offered, told
from tests.matching.steps import policy
from waitlist import fees, slots, vacancies
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback


def won(prompt: str = "", **fields) -> tuple[World, Slot, list[Offer]]:
    """The first of three has it; three more wait."""
    world, slot, offers = offered(prompt=prompt, more=3, **fields)
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.BOOKED
    return world, slot, offers


def keep(offer: Offer, how: Reserve = Reserve.ASK, *, now=NOW) -> bool:
    return reserves.keep(offer.pk, how, now=now)


def give_back(offers: list[Offer], *, now=NOW) -> None:
    assert returns.cancel_in_grace(offers[0].pk, now=now)


def holder(slot: Slot) -> int | None:
    visit = Appointment.objects.filter(filled_slot=slot, status="booked").first()
    return visit.patient_id if visit else None


@pytest.mark.django_db
def test_who_chose_so_is_booked_in_the_moment_it_comes_free_and_hears_of_it():
    world, slot, offers = won()
    world.connection(writeback_url="https://calendar.example/hook")
    assert keep(offers[1], Reserve.BOOK)
    Writeback.objects.update(status="confirmed")
    Message.objects.filter(kind="writeback").update(status="delivered")
    give_back(offers, now=after(5))
    assert holder(slot) == offers[1].patient_id
    mine = Offer.objects.get(pk=offers[1].pk)
    assert (mine.state, mine.answered_by, mine.reserve) == ("accepted", "reserve", "")
    assert Message.objects.filter(kind="booked", offer=mine).count() == 1
    line = Entry.objects.get(verb="offer.accepted", object_id=mine.pk)
    assert (line.actor_kind, line.actor_ref) == ("system", None)  # not the doing of who gave it back
    assert cascade.advance(slot.pk, now=after(5)) == 0
    assert slot.offers.count() == 3
    assert Counter(Writeback.objects.values_list("kind", "appointment__status")) == {
        ("booked", "cancelled"): 1, ("cancelled", "cancelled"): 1, ("booked", "booked"): 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_who_is_booked_at_night_has_the_free_minutes_in_the_morning():
    """Nobody texts them before eight, so until then they cannot know that it is theirs."""
    _, _, offers = offered(prompt="")
    night, morning = NOW.replace(day=24, hour=6, minute=30), NOW.replace(day=24, hour=16)  # 22:30, 8:00 there
    assert claims.claim(offers[0].pk, via="link", now=night) == Claim.BOOKED
    assert keep(offers[1], Reserve.BOOK, now=night) and keep(offers[2], now=night)
    give_back(offers, now=night + 5 * MINUTE)
    text = Message.objects.get(kind="booked", offer=offers[1])
    assert checks.look(text, now=night + 5 * MINUTE).wait_until == morning
    mine = returns.OF_A_YES.get(pk=offers[1].pk)
    assert returns.grace_ends_at(mine) == morning + 15 * MINUTE
    assert reserves.frees_until(mine.slot, offers[2].patient_id, now=morning) == morning + 15 * MINUTE
    last = morning + 14 * MINUTE
    assert fees.due(mine.slot.filled_by, mine.slot, now=last).cents == 0
    assert returns.cancel_in_grace(mine.pk, now=last)
    assert claims.claim(offers[2].pk, via="link", now=last) == Claim.BOOKED
    assert returns.grace_ends_at(returns.OF_A_YES.get(pk=offers[2].pk)) == last + 15 * MINUTE


@pytest.mark.django_db
def test_the_calendar_frees_the_time_before_it_hears_of_the_reserve():
    world, _, offers = won()
    world.connection(writeback_url="https://calendar.example/hook")
    Writeback.objects.update(status="confirmed")
    keep(offers[1], Reserve.BOOK)
    give_back(offers)
    freed, booked = Message.objects.filter(kind="writeback").order_by("pk")
    assert (freed.writeback.kind, booked.writeback.kind) == ("cancelled", "booked")
    assert checks.look(freed, now=NOW).may_go and checks.look(booked, now=NOW).wait_until is not None
    Message.objects.filter(pk=freed.pk).update(status="delivered")
    assert checks.look(booked, now=NOW).may_go


@pytest.mark.django_db
def test_they_come_in_the_order_of_asking_for_it():
    _, slot, offers = won()
    assert keep(offers[2], Reserve.BOOK, now=after(1)) and keep(offers[1], Reserve.BOOK, now=after(2))
    assert keep(offers[2], Reserve.BOOK, now=after(3))  # saying it twice loses no place
    give_back(offers, now=after(5))
    assert holder(slot) == offers[2].patient_id


@pytest.mark.django_db
def test_who_is_booked_elsewhere_by_now_is_passed_over():
    _, slot, offers = won()
    keep(offers[1], Reserve.BOOK)
    keep(offers[2], Reserve.BOOK, now=after(1))
    WaitlistEntry.objects.filter(pk=offers[1].entry_id).update(status="booked")
    give_back(offers, now=after(5))
    assert holder(slot) == offers[2].patient_id
    assert fresh(offers[1]).reserve == ""


@pytest.mark.django_db
def test_who_has_another_visit_then_is_passed_over_and_nothing_of_the_try_is_left():
    world, slot, offers = won()
    for n, offer in enumerate(offers[1:]):
        keep(offer, Reserve.BOOK, now=after(n))
    elsewhere = World().practitioner
    world.appointment(slot.starts_at, patient=offers[1].patient, practitioner=elsewhere)
    give_back(offers, now=after(5))
    assert holder(slot) == offers[2].patient_id
    assert (fresh(offers[1]).state, offers[1].reserve) == ("retracted", "")


@pytest.mark.django_db
def test_who_wants_to_be_asked_is_asked_before_anybody_new_with_time_of_their_own():
    _, slot, offers = won()
    keep(offers[1])
    give_back(offers, now=after(5))
    assert fresh(slot).state == "open"
    assert cascade.advance(slot.pk, now=after(5)) == 0
    mine = Offer.objects.get(pk=offers[1].pk)
    assert (mine.state, mine.reserve, mine.rounds) == ("pending", "asked", 2)
    assert mine.expires_at == after(5 + 60)  # decision R5, thirty hours ahead
    assert sorted(mine.messages.values_list("dedupe_key", flat=True)) == [
        f"offer:{mine.pk}:sms", f"offer:{mine.pk}:sms:2", f"retracted:{mine.pk}:sms",
    ]  # fmt: skip
    assert (fresh(slot).state, slot.offers.count()) == ("offering", 3)
    for minute in (6, 30, 64):
        assert cascade.advance(slot.pk, now=after(minute)) == 0
    assert slot.offers.count() == 3
    told([mine])
    assert cascade.advance(slot.pk, now=after(65)) == 3  # silence: now the next wave
    assert claims.claim(mine.pk, via="link", now=after(66)) == Claim.BOOKED  # late, but free


@pytest.mark.django_db
def test_who_could_still_answer_has_no_less_time_when_asked_as_reserve():
    """They hold to the hours their own wave gave them, not to the minutes of the latest."""
    slow, quick = Wave(size=2, window_minutes=240), Wave(after_minutes=10, size=2, window_minutes=10)
    _, slot, offers = offered(people=2, more=2, policy=policy(slow, quick))
    cascade.advance(slot.pk, now=after(10))
    assert slot.offers.count() == 4
    assert claims.claim(offers[0].pk, via="link", now=after(11)) == Claim.HELD
    assert keep(offers[1], now=after(11))
    cascade.advance(slot.pk, now=after(13))  # the hold lapsed
    assert (fresh(offers[1]).reserve, offers[1].expires_at) == ("asked", after(13 + 240))
    assert offers[1].messages.get(dedupe_key__endswith=":2").context["expires_at"] == after(253).isoformat()


@pytest.mark.django_db
def test_a_no_lets_the_next_in_reserve_come_and_then_the_wave():
    _, slot, offers = won()
    keep(offers[1])
    keep(offers[2], now=after(1))
    give_back(offers, now=after(5))
    cascade.advance(slot.pk, now=after(5))
    assert [fresh(offer).reserve for offer in offers[1:]] == ["asked", "ask"]
    for minute, offer in ((6, offers[1]), (7, offers[2])):
        assert claims.decline(offer.pk, reason="", via="link", now=after(minute)) == Claim.DECLINED
        asked = cascade.advance(slot.pk, now=after(minute))
    assert asked == 3


@pytest.mark.django_db
def test_the_second_loss_is_told_too():
    _, slot, offers = won()
    keep(offers[1])
    give_back(offers, now=after(5))
    cascade.advance(slot.pk, now=after(5))
    told(offers)
    assert claims.claim(offers[2].pk, via="link", now=after(6)) == Claim.BOOKED
    assert Message.objects.filter(kind="retracted", offer=offers[1]).count() == 2
    assert Message.objects.filter(kind="retracted", offer=offers[2]).count() == 1


def asked_again(**fields) -> tuple[Slot, Offer, list[Offer]]:
    """At minute five, as reserve; the first time they were told at once."""
    _, slot, offers = won(**fields)
    Message.objects.filter(offer=offers[1], kind="offer").update(status="delivered", delivered_at=NOW)
    keep(offers[1])
    give_back(offers, now=after(5))
    cascade.advance(slot.pk, now=after(5))
    return slot, fresh(offers[1]), offers


@pytest.mark.django_db
def test_a_second_text_that_cannot_be_delivered_makes_room_at_once():
    slot, mine, _ = asked_again()
    mine.messages.filter(kind="offer", round=2).update(status="undelivered")
    assert work.due(now=after(6), limit=9) == [slot.pk]
    assert cascade.advance(slot.pk, now=after(6)) == 1  # the next takes their place
    assert fresh(mine).state == "expired"


@pytest.mark.django_db
def test_who_hears_of_the_second_time_late_has_as_long_from_then():
    slot, mine, _ = asked_again()
    mine.messages.filter(kind="offer", round=2).update(status="delivered", sent_at=after(5), delivered_at=after(45))
    cascade.advance(slot.pk, now=after(46))
    assert (fresh(mine).expires_at, mine.heard_at) == (after(45 + 60), after(45))


@pytest.mark.django_db
def test_a_second_text_that_fails_is_sent_by_e_mail_though_the_first_was_read():
    slot, mine, _ = asked_again()
    address = factories.patient(slot.clinic, phone=None, email="pat@example.com").contact_points.get()
    PatientContact.objects.create(patient=mine.patient, contact_point=address, position=1)
    for text in mine.messages.filter(kind="offer", channel="sms").order_by("round"):
        results.failed(text, Result(Outcome.FAILED), now=after(6))
    mails = mine.messages.filter(kind="offer", channel="email").order_by("round")
    assert [mail.round for mail in mails] == [1, 2]


@pytest.mark.django_db
def test_the_end_of_the_second_time_is_told_once():
    slot, mine, _ = asked_again()
    told([mine])
    vacancies.stop(slot.pk, now=after(6))
    assert [message.round for message in mine.messages.filter(kind="withdrawn")] == [2]


@pytest.mark.django_db
def test_a_time_won_the_second_time_and_given_back_is_told_once():
    _, mine, _ = asked_again()
    told([mine])
    assert claims.claim(mine.pk, via="link", now=after(6)) == Claim.BOOKED
    assert returns.cancel_in_grace(mine.pk, now=after(7))
    assert mine.messages.filter(kind="cancelled").count() == 1


@pytest.mark.django_db
def test_who_cannot_be_told_now_is_passed_over():
    _, slot, offers = won()
    keep(offers[1])
    keep(offers[2], now=after(1))
    ContactPoint.objects.filter(users__patient=offers[1].patient).update(stopped_at=NOW)
    give_back(offers, now=after(5))
    cascade.advance(slot.pk, now=after(5))
    assert [fresh(offer).reserve for offer in offers[1:]] == ["", "asked"]


@pytest.mark.django_db
def test_a_service_that_asks_something_asks_its_reserve_too():
    _, slot, offers = offered(more=3)
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.HELD
    assert keep(offers[1], Reserve.BOOK)
    cascade.advance(slot.pk, now=after(1))  # the hold lapsed
    assert (fresh(slot).state, fresh(offers[1]).reserve, holder(slot)) == ("offering", "asked", None)
    assert slot.offers.count() == 3


@pytest.mark.django_db
def test_a_hold_that_lapses_or_is_let_go_books_the_reserve():
    for end in (lambda s, o: cascade.advance(s.pk, now=after(2)), lambda s, o: claims.let_go(o.pk, now=after(0.5))):
        _, slot, offers = offered(prompt="")
        Slot.objects.filter(pk=slot.pk).update(state="held", held_by=offers[0].patient, held_until=after(1))
        assert keep(offers[1], Reserve.BOOK)
        end(slot, offers[0])
        assert holder(slot) == offers[1].patient_id


@pytest.mark.django_db
def test_where_nobody_is_asked_by_itself_the_reserve_is_all_the_same():
    _, slot, offers = won()
    keep(offers[1])
    keep(offers[2], now=after(1))
    give_back(offers, now=after(5))
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=None)
    assert work.due(now=after(5), limit=9) == [slot.pk]  # whatever nudge was lost
    cascade.advance(slot.pk, now=after(5))
    assert work.due(now=after(6), limit=9) == []
    cascade.advance(slot.pk, now=after(65))
    assert [fresh(offer).reserve for offer in offers[1:]] == ["asked", "asked"]
    assert [offer.state for offer in offers[1:]] == ["expired", "pending"]


@pytest.mark.django_db
def test_who_may_not_be_reserve():
    _, _, offers = won()
    assert not keep(offers[0])  # has it
    assert not keep(offers[1], Reserve.ASKED)
    assert not keep(offers[1], now=after(15))  # grace is over: nobody gives it back free
    assert keep(offers[1]) and reserves.leave(offers[1].pk, now=NOW) and not reserves.leave(offers[1].pk, now=NOW)
    give_back(offers)
    assert not keep(offers[0]) and not keep(offers[1])  # gave it back; free for whoever taps
    _, _, others = won()
    Offer.objects.filter(pk=others[1].pk).update(state="declined")
    assert not keep(others[1])


@pytest.mark.django_db
def test_the_ordinary_wave_takes_no_statement_more(django_assert_num_queries):
    _, slot, _ = offered()
    with django_assert_num_queries(1):
        reserves.come_first(slot, None, reserves.standing(slot), now=NOW)


# The races.


def reopened() -> tuple[Slot, list[Offer]]:
    _, slot, offers = won()
    keep(offers[1])
    give_back(offers)
    return slot, offers


def advance_twice(slot: Slot) -> list:
    return at_once([lambda: cascade.advance(slot.pk, now=NOW)] * 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_the_reserve_once_and_nobody_new():
    slot, offers = reopened()
    advance_twice(slot)
    assert (fresh(offers[1]).rounds, offers[1].messages.filter(kind="offer").count()) == (2, 2)
    assert slot.offers.count() == 3


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_new_people_are_asked_beside_the_reserve(monkeypatch):
    slot, offers = reopened()
    both_have_looked, ask = threading.Barrier(2), reserves._ask

    def look_first(*arguments, **options):
        both_have_looked.wait()
        return ask(*arguments, **options)

    monkeypatch.setattr(reserves, "_ask", look_first)
    monkeypatch.setattr(slots, "lock_slot", lambda pk: Slot.objects.select_related("clinic").get(pk=pk))
    monkeypatch.setattr(slots, "lock_unchanged", lambda slot: True)
    assert sorted(advance_twice(slot)) == [0, 3]  # the second found them told enough, and asked three new people
    assert (fresh(offers[1]).reserve, slot.offers.count()) == ("", 6)


def while_their_number_is_written_to(slot: Slot, first: Offer, second: Offer) -> list:
    """Two of one family, with one number, are in reserve, and the first is booked elsewhere by now. What the cascade
    returns, or suffers, while somebody writes down what became of the first one's text: number, then offer."""
    shared = ContactPoint.objects.get(users__patient=first.patient)
    PatientContact.objects.filter(patient=second.patient).update(contact_point=shared)
    Offer.objects.filter(pk=first.pk).update(reserve=Reserve.BOOK, reserved_at=NOW)
    Offer.objects.filter(pk=second.pk).update(reserve=Reserve.ASK, reserved_at=after(1))
    WaitlistEntry.objects.filter(pk=first.entry_id).update(status="booked")
    text, found = Message.objects.get(offer=first, kind="offer"), []
    thread = threading.Thread(target=lambda: found.extend(at_once([lambda: cascade.advance(slot.pk, now=after(2))])))
    try:
        with transaction.atomic():
            ContactPoint.objects.select_for_update(no_key=True).get(pk=shared.pk)
            thread.start()
            assert wait_until_blocked(thread)
            results.lock_what_it_is_about(text)
    finally:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_who_is_passed_over_is_let_go_of_before_the_next_ones_number_is_locked():
    _, slot, offers = won()
    give_back(offers)
    assert while_their_number_is_written_to(slot, *offers[1:]) == [0]
    assert [fresh(offer).reserve for offer in offers[1:]] == ["", "asked"]


@pytest.mark.django_db(transaction=True)
def test_control_in_one_transaction_they_wait_for_each_other(monkeypatch):
    _, slot, offers = won()
    give_back(offers)
    come_first = reserves.come_first

    def both(slot, plan, stand, *, now):
        return come_first(slot, plan, stand, now=now) or come_first(slot, plan, reserves.standing(slot), now=now)

    monkeypatch.setattr(reserves, "come_first", both)
    try:
        found = while_their_number_is_written_to(slot, *offers[1:])
    except OperationalError as error:  # one of the two is sent away, whichever it is
        found = [type(error.__cause__).__name__]
    assert found == ["DeadlockDetected"]


@pytest.mark.django_db(transaction=True)
def test_given_back_while_others_tap_and_the_cascade_looks_exactly_one_is_booked():
    for _ in range(4):
        _, slot, offers = won()
        keep(offers[1], Reserve.BOOK)
        found = at_once([
            lambda o=offers: returns.cancel_in_grace(o[0].pk, now=NOW),
            lambda o=offers: claims.claim(o[2].pk, via="link", now=NOW),
            lambda s=slot: cascade.advance(s.pk, now=NOW),
        ])  # fmt: skip
        assert found == [True, Claim.TAKEN, 0]
        assert holder(slot) == offers[1].patient_id
        assert slot.offers.count() == 3


@pytest.mark.django_db(transaction=True)
def test_in_reserve_while_it_is_given_back_they_are_booked_or_find_it_free():
    for _ in range(4):
        _, slot, offers = won()
        given, kept = at_once([
            lambda o=offers: returns.cancel_in_grace(o[0].pk, now=NOW),
            lambda o=offers: keep(o[1], Reserve.BOOK),
        ])  # fmt: skip
        assert given is True
        assert holder(slot) == (offers[1].patient_id if kept else None)


def kept_without_the_lock(monkeypatch, offers: list[Offer], frees: Callable[[], object]) -> list[object]:
    """What `frees` and a place in reserve that was looked at before it, and is taken after it, say."""
    looked, gone = threading.Event(), threading.Event()

    def read_only(offer_id):
        found = Slot.objects.select_related("clinic", "service", "policy", "filled_by").get(offers=offer_id)
        looked.set()
        gone.wait()
        return found

    def free():
        looked.wait()
        try:
            return frees()
        finally:
            gone.set()

    monkeypatch.setattr(reserves, "lock_slot_of", read_only)
    return at_once([free, lambda: keep(offers[1], Reserve.BOOK)])


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_a_place_in_reserve_is_promised_that_nobody_looks_at(monkeypatch):
    _, slot, offers = won()
    given_back = lambda: returns.cancel_in_grace(offers[0].pk, now=NOW)  # noqa: E731
    assert kept_without_the_lock(monkeypatch, offers, given_back) == [True, True]
    assert holder(slot) is None
    assert fresh(slot).starts_at - timedelta(hours=1) > NOW
