"""A time kept for one person while they finish: one holder, not for long, not again and again; and the races."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from audit.models import Entry
from matching import cascade, claims, returns, work
from matching.answering import holds, reserves, unasked
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from matching.states import Reserve
from notifications.models import Message
from notifications.outbox import checks
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW
from tests.matching.kept import after, fresh, meanwhile, offered
from waitlist import vacancies
from waitlist.models import Appointment, Service, Slot
from waitlist.states import SLOT_MOVES, SlotState

ANSWER = "Penicillin; blood thinners"


@contextmanager
def no_lock(monkeypatch, callers: int = 1):
    """The claim without its first statement. All have looked before anybody writes."""
    all_have_looked = threading.Barrier(callers)

    def read_only(offer_id):
        slot = Slot.objects.select_related("clinic", "service", "policy").get(offers=offer_id)
        all_have_looked.wait()
        return slot

    with monkeypatch.context() as patch:
        patch.setattr(claims, "lock_slot_of", read_only)
        yield


def yes(offer: Offer, *, via: str = "link", now=NOW) -> Claim:
    return claims.claim(offer.pk, via=via, now=now)


def finish(offer: Offer, *, now=NOW) -> Claim:
    return claims.finish(offer.pk, details=ANSWER, via="link", now=now)


@pytest.mark.django_db
def test_a_yes_keeps_the_time_and_the_answer_books_it():
    _, slot, (mine, other, _) = offered()
    assert yes(mine) == Claim.HELD
    assert (fresh(slot).state, slot.held_by_id) == ("held", mine.patient_id)
    assert slot.held_until == NOW + timedelta(seconds=60)
    assert not Appointment.objects.exists()
    assert (yes(mine), yes(other), finish(other)) == (Claim.HELD, Claim.BUSY, Claim.BUSY)
    assert finish(mine, now=after(0.5)) == Claim.BOOKED
    visit = Appointment.objects.get()
    assert (visit.patient_id, visit.details) == (mine.patient_id, ANSWER)
    assert (fresh(slot).state, slot.held_by, slot.held_until) == ("filled", None, None)
    assert finish(mine, now=after(0.6)) == Claim.YOURS


@pytest.mark.django_db
def test_what_they_tell_us_is_in_no_message_and_not_in_the_trail():
    _, _, (mine, *_) = offered()
    yes(mine)
    finish(mine)
    written = [*Entry.objects.values_list("changes", "changes_text", "object_repr"),
               *Message.objects.values_list("context", "text")]  # fmt: skip
    assert "Penicillin" not in str(written)
    assert {"slot.held", "offer.held"} <= set(Entry.objects.values_list("verb", flat=True))


@pytest.mark.django_db
def test_a_service_that_asks_nothing_is_booked_by_the_yes():
    _, _, (mine, *_) = offered(prompt="")
    assert yes(mine) == Claim.BOOKED


@pytest.mark.django_db
def test_it_lapses_by_itself_and_the_former_holder_may_finish_while_it_is_free():
    _, slot, (mine, other, _) = offered()
    yes(mine)
    assert work.due(now=after(0.5), limit=9) == []
    assert work.due(now=after(1), limit=9) == [slot.pk]
    cascade.advance(slot.pk, now=after(1))
    assert (fresh(slot).state, slot.held_by) == ("offering", None)
    assert yes(other, now=after(1.1)) == Claim.HELD
    assert finish(mine, now=after(1.2)) == Claim.BUSY
    assert finish(mine, now=after(2.5)) == Claim.BOOKED  # late, and no sweep has come yet, but free


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["pending", "expired", "retracted"])
def test_whoever_is_finishing_hears_that_the_time_is_closed_however_late_their_yes_was(state):
    _, slot, (mine, *_) = offered()
    Offer.objects.filter(pk=mine.pk).update(state=state, expires_at=after(10 if state == "pending" else 1))
    assert yes(mine, now=after(2)) == Claim.HELD
    vacancies.stop(slot.pk, now=after(2.5))
    told = Message.objects.get(kind="withdrawn", offer=mine)
    assert checks.look(told, now=after(2.5)).may_go
    assert finish(mine, now=after(2.5)) == Claim.WITHDRAWN


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["pending", "expired", "retracted"])
def test_no_outage_keeps_whoever_was_finishing_from_hearing_that_it_is_closed(state):
    """However short their hold or their offer, they believe that it is theirs: it is news until the start."""
    _, slot, (mine, *_) = offered()
    Offer.objects.filter(pk=mine.pk).update(state=state, expires_at=after(59))
    assert yes(mine, now=after(2)) == Claim.HELD
    vacancies.stop(slot.pk, now=after(2.5))
    told = Message.objects.get(kind="withdrawn", offer=mine)
    assert checks.look(told, now=after(90)).may_go and not checks.look(told, now=slot.starts_at).may_go
    assert fresh(mine).expires_at == after(59), "no deadline is made shorter"


@pytest.mark.django_db
def test_the_sweep_rests_while_it_is_held_whatever_falls_due():
    _, slot, offers = offered(more=2)
    assert claims.claim(offers[0].pk, via="reply", now=NOW) == Claim.HELD
    Offer.objects.filter(slot=slot).update(expires_at=after(1))
    Slot.objects.filter(pk=slot.pk).update(next_wave_at=after(2))
    for minutes in (1, 3, 4.9):
        assert work.due(now=after(minutes), limit=9) == []
    assert work.due(now=after(5), limit=9) == [slot.pk]


@pytest.mark.django_db
def test_nobody_keeps_it_a_third_time_but_they_may_still_be_first_to_answer():
    _, _, (mine, other, _) = offered()
    assert [yes(mine, now=after(2 * n)) for n in range(3)] == [Claim.HELD, Claim.HELD, Claim.OPEN]
    assert yes(other, now=after(4)) == Claim.HELD
    assert finish(mine, now=after(6)) == Claim.BOOKED


@pytest.mark.django_db
def test_letting_it_go_frees_it_at_once_and_a_no_does_too():
    _, slot, (mine, other, third) = offered()
    yes(mine)
    assert claims.let_go(other.pk, now=NOW) == Claim.BUSY
    assert claims.let_go(mine.pk, now=NOW) == Claim.OPEN
    assert fresh(slot).state == "offering"
    yes(other)
    assert claims.decline(other.pk, reason="", via="link", now=NOW) == Claim.DECLINED
    assert fresh(slot).held_by is None
    assert yes(third) == Claim.HELD


@pytest.mark.django_db
def test_by_text_there_is_time_to_open_the_link_but_never_past_the_end():
    world, slot, (mine, other, _) = offered()
    assert yes(mine, via="reply") == Claim.HELD
    assert fresh(slot).held_until == after(5)
    claims.let_go(mine.pk, now=NOW)
    Service.objects.filter(pk=world.service.pk).update(hold_seconds=3600)
    ends_at = ranking.answers_end_at(slot)
    assert yes(other, now=ends_at - timedelta(minutes=1)) == Claim.HELD
    assert fresh(slot).held_until == ends_at


@pytest.mark.django_db
def test_who_finishes_one_time_holds_no_other():
    world, slot, (mine, *_) = offered()
    elsewhere = world.offer(world.asked_slot(slot.starts_at + timedelta(hours=3)), mine.entry)
    assert (yes(mine), yes(elsewhere)) == (Claim.HELD, Claim.HELD)
    assert finish(mine) == Claim.BOOKED
    assert returns.tidy(mine.pk, now=NOW) == 1
    assert (fresh(elsewhere.slot).state, fresh(elsewhere).state) == ("offering", "retracted")


@pytest.mark.django_db
def test_it_is_not_kept_for_somebody_who_could_not_have_it():
    world, slot, (mine, other, _) = offered()
    world.appointment(slot.starts_at, patient=mine.patient, practitioner=factories.practitioner(world.clinic))
    assert yes(mine) == Claim.CONFLICT
    other.entry.status = "booked"
    other.entry.save()
    assert yes(other) == Claim.WITHDRAWN
    assert fresh(slot).state == "offering"


@pytest.mark.django_db
def test_an_alternative_is_kept_too_and_confirmed_when_finished():
    world, slot, (mine, *_) = offered()
    other = world.asked_slot(slot.starts_at + timedelta(hours=3))
    found, offer = unasked.claim_alternative(mine.pk, other.public_id, via="link", now=NOW)
    assert (found, fresh(other).held_by_id) == (Claim.HELD, mine.patient_id)
    assert offer.expires_at == other.held_until
    assert finish(offer) == Claim.BOOKED
    assert Message.objects.filter(kind="booked", offer=offer).count() == 1


@pytest.mark.django_db
def test_staff_ask_on_the_phone_and_are_told_until_when_somebody_holds_it():
    _, slot, (mine, other, _) = offered()
    yes(mine)
    with pytest.raises(vacancies.Refused, match=r"kept for them until 10:01:00 AM"):
        vacancies.book_by_hand(slot.pk, patient=other.patient, now=NOW)
    assert vacancies.book_by_hand(slot.pk, patient=mine.patient, now=NOW).details == ""


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [9, 3601])
def test_the_database_refuses_a_hold_that_is_too_short_or_too_long(seconds):
    world, *_ = offered(people=1)
    with pytest.raises(DatabaseError, match="service_hold_seconds_in_range"), transaction.atomic():
        Service.objects.filter(pk=world.service.pk).update(hold_seconds=seconds)


# The races.


def two_at_once() -> list[str]:
    _, _, offers = offered(people=3)
    return sorted(str(found) for found in at_once([lambda o=offer: yes(o) for offer in offers]))


@pytest.mark.django_db(transaction=True)
def test_of_three_who_say_yes_at_once_one_holds_it():
    assert two_at_once() == ["busy", "busy", "held"]
    assert Offer.objects.filter(holds=1).count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_comparison_all_three_are_told_that_it_is_theirs(monkeypatch):
    monkeypatch.setitem(SLOT_MOVES, SlotState.HELD, set(SlotState))
    with no_lock(monkeypatch, callers=3):
        assert two_at_once() == ["held", "held", "held"]


def hold_for(offer: Offer):
    def act(slot: Slot) -> None:
        assert holds.take(slot, offer.pk, via="link", now=NOW) == Claim.HELD

    return act


@pytest.mark.django_db(transaction=True)
def test_who_answers_while_another_is_given_the_hold_is_told_to_wait():
    _, slot, (mine, other, _) = offered()
    assert meanwhile(slot, hold_for(mine), lambda: finish(other)) == Claim.BUSY
    assert not Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_time_that_is_held_is_booked_by_another(monkeypatch):
    _, slot, (mine, other, _) = offered()
    with no_lock(monkeypatch):
        assert meanwhile(slot, hold_for(mine), lambda: finish(other)) == Claim.BOOKED


def lapse_to_the_reserve(slot: Slot) -> None:
    assert not holds.is_on(slot, now=after(2))
    slot.service.details_prompt = ""
    assert reserves.book_first(slot, now=after(2))


def lapsing() -> tuple[Slot, list[Offer]]:
    _, slot, offers = offered()
    yes(offers[0])
    assert reserves.keep(offers[1].pk, Reserve.BOOK, now=NOW)
    return slot, offers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", [0, 2], ids=["the former holder", "somebody by link"])
def test_who_finishes_while_the_lapsed_hold_goes_to_the_reserve_is_told_it_is_taken(who):
    slot, offers = lapsing()
    assert meanwhile(slot, lapse_to_the_reserve, lambda: finish(offers[who], now=after(2))) == Claim.TAKEN
    assert Appointment.objects.get().patient_id == offers[1].patient_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", [0, 2], ids=["the former holder", "somebody by link"])
def test_control_without_the_lock_they_are_told_nothing(monkeypatch, who):
    slot, offers = lapsing()
    with no_lock(monkeypatch):
        found = meanwhile(slot, lapse_to_the_reserve, lambda: finish(offers[who], now=after(2)))
    assert found == "UniqueViolation"  # only the index was in the way, and they see an error
    assert Appointment.objects.count() == 1


def lapse(slot: Slot) -> None:
    assert not holds.is_on(slot, now=after(2))


@pytest.mark.django_db(transaction=True)
def test_whoever_finishes_while_the_hold_lapses_has_the_free_time():
    _, slot, (mine, *_) = offered()
    yes(mine)
    assert meanwhile(slot, lapse, lambda: finish(mine, now=after(2))) == Claim.BOOKED
    assert (fresh(slot).state, returns.untidy(limit=1)) == ("filled", [])
