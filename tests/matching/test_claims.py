"""The claim: every outcome, everything it writes, and the races, each with the lock taken out as a control."""

import threading
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction

from audit.models import Entry
from matching import cascade, claims, lapses, returns
from matching.answering import unasked
from matching.claims import Claim
from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message
from tests import factories
from tests.at_once import at_once, while_uncommitted
from tests.factories import NOW, World
from waitlist import calendar, entered, entries, schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, Slot, WaitlistEntry, Writeback


@contextmanager
def no_lock(monkeypatch, claimers: int = 1):
    """The design without its first statement: what race tests must catch. All have looked before anybody writes."""
    all_have_looked = threading.Barrier(claimers)

    def read_only(offer_id):
        slot = Slot.objects.select_related("clinic", "service").get(offers=offer_id)
        all_have_looked.wait()
        return slot

    with monkeypatch.context() as patch:
        patch.setattr(claims, "lock_slot_of", read_only)
        yield


def world_with_offers(people: int = 3, **fields) -> tuple[World, Slot, list[Offer]]:
    world = World(**fields)
    for _ in range(people):
        world.entry()
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    slot.refresh_from_db()
    return world, slot, list(slot.offers.order_by("pk"))


def told(offers: list[Offer]) -> None:
    """As if the carrier had taken every offer."""
    Message.objects.filter(offer__in=offers, kind="offer").update(status="sent", sent_at=NOW)


