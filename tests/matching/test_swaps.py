"""An earlier time for somebody who holds a later visit: both change in one transaction, or neither does."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from celery import Celery

from audit.models import Entry
from matching import cascade, claims, returns
from matching.answering import swaps, unasked
from matching.answering.attempts import attempt, swap
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from matching.views import cards
from notifications.models import Message
from tests import factories
from tests.at_once import at_once, while_uncommitted
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import calendar, schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, Closure, Slot, WaitlistEntry, Writeback
from waitlist.states import CancelledBy
from waitlist.vacancies import Refused

TODAY, LATER = NOW + timedelta(hours=30), NOW + timedelta(days=9)


def holding(world: World, starts_at=LATER, **fields) -> tuple[WaitlistEntry, Appointment]:
    """Somebody with a visit of another practitioner, who would come sooner."""
    patient = factories.patient(world.clinic)
    other = factories.practitioner(world.clinic)
    visit = world.appointment(starts_at, patient=patient, practitioner=other, price_cents=100)
    return world.entry(patient, later_visit=visit, **fields), visit


def asked(world: World, starts_at=TODAY, **fields) -> tuple[Offer, Appointment]:
    """The same, offered an earlier time by the cascade itself."""
    entry, visit = holding(world, **fields)
    slot = world.slot(starts_at)
    cascade.advance(slot.pk, now=NOW)
    return Offer.objects.get(slot=slot, entry=entry), visit


def booked(patient) -> list[Appointment]:
    return list(Appointment.objects.filter(patient=patient, status="booked").order_by("pk"))


@pytest.mark.django_db
def test_a_yes_books_the_new_cancels_the_old_and_opens_its_time():
    world = World()
    offer, old = asked(world)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    (new,) = booked(offer.patient)
    assert new.starts_at == TODAY
    old.refresh_from_db()
    offer.refresh_from_db()
    assert (old.status, old.cancel_reason, offer.gave_up) == ("cancelled", swaps.SWAPPED, old)
    opened = Slot.objects.get(freed_by=old)
    assert (opened.state, Time.of(opened), opened.price_cents) == ("open", Time.of(old), 100)
    owed = set(Writeback.objects.values_list("appointment", "kind"))
    assert owed == {(new.pk, "booked"), (old.pk, "cancelled")}
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.YOURS


@pytest.mark.django_db
def test_the_visit_given_up_cannot_be_booked_again_beside_the_new_one():
    world = World()
    offer, old = asked(world)
    claims.claim(offer.pk, via="link", now=NOW)
    (card,) = cards.cards(Slot.objects.filter(freed_by=old), now=NOW)
    assert not card.may_undo
    with pytest.raises(Refused, match="for an earlier time"):
        schedule.uncancel(old.pk, now=NOW)
    assert len(booked(offer.patient)) == 1


@pytest.mark.django_db
def test_with_nothing_to_swap_any_more_the_time_is_not_kept_for_an_answer_that_would_be_lost():
    world = World()
    world.service.details_prompt = "Any allergies?"
    world.service.save()
    offer, visit = asked(world)
    sooner = {"starts_at": TODAY - timedelta(hours=5), "ends_at": TODAY - timedelta(hours=4)}
    schedule.move(visit.pk, to=replace(Time.of(visit), **sooner), now=NOW)
    assert claims.claim(offer.pk, via="reply", now=NOW) == Claim.WITHDRAWN
    assert Slot.objects.get(pk=offer.slot_id).state == "offering"


@pytest.mark.django_db
def test_their_text_says_that_a_yes_moves_the_visit_and_nobody_elses_does():
    world = World()
    world.entry()
    offer, _ = asked(world)
    said = {m.offer_id: m.context.get("moves_visit", False) for m in Message.objects.filter(kind="offer")}
    assert said.pop(offer.pk) is True and list(said.values()) == [False]


@pytest.mark.django_db(transaction=True)
def test_what_paused_for_the_visit_given_up_is_looked_at_at_once(monkeypatch):
    sent = []
    monkeypatch.setattr(Celery, "send_task", lambda _, name, args, **__: sent.append((name, args)))
    offer, old = asked(World())
    claims.claim(offer.pk, via="link", now=NOW)
    assert ("waitlist.tasks.booking_ended", [old.pk]) in sent


@pytest.mark.django_db(transaction=True)
def test_every_row_of_a_swap_is_in_the_trail():
    world = World()
    offer, old = asked(world)
    with everything_recorded() as changed:
        assert claims.claim(offer.pk, via="reply", now=NOW) == Claim.BOOKED
    assert {"waitlist_appointment", "waitlist_slot", "matching_offer", "waitlist_waitlistentry"} <= changed
    assert Entry.objects.filter(verb="offer.swapped", object_id=offer.pk, changes={"gave_up": old.pk}).exists()


@pytest.mark.django_db
def test_a_time_that_overlaps_the_visit_given_up_can_be_had():
    world = World()
    offer, _ = asked(world, starts_at=LATER - timedelta(minutes=30))
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    assert [visit.starts_at for visit in booked(offer.patient)] == [LATER - timedelta(minutes=30)]


@pytest.mark.django_db
def test_a_time_kept_closed_is_not_opened_again():
    world = World()
    offer, old = asked(world)
    hour = {"starts_at": LATER, "ends_at": LATER + timedelta(hours=1)}
    Closure.objects.create(clinic=world.clinic, reason="course", **hour)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    assert Slot.objects.get(freed_by=old).state == "withdrawn"


@pytest.mark.django_db
def test_by_hand_and_among_others_it_is_a_swap_too():
    world = World()
    entry, old = holding(world)
    slot = world.slot()
    vacancies.book_by_hand(slot.pk, patient=entry.patient, now=NOW)
    assert [visit.starts_at for visit in booked(entry.patient)] == [TODAY]
    offer, old = asked(world, starts_at=NOW + timedelta(hours=40))
    other = world.asked_slot(NOW + timedelta(hours=50))
    outcome, taken = unasked.claim_alternative(offer.pk, other.public_id, via="link", now=NOW)
    assert (outcome, taken.gave_up) == (Claim.BOOKED, old)
    assert [visit.starts_at for visit in booked(offer.patient)] == [other.starts_at]


@pytest.mark.django_db
def test_staff_who_give_a_time_after_the_visit_add_to_it():
    world = World()
    entry, old = holding(world)
    slot = world.slot(LATER + timedelta(days=1))
    vacancies.book_by_hand(slot.pk, patient=entry.patient, now=NOW)
    assert booked(entry.patient)[0] == old and len(booked(entry.patient)) == 2


@pytest.mark.django_db
def test_losing_changes_nothing_about_their_visit():
    world = World()
    offer, old = asked(world)
    rival = world.offer(offer.slot)
    assert claims.claim(rival.pk, via="link", now=NOW) == Claim.BOOKED
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.TAKEN
    assert booked(offer.patient) == [old]


@pytest.mark.django_db
def test_somebody_busy_then_keeps_the_visit():
    world = World()
    offer, old = asked(world)
    world.appointment(TODAY, patient=offer.patient, practitioner=factories.practitioner(world.clinic))
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.CONFLICT
    old.refresh_from_db()
    assert old.status == "booked" and not Slot.objects.filter(freed_by=old).exists()


@pytest.mark.django_db
def test_a_visit_moved_before_the_offer_is_not_swapped_for_it():
    world = World()
    offer, old = asked(world)
    sooner = NOW + timedelta(hours=20)
    schedule.move(old.pk, to=at(old, sooner), now=NOW)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.WITHDRAWN
    assert [visit.starts_at for visit in booked(offer.patient)] == [sooner]
    assert not ranking.why(world.slot(NOW + timedelta(hours=60)), offer.entry, now=NOW).eligible


@pytest.mark.django_db
def test_a_visit_cancelled_meanwhile_leaves_an_ordinary_wish():
    world = World()
    offer, old = asked(world)
    schedule.cancel(old.pk, reason="", by=CancelledBy.CLINIC, now=NOW)
    after = world.slot(LATER + timedelta(days=2))
    assert ranking.why(after, WaitlistEntry.objects.get(pk=offer.entry_id), now=NOW).eligible
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED
    offer.refresh_from_db()
    assert offer.gave_up is None and len(booked(offer.patient)) == 1


@pytest.mark.django_db
def test_the_write_alone_never_books_a_wish_that_holds_a_visit(monkeypatch):
    """Whatever way of saying yes is added: without the swap it is refused, not a second booking."""
    offer, old = asked(World())
    monkeypatch.setattr(swaps, "held_with", lambda entry_id: None)
    assert claims.claim(offer.pk, via="link", now=NOW) != Claim.BOOKED
    assert booked(offer.patient) == [old]


@pytest.mark.django_db
def test_an_ordinary_yes_costs_no_statement_more(django_assert_max_num_queries):
    world = World()
    offer = world.offer(world.slot())
    with django_assert_max_num_queries(6):  # with the transaction's own two
        assert claims.claim(offer.pk, via="link", now=NOW) == Claim.BOOKED


def two_swaps(world: World) -> tuple[list[Offer], list[str]]:
    """Both earlier times tapped at once by the same patient."""
    entry, _ = holding(world)
    offers = [world.offer(world.slot(NOW + timedelta(hours=hours)), entry) for hours in (30, 40)]
    calls = [lambda pk=offer.pk: claims.claim(pk, via="link", now=NOW) for offer in offers]
    return offers, sorted(str(found) for found in at_once(calls))


@pytest.mark.django_db(transaction=True)
def test_of_two_swaps_at_once_one_wins_and_the_other_is_told():
    for _ in range(5):
        offers, found = two_swaps(World())
        assert found == ["booked", "withdrawn"]
        (new,) = booked(offers[0].patient)
        assert Slot.objects.filter(freed_by=offers[0].entry.later_visit_id).count() == 1
        assert Offer.objects.filter(pk__in=[o.pk for o in offers], gave_up__isnull=False).get().slot.filled_by == new


def swap_meanwhile(offer: Offer, act) -> Claim:
    """Somebody acts on the visit and has not committed while the yes waits."""
    return while_uncommitted(act, lambda: claims.claim(offer.pk, via="link", now=NOW))


def at(visit: Appointment, starts_at: datetime) -> Time:
    """The same visit at another time."""
    return replace(Time.of(visit), starts_at=starts_at, ends_at=starts_at + (visit.ends_at - visit.starts_at))


def moved_away(old: Appointment) -> Time:
    return at(old, old.starts_at + timedelta(days=1))


def move(old: Appointment) -> None:
    to = moved_away(old)
    calendar.lock_live_over(Time.of(old), to)
    assert calendar.move(old, to, version=5, now=NOW)


def cancel(old: Appointment) -> None:
    calendar.lock_live_over(Time.of(old))
    assert calendar.cancel(old, reason="by staff", version=None, now=NOW)


@contextmanager
def no_locks(monkeypatch):
    """The design without its locks: what was read of the visit before is believed."""

    def give_up(held, slot, offer_id, *, now):
        Offer.objects.filter(pk=offer_id).update(gave_up=held)
        return calendar.cancel(held, reason=swaps.SWAPPED, version=None, now=now)

    with monkeypatch.context() as patch:
        patch.setattr(swaps, "lock", lambda held, slot_id: None)
        patch.setattr(swaps, "give_up", give_up)
        yield


@pytest.mark.django_db(transaction=True)
def test_a_visit_moved_while_it_is_swapped_is_given_up_where_it_is_now():
    offer, old = asked(World())
    assert swap_meanwhile(offer, lambda: move(old)) == Claim.BOOKED
    assert Slot.objects.get(freed_by=old).starts_at == LATER + timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_the_time_it_was_moved_from_is_opened(monkeypatch):
    offer, old = asked(World())
    with no_locks(monkeypatch):
        swap_meanwhile(offer, lambda: move(old))
    assert Slot.objects.get(freed_by=old).starts_at == LATER  # wrong: nobody was to leave that one any more


@pytest.mark.django_db(transaction=True)
def test_a_visit_cancelled_while_it_is_swapped_is_cancelled_once():
    offer, old = asked(World())
    assert swap_meanwhile(offer, lambda: cancel(old)) == Claim.BOOKED
    offer.refresh_from_db()
    assert (offer.gave_up, Appointment.objects.get(pk=old.pk).cancel_reason) == (None, "by staff")
    assert len(booked(offer.patient)) == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_only_a_second_try_saves_the_yes(monkeypatch):
    def once(offer_id, act, *, now):
        return attempt(act) or swap(offer.entry_id, act) or Claim.OPEN

    offer, old = asked(World())
    monkeypatch.setattr(claims, "_tried", once)
    with no_locks(monkeypatch):
        assert swap_meanwhile(offer, lambda: cancel(old)) != Claim.BOOKED


@pytest.mark.django_db(transaction=True)
def test_swaps_and_cancellations_of_the_same_visit_at_once_never_leave_two_or_none():
    for _ in range(5):
        offer, old = asked(World())
        calls = [
            lambda o=offer: claims.claim(o.pk, via="link", now=NOW),
            lambda v=old: schedule.cancel(v.pk, reason="by staff", by=CancelledBy.CLINIC, now=NOW).outcome,
            lambda v=old: schedule.move(v.pk, to=moved_away(v), version=9, now=NOW).outcome,
        ]
        found = at_once(calls)
        assert found[0] == Claim.BOOKED, found
        assert [visit.starts_at for visit in booked(offer.patient)] == [TODAY]
        assert Slot.objects.filter(freed_by=old, state__in=("open", "offering")).count() >= 1


@pytest.mark.django_db
def test_given_back_in_grace_the_old_visit_is_theirs_again_while_its_time_is_free():
    world = World()
    offer, old = asked(world)
    claims.claim(offer.pk, via="link", now=NOW)
    opened = Slot.objects.get(freed_by=old)
    rival = world.offer(opened)
    assert returns.cancel_in_grace(offer.pk, only_with_old=True, now=NOW + timedelta(minutes=5))
    (again,) = booked(offer.patient)
    assert (again.starts_at, again.practitioner, again.price_cents) == (LATER, old.practitioner, 100)
    opened.refresh_from_db()
    rival.refresh_from_db()
    assert (opened.state, opened.closed_because, rival.state) == ("withdrawn", "rebooked", "retracted")
    entry = WaitlistEntry.objects.get(pk=offer.entry_id)
    assert (entry.status, entry.later_visit) == ("active", again)
    assert Writeback.objects.filter(appointment=again, kind="booked").exists()


@pytest.mark.django_db
def test_given_back_when_the_old_time_is_gone_only_if_they_were_told():
    world = World()
    offer, old = asked(world)
    claims.claim(offer.pk, via="link", now=NOW)
    rival = world.offer(Slot.objects.get(freed_by=old))
    assert claims.claim(rival.pk, via="link", now=NOW) == Claim.BOOKED
    assert not returns.cancel_in_grace(offer.pk, only_with_old=True, now=NOW)
    assert len(booked(offer.patient)) == 1
    assert returns.cancel_in_grace(offer.pk, now=NOW)
    assert booked(offer.patient) == []
    assert WaitlistEntry.objects.get(pk=offer.entry_id).status == "active"


@pytest.mark.django_db
def test_where_the_calendar_had_the_new_time_taken_the_old_visit_is_theirs_again():
    world = World()
    offer, _ = asked(world)
    claims.claim(offer.pk, via="link", now=NOW)
    owed = Writeback.objects.get(kind="booked")
    Writeback.objects.filter(pk=owed.pk).update(status="conflict")
    assert returns.give_way(owed.pk, now=NOW)
    assert [visit.starts_at for visit in booked(offer.patient)] == [LATER]


@pytest.mark.django_db(transaction=True)
def test_the_old_time_taken_and_given_back_at_once_is_had_by_one():
    for _ in range(4):
        world = World()
        offer, old = asked(world)
        claims.claim(offer.pk, via="link", now=NOW)
        rival = world.offer(Slot.objects.get(freed_by=old))
        calls = [
            lambda o=offer: returns.cancel_in_grace(o.pk, only_with_old=True, now=NOW),
            lambda o=rival: claims.claim(o.pk, via="link", now=NOW),
        ]
        found = at_once(calls)
        assert found in ([True, Claim.TAKEN], [False, Claim.BOOKED])
        assert Appointment.objects.filter(clinic=world.clinic, starts_at=LATER, status="booked").count() == 1
        assert len(booked(offer.patient)) == 1