@pytest.mark.django_db
def test_the_first_yes_books_and_everybody_else_is_told():
    _, slot, offers = world_with_offers()
    told(offers)
    at = NOW + timedelta(minutes=5)
    assert claims.claim(offers[0].pk, via="link", now=at) == Claim.BOOKED
    slot.refresh_from_db()
    visit = Appointment.objects.get()
    assert (slot.state, slot.filled_by, slot.filled_at, slot.next_wave_at) == ("filled", visit, at, None)
    assert (visit.patient_id, visit.starts_at, visit.status) == (offers[0].patient_id, slot.starts_at, "booked")
    assert Counter(o.state for o in slot.offers.all()) == {"accepted": 1, "retracted": 2}
    won = slot.offers.get(state="accepted")
    assert (won.answered_at, won.answered_by) == (at, "link")
    entry = WaitlistEntry.objects.get(pk=won.entry_id)
    assert (entry.status, entry.offers_answered, entry.offers_accepted) == ("booked", 1, 1)
    kinds = Counter(Message.objects.exclude(kind="offer").values_list("kind", flat=True))
    assert kinds == {"booked": 1, "retracted": 2}
    assert Writeback.objects.get().status == "task"
    verbs = Counter(Entry.objects.filter(timestamp=at).values_list("verb", flat=True))
    assert verbs == {
        "slot.filled": 1, "appointment.booked": 1, "offer.accepted": 1, "offer.retracted": 2,
        "entry.booked": 1, "writeback.owed": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_with_a_calendar_connected_the_booking_is_queued_for_it():
    world, _, offers = world_with_offers()
    world.connection(writeback_url="https://calendar.example/hook")
    claims.claim(offers[0].pk, via="link", now=NOW)
    owed = Writeback.objects.get()
    assert owed.status == "queued"
    message = Message.objects.get(kind="writeback")
    assert (message.channel, message.writeback_id, message.dedupe_key) == ("webhook", owed.pk, f"writeback:{owed.pk}")


@pytest.mark.django_db
def test_who_was_never_texted_is_not_told_it_is_gone():
    _, _, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    assert not Message.objects.filter(kind="retracted").exists()
    assert set(Message.objects.filter(kind="offer").values_list("status", flat=True)) == {"dropped"}


@pytest.mark.django_db
def test_claiming_again_is_yours_and_changes_nothing():
    _, _, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    before = (Appointment.objects.count(), Message.objects.count(), Entry.objects.count())
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.YOURS
    assert claims.claim(offers[1].pk, via="reply", now=NOW) == Claim.TAKEN
    assert (Appointment.objects.count(), Message.objects.count(), Entry.objects.count()) == before


@pytest.mark.django_db
def test_a_late_yes_still_wins_a_free_slot():
    _, slot, offers = world_with_offers()
    late = offers[0].expires_at + timedelta(minutes=1)
    cascade.advance(slot.pk, now=late)
    assert Offer.objects.get(pk=offers[0].pk).state == OfferState.EXPIRED
    assert claims.claim(offers[0].pk, via="link", now=late) == Claim.BOOKED


@pytest.mark.django_db
def test_every_other_outcome():
    _, slot, offers = world_with_offers()
    end = slot.starts_at - timedelta(minutes=1)
    assert claims.claim(offers[0].pk, via="link", now=end) == Claim.EXPIRED
    assert claims.decline(offers[0].pk, reason="too_soon", via="link", now=NOW) == Claim.DECLINED
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.DECLINED
    Slot.objects.filter(pk=slot.pk).update(
        state="held", held_by=offers[1].patient_id, held_until=NOW + timedelta(minutes=1)
    )
    assert claims.claim(offers[2].pk, via="link", now=NOW) == Claim.BUSY
    assert claims.outcome(claims.find(token(offers[1])), now=NOW) == Claim.HELD
    Slot.objects.filter(pk=slot.pk).update(state="offering", held_by=None, held_until=None)
    vacancies.stop(slot.pk, now=NOW)
    assert claims.claim(offers[1].pk, via="link", now=NOW) == Claim.WITHDRAWN


def token(offer: Offer) -> str:
    from matching import tokens

    return tokens.make(offer.public_id)


@pytest.mark.django_db
def test_somebody_busy_then_gets_a_conflict_and_nothing_is_written():
    world, slot, offers = world_with_offers()
    other = factories.practitioner(world.clinic)
    world.appointment(slot.starts_at, patient=offers[0].patient, practitioner=other)
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.CONFLICT
    assert Appointment.objects.count() == 1
    assert claims.claim(offers[1].pk, via="link", now=NOW) == Claim.BOOKED


@pytest.mark.django_db
def test_an_alternative_is_booked_and_confirmed_though_it_was_never_offered():
    world, slot, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    hidden = world.slot(slot.starts_at + timedelta(hours=5), next_wave_at=None)  # staff decide first
    assert unasked.claim_alternative(offers[1].pk, hidden.public_id, via="link", now=NOW) == (Claim.WITHDRAWN, None)
    other = world.asked_slot(slot.starts_at + timedelta(hours=2))
    found, offer = unasked.claim_alternative(offers[1].pk, other.public_id, via="link", now=NOW)
    assert (found, offer.slot, offer.wave) == (Claim.BOOKED, other, 0)
    assert Message.objects.get(kind="booked", offer=offer).contact_point.users.get().patient_id == offer.patient_id
    assert unasked.claim_alternative(offers[2].pk, other.public_id, via="link", now=NOW) == (Claim.TAKEN, None)


@pytest.mark.django_db
def test_another_clinics_slot_is_no_alternative():
    _, _, offers = world_with_offers()
    foreign = World().slot()
    assert unasked.claim_alternative(offers[0].pk, foreign.public_id, via="link", now=NOW) == (Claim.WITHDRAWN, None)


@pytest.mark.django_db
def test_given_back_in_grace_the_same_slot_asks_on_and_nobody_loses_their_place():
    _, slot, offers = world_with_offers(people=8)
    told(offers)
    claims.claim(offers[0].pk, via="link", now=NOW)
    at = NOW + timedelta(minutes=14)
    assert returns.cancel_in_grace(offers[0].pk, now=at)
    slot.refresh_from_db()
    assert (slot.state, slot.filled_by, Appointment.objects.get().status) == ("open", None, "cancelled")
    assert WaitlistEntry.objects.get(pk=offers[0].entry_id).status == "active"
    assert cascade.advance(slot.pk, now=at) == 3  # those not asked yet
    assert claims.claim(offers[1].pk, via="link", now=at) == Claim.BOOKED  # retracted, but free again
    assert claims.claim(offers[0].pk, via="link", now=at) == Claim.DECLINED
    owed = Counter(Writeback.objects.values_list("kind", "status"))
    assert owed == {("booked", "done"): 1, ("booked", "task"): 1}  # nobody had entered the first one yet


@pytest.mark.django_db
def test_after_grace_it_is_not_given_back():
    _, _, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    assert not returns.cancel_in_grace(offers[0].pk, now=NOW + timedelta(minutes=15))
    assert not returns.cancel_in_grace(offers[1].pk, now=NOW)


@pytest.mark.django_db
def test_the_calendar_overrules_with_an_apology_once():
    world, slot, offers = world_with_offers()
    told(offers)
    world.connection(writeback_url="https://calendar.example/hook")
    claims.claim(offers[0].pk, via="link", now=NOW)
    owed = Writeback.objects.get()
    Writeback.objects.filter(pk=owed.pk).update(status="conflict")
    assert returns.conflicts(limit=5) == [owed.pk]
    assert returns.give_way(owed.pk, now=NOW) and not returns.give_way(owed.pk, now=NOW)
    slot.refresh_from_db()
    assert (slot.state, slot.closed_because) == ("withdrawn", "rebooked")
    assert Message.objects.filter(kind="apology").count() == 1
    assert claims.outcome(claims.find(token(offers[0])), now=NOW) == Claim.CONFLICT


@pytest.mark.django_db
def test_one_wish_is_booked_once_however_many_links_are_tapped():
    world, slot, offers = world_with_offers(people=1)
    elsewhere = world.offer(world.asked_slot(slot.starts_at + timedelta(days=1)), offers[0].entry)
    assert claims.claim(offers[0].pk, via="link", now=NOW) == Claim.BOOKED
    assert claims.claim(elsewhere.pk, via="link", now=NOW) == Claim.WITHDRAWN
    assert Appointment.objects.count() == 1
    assert unasked.give(elsewhere.slot_id, elsewhere.patient, now=NOW) == Claim.BOOKED  # staff know what they do


@pytest.mark.django_db
def test_given_back_and_given_again_both_are_confirmed():
    _, slot, offers = world_with_offers(people=1)
    for minute in (0, 2):
        assert unasked.give(slot.pk, offers[0].patient, now=NOW + timedelta(minutes=minute)) == Claim.BOOKED
        assert returns.cancel_in_grace(offers[0].pk, now=NOW + timedelta(minutes=minute + 1))
    assert Message.objects.filter(kind="booked").count() == 2
    entry = WaitlistEntry.objects.get(pk=offers[0].entry_id)
    assert (entry.offers_answered, entry.offers_accepted) == (0, 0)  # staff's word, not theirs


@pytest.mark.django_db
def test_a_late_yes_or_no_is_no_second_answer():
    _, slot, offers = world_with_offers(people=2)
    told(offers)
    late = offers[0].expires_at
    cascade.advance(slot.pk, now=late)
    claims.decline(offers[0].pk, reason="", via="link", now=late)
    claims.claim(offers[1].pk, via="link", now=late)
    answers = [(o.entry.offers_answered, o.entry.offers_accepted) for o in slot.offers.order_by("pk")]
    assert answers == [(1, 0), (1, 1)]


@pytest.mark.django_db
def test_a_booking_moved_since_is_not_given_back_by_its_link():
    _, _, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    visit = Appointment.objects.get()
    Appointment.objects.update(starts_at=visit.starts_at + timedelta(days=1), ends_at=visit.ends_at + timedelta(days=1))
    assert not returns.cancel_in_grace(offers[0].pk, now=NOW + timedelta(minutes=1))


@pytest.mark.django_db
def test_giving_back_works_for_somebody_who_joined_anew_meanwhile():
    world, _, offers = world_with_offers()
    claims.claim(offers[0].pk, via="link", now=NOW)
    world.entry(offers[0].patient)
    assert returns.cancel_in_grace(offers[0].pk, now=NOW + timedelta(minutes=1))
    assert WaitlistEntry.objects.filter(patient=offers[0].patient, status="active").count() == 1


@pytest.mark.django_db
def test_the_winners_other_offers_are_taken_back():
    world, slot, offers = world_with_offers(people=1)
    other = world.slot(slot.starts_at + timedelta(hours=3))
    elsewhere = world.offer(other, offers[0].entry)
    claims.claim(offers[0].pk, via="link", now=NOW)
    assert returns.untidy(limit=5) == [offers[0].pk]
    assert returns.tidy(offers[0].pk, now=NOW) == 1
    elsewhere.refresh_from_db()
    assert elsewhere.state == OfferState.RETRACTED
    assert returns.untidy(limit=5) == []


def fifty_claims() -> Counter:
    world = World()
    slot = world.slot()
    offers = [world.offer(slot, world.entry()) for _ in range(50)]
    calls = [lambda pk=offer.pk: claims.claim(pk, via="link", now=NOW) for offer in offers]
    return Counter(str(found) for found in at_once(calls))


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_one_booking_and_forty_nine_polite_answers():
    assert fifty_claims() == {"booked": 1, "taken": 49}
    assert Appointment.objects.filter(status="booked").count() == 1


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
def test_control_fifty_at_once_without_the_lock_run_into_the_constraint(monkeypatch):
    with no_lock(monkeypatch, claimers=50):
        found = fifty_claims()
    assert found["booked"] <= 1  # the constraints are the last judge
    assert found["taken"] < 49  # but somebody is told nonsense, or waits for a deadlock to be broken


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_lock_is_told_that_somebody_is_finishing():
    world = World()
    offer = world.offer(world.slot())
    with transaction.atomic():
        Slot.objects.select_for_update(no_key=True).get(pk=offer.slot_id)
        (found,) = at_once([lambda: claims.claim(offer.pk, via="link", now=NOW)])
    assert found == Claim.BUSY


def claim_meanwhile(slot: Slot, offer: Offer, act) -> Claim:
    """Somebody else acts on the locked slot in one transaction while a claim waits in another."""
    act_on_it = lambda: act(*calendar.lock_live_over(Time.of(slot)))  # noqa: E731
    return while_uncommitted(act_on_it, lambda: claims.claim(offer.pk, via="link", now=NOW))


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_while_the_slot_runs_out_is_told_so():
    world = World()
    slot = world.slot()
    offer = world.offer(slot)
    assert claim_meanwhile(slot, offer, run_out) == Claim.EXPIRED
    assert not Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_an_expired_slot_is_booked(monkeypatch):
    world = World()
    slot = world.slot()
    offer = world.offer(slot)
    with no_lock(monkeypatch):
        assert claim_meanwhile(slot, offer, run_out) == Claim.BOOKED  # wrong, and the reason for the lock


def run_out(slot: Slot) -> None:
    lapses.run_out(slot, now=NOW)


def book_in_calendar(slot: Slot) -> None:
    calendar.book(slot.clinic, Time.of(slot), None, price_cents=0, now=NOW, external_id="from-calendar")
    vacancies.end_over([slot], Time.of(slot), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_while_its_wish_is_removed_books_all_the_same():
    """Whoever was taken off the list may still say yes to what they were asked: also in the same moment."""
    world = World()
    slot = world.slot()
    offer = world.offer(slot)
    removed = lambda: entries.remove(offer.entry, now=NOW)  # noqa: E731
    found = while_uncommitted(removed, lambda: claims.claim(offer.pk, via="link", now=NOW))
    assert found == Claim.BOOKED


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_while_the_calendar_books_the_time_is_told_it_is_taken():
    world = World()
    slot = world.slot()
    offer = world.offer(slot)
    assert claim_meanwhile(slot, offer, book_in_calendar) == Claim.TAKEN
    assert Appointment.objects.get(status="booked").patient is None


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_only_the_constraint_stops_a_double_booking(monkeypatch):
    world = World()
    slot = world.slot()
    offer = world.offer(slot)
    with no_lock(monkeypatch):
        assert claim_meanwhile(slot, offer, book_in_calendar) == Claim.CONFLICT  # and they are told nonsense
    assert Appointment.objects.filter(status="booked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_calendar_books_the_time_while_patients_claim_it():
    for _ in range(5):
        world = World()
        slot = world.slot()
        offers = [world.offer(slot, world.entry()) for _ in range(4)]
        calls = [lambda pk=offer.pk: claims.claim(pk, via="link", now=NOW) for offer in offers]
        calls.append(lambda w=world, s=slot: rebook(w, s))
        results = [str(result) for result in at_once(calls)]
        slot.refresh_from_db()
        booked = Appointment.objects.filter(clinic=world.clinic, status="booked")
        if "booked" in results:  # a patient was first: the calendar's booking is kept, and shown as doubled
            assert slot.state == "filled"
            assert sorted(booked.values_list("is_exclusive", flat=True)) == [False, True]
        else:
            assert slot.state == "withdrawn"
            assert results.count("taken") == 4
            assert booked.get().is_exclusive


def rebook(world: World, slot: Slot) -> str:
    entered.mirror(
        world.clinic,
        connection=None,
        external_id="from-calendar",
        version=1,
        time=schedule.Time.of(slot),
        patient=None,
        now=NOW,
    )
    return "mirrored"
