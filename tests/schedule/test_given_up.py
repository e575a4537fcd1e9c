"""A visit that was won through us ends after all: what is owed, who is told, who waits again, who is asked next."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction

from matching import cascade, claims, losses, returns, tokens, untold
from matching.answering import unasked
from matching.choosing import ranking
from matching.claims import Claim
from matching.models import Offer
from matching.states import OfferState
from notifications.models import Message
from notifications.outbox import checks
from ops.doctor import promises
from tests import factories
from tests.at_once import at_once, wait_until_blocked
from tests.factories import NOW, World
from tests.matching.kept import fresh
from tests.recorded import everything_recorded
from waitlist import calendar, cancellers, closing, entered, fees, mirrors, roster, schedule, service_change
from waitlist.calendar import Time
from waitlist.models import Appointment, CancellationFee, Slot, Writeback
from waitlist.schedule import Charge
from waitlist.states import CancelledBy, EntryStatus, FeeRule, SlotState

pytestmark = pytest.mark.django_db(transaction=True)
SAID_YES = NOW + timedelta(minutes=1)
GRACE_ENDS = SAID_YES + timedelta(minutes=15)
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
INSIDE_NOTICE = NOW + timedelta(hours=7)  # of a start 30 hours from NOW
HALF, ALL = 16000, 32000


class Winner:
    """Somebody who was asked, said yes, and is booked."""

    def __init__(self, world: World, **fields):
        self.world, self.wish = world, world.entry(**fields)
        slot = world.slot()
        cascade.advance(slot.pk, now=NOW)
        Message.objects.filter(slot=slot).update(status="delivered", sent_at=NOW)
        self.offer = Offer.objects.get(slot=slot, entry=self.wish)
        assert claims.claim(self.offer.pk, via="link", now=SAID_YES) == Claim.BOOKED
        self.slot = Slot.objects.get(pk=slot.pk)
        self.visit_id = self.slot.filled_by_id

    def gives_up(self, cents: int, *, now=LATER, **options):
        options = {"reason": "by the patient", "by": CancelledBy.PATIENT, **options}
        return schedule.cancel(self.visit_id, charge=Charge(cents), now=now, **options)

    def outcome(self, now=LATER) -> Claim:
        found = claims.find(tokens.make(self.offer.public_id))
        assert found is not None
        return claims.outcome(found, now=now)

    @property
    def is_told(self) -> bool:
        """Whether nobody has to call them."""
        return not untold.of_clinic(self.world.clinic, now=LATER).filter(pk=self.offer.pk).exists()

    def kinds(self) -> list[str]:
        return list(
            Message.objects.filter(offer=self.offer, channel="sms").order_by("pk").values_list("kind", flat=True)
        )


@pytest.fixture
def winner() -> Winner:
    return Winner(World())


def test_given_up_after_the_free_minutes_it_is_owed_told_and_open_again(winner):
    other = winner.world.entry()
    with everything_recorded() as changed:
        done = winner.gives_up(HALF)
    assert done.outcome == "done" and "waitlist_cancellationfee" in changed
    fee = CancellationFee.objects.get()
    assert (fee.appointment_id, fee.cents, fee.percent, fee.price_cents) == (winner.visit_id, HALF, 50, ALL)
    assert (fee.rule, fee.status) == (FeeRule.EARLY, "owed")
    winner.offer.refresh_from_db()
    assert winner.offer.state == OfferState.RETURNED and winner.outcome() == Claim.DECLINED
    winner.wish.refresh_from_db()
    assert winner.wish.status == EntryStatus.ACTIVE
    assert winner.kinds() == ["offer", "booked", "ended"]
    assert done.slot.pk != winner.slot.pk and done.slot.is_live
    cascade.advance(done.slot.pk, now=LATER)
    assert [offer.entry for offer in done.slot.offers.filter(state="pending")] == [other], "not for who gave it up"


def test_the_place_in_line_is_theirs_to_give_up(winner):
    winner.gives_up(HALF, keeps_place=False)
    winner.wish.refresh_from_db()
    assert winner.wish.status == EntryStatus.REMOVED


@pytest.mark.parametrize("in_grace", [True, False])
def test_who_joined_anew_meanwhile_waits_once(winner, in_grace):
    anew = winner.world.entry(winner.offer.patient)
    if in_grace:
        assert returns.cancel_in_grace(winner.offer.pk, now=SAID_YES)
    else:
        winner.gives_up(HALF)
    assert [fresh(one).status for one in (winner.wish, anew)] == [EntryStatus.REMOVED, EntryStatus.ACTIVE]
    assert not roster.remove(winner.wish.pk, now=LATER)
    assert list(promises.booked_wish_without_a_yes(winner.world.clinic, now=LATER)) == []


def test_a_click_on_an_old_page_takes_no_booked_wish_off_the_list(winner):
    assert not roster.remove(winner.wish.pk, now=LATER)
    assert fresh(winner.wish).status == EntryStatus.BOOKED


def test_never_more_than_was_shown(winner):
    assert winner.gives_up(HALF, now=INSIDE_NOTICE).outcome == "dearer"
    assert Appointment.objects.get(pk=winner.visit_id).status == "booked" and not CancellationFee.objects.exists()
    assert winner.gives_up(ALL, now=INSIDE_NOTICE).fee.cents == ALL


def test_a_cheaper_service_is_no_way_out_and_shrinks_no_time(winner):
    chat = factories.service(winner.world.clinic, minutes=5, price_cents=0, cancel_notice_minutes=0)
    service_change.change(winner.visit_id, chat.pk, now=SAID_YES)
    assert winner.gives_up(0, now=INSIDE_NOTICE).outcome == "dearer"
    done = winner.gives_up(ALL, now=INSIDE_NOTICE)
    assert (done.fee.cents, done.fee.price_cents) == (ALL, ALL)
    assert (done.slot.service, done.slot.price_cents) == (winner.world.service, ALL)


def test_what_the_clinic_gave_to_somebody_else_opens_there_as_it_is(winner):
    facial = factories.service(winner.world.clinic, price_cents=9000)
    other = replace(Time.of(winner.slot), practitioner=factories.practitioner(winner.world.clinic), service=facial)
    schedule.move(winner.visit_id, to=other, version=1, now=LATER)
    freed = schedule.cancel(winner.visit_id, reason="", by=CancelledBy.CLINIC, version=2, now=LATER).slot
    assert Time.of(freed) == other


def test_only_another_length_is_no_move(winner):
    """The calendar rounds what we booked: the free minutes and the fee are as they were agreed to."""
    rounded = replace(Time.of(winner.slot), ends_at=winner.slot.ends_at - timedelta(minutes=15))
    schedule.move(winner.visit_id, to=rounded, version=1, now=SAID_YES)
    assert fees.due(schedule.get_appointment(winner.visit_id), winner.slot, now=LATER).cents == HALF
    winner.world.slot(rounded.ends_at)  # what is free behind it is open already
    assert returns.cancel_in_grace(winner.offer.pk, now=SAID_YES)
    assert (fresh(winner.slot).state, winner.slot.ends_at) == ("open", rounded.ends_at)


def test_nothing_is_owed_for_what_the_clinic_moved(winner):
    visit = schedule.get_appointment(winner.visit_id)
    soon = replace(Time.of(visit), starts_at=NOW + timedelta(hours=9), ends_at=NOW + timedelta(hours=10))
    schedule.move(visit.pk, to=soon, version=1, now=LATER)
    assert fees.due(schedule.get_appointment(visit.pk), winner.slot, now=INSIDE_NOTICE).rule == FeeRule.MOVED
    assert winner.gives_up(0, now=INSIDE_NOTICE).outcome == "done" and not CancellationFee.objects.exists()


def test_nothing_is_owed_on_a_day_the_clinic_has_closed(winner):
    day = {"starts_at": winner.slot.starts_at - timedelta(hours=2), "ends_at": winner.slot.ends_at}
    closing.close(winner.world.clinic, reason="Course", location=None, practitioner=None, now=LATER, **day)
    assert fees.due(schedule.get_appointment(winner.visit_id), winner.slot, now=INSIDE_NOTICE).rule == FeeRule.CLOSED
    assert winner.gives_up(0, now=INSIDE_NOTICE).outcome == "done" and not CancellationFee.objects.exists()


def test_what_applies_is_less_than_was_shown(winner):
    winner.world.clinic.cancel_fee_percent_early = 10
    winner.world.clinic.save()
    assert winner.gives_up(HALF).fee.cents == 3200


def test_not_once_it_has_begun(winner):
    assert winner.gives_up(ALL, now=winner.slot.starts_at).outcome == "over"
    assert not CancellationFee.objects.exists()


def test_in_the_free_minutes_nothing_is_owed_by_either_way(winner):
    assert winner.gives_up(0, now=GRACE_ENDS - timedelta(seconds=1)).outcome == "done"
    assert not CancellationFee.objects.exists()


def test_a_service_without_a_price_owes_nothing():
    world = World()
    world.service.price_cents = 0
    world.service.save()
    winner = Winner(world)
    slot = winner.slot
    Appointment.objects.filter(pk=slot.filled_by_id).update(price_cents=0)
    assert winner.gives_up(0).fee is None


def test_the_clinic_cancels_what_somebody_won(winner):
    done = schedule.cancel(winner.visit_id, reason="other reason", by=CancelledBy.CLINIC, now=LATER)
    assert winner.is_told and winner.outcome() == Claim.LOST and not CancellationFee.objects.exists()
    assert winner.kinds() == ["offer", "booked", "lost"]
    winner.wish.refresh_from_db()
    assert (winner.wish.status, winner.wish.added_at) == (EntryStatus.ACTIVE, NOW - timedelta(days=3))
    cascade.advance(done.slot.pk, now=LATER)
    assert done.slot in ranking.slots_for(winner.wish, now=LATER), "if it is free it is one of the other times"


@pytest.mark.parametrize(("by", "kind"), [(CancelledBy.CLINIC, "lost"), (CancelledBy.UNKNOWN, "gone")])
def test_nobody_is_asked_for_the_time_they_lost_but_they_may_choose_it(winner, by, kind):
    with everything_recorded():
        freed = schedule.cancel(winner.visit_id, reason="", by=by, now=LATER).slot
    assert winner.kinds() == ["offer", "booked", kind] and winner.outcome() == Claim.LOST
    for hours in (1, 25):
        cascade.advance(freed.pk, now=NOW + timedelta(hours=hours))
    assert not Message.objects.filter(slot=freed).exists()
    assert freed in ranking.slots_for(winner.wish, now=LATER)
    found, other = unasked.claim_alternative(winner.offer.pk, freed.public_id, via="link", now=LATER)
    assert found == Claim.BOOKED and other.slot == freed


def test_nobody_can_be_told(winner):
    winner.offer.patient.contact_points.update(granted=[])
    schedule.cancel(winner.visit_id, reason="other reason", by=CancelledBy.CLINIC, now=LATER)
    assert not winner.is_told


def test_put_off_in_the_calendar_is_no_cancellation(winner):
    schedule.cancel(winner.visit_id, reason="Rescheduled", by=CancelledBy.UNSAID, version=1, now=LATER)
    assert winner.kinds() == ["offer", "booked"]
    winner.wish.refresh_from_db()
    assert winner.wish.status == EntryStatus.BOOKED


def test_on_again_in_the_calendar(winner):
    winner.gives_up(HALF)
    visit = schedule.get_appointment(winner.visit_id)
    with everything_recorded(), transaction.atomic():
        mirrors.rebook(visit.external_id, Time.of(visit), clinic_id=visit.clinic_id, version=2, now=LATER)
    assert CancellationFee.objects.get().status == "waived"
    assert winner.outcome() == Claim.YOURS
    again = schedule.cancel(winner.visit_id, reason="by the patient", by=CancelledBy.PATIENT, version=3, now=LATER)
    assert again.outcome == "done" and CancellationFee.objects.get().status == "waived"


def test_on_again_in_the_calendar_it_is_theirs_again_and_they_hear_of_it_each_time(winner):
    visit = schedule.get_appointment(winner.visit_id)
    known = {"connection": None, "external_id": visit.external_id, "patient": None}
    ends = lambda version: schedule.cancel(visit.pk, reason="", by=CancelledBy.UNKNOWN, version=version, now=LATER)  # noqa: E731
    ends(1)
    Message.objects.filter(offer=winner.offer).update(status="sent")
    next_day = replace(Time.of(visit), starts_at=visit.starts_at + DAY, ends_at=visit.ends_at + DAY)
    with everything_recorded():
        entered.mirror(winner.world.clinic, version=2, time=next_day, now=LATER, **known)
    assert fresh(winner.offer).state == OfferState.ACCEPTED and fresh(winner.wish).status == EntryStatus.BOOKED
    assert winner.outcome() == Claim.YOURS and fresh(visit).cancelled_by == ""
    assert winner.kinds() == ["offer", "booked", "gone", "booked"]
    assert Message.objects.last().context["starts_at"] == next_day.starts_at.isoformat()
    Message.objects.filter(offer=winner.offer).update(status="sent")
    ends(3)
    assert winner.is_told and winner.outcome() == Claim.LOST
    assert winner.kinds() == ["offer", "booked", "gone", "booked", "gone"]


@pytest.mark.parametrize(("by", "kind"), [(CancelledBy.CLINIC, "lost"), (CancelledBy.UNKNOWN, "gone")])
def test_gone_on_again_and_gone_in_one_night_they_hear_the_last_word_once(by, kind, winner):
    visit = schedule.get_appointment(winner.visit_id)
    known = {"connection": None, "external_id": visit.external_id, "patient": None}
    Message.objects.filter(offer=winner.offer).update(status="sent")
    schedule.cancel(visit.pk, reason="", by=CancelledBy.UNKNOWN, version=1, now=LATER)
    entered.mirror(winner.world.clinic, version=2, time=Time.of(visit), now=LATER, **known)
    schedule.cancel(visit.pk, reason="", by=by, version=3, now=LATER)
    waiting = Message.objects.filter(offer=winner.offer, status="pending").order_by("pk")
    assert [one.kind for one in waiting if checks.look(one, now=LATER).may_go] == [kind]
    entered.mirror(winner.world.clinic, version=4, time=Time.of(visit), now=LATER, **known)
    assert [one.kind for one in waiting.all() if checks.look(one, now=LATER).may_go] == ["booked"], "and on again, once"


def test_on_again_a_wish_that_was_booked_otherwise_stays_with_that(winner):
    visit = schedule.get_appointment(winner.visit_id)
    schedule.cancel(visit.pk, reason="", by=CancelledBy.CLINIC, version=1, now=LATER)
    other = winner.world.offer(winner.world.slot(NOW + 2 * DAY), winner.wish)
    assert claims.claim(other.pk, via="staff", now=LATER) == Claim.BOOKED
    known = {"connection": None, "external_id": visit.external_id, "patient": None}
    entered.mirror(winner.world.clinic, version=2, time=Time.of(visit), now=LATER, **known)
    assert fresh(winner.offer).state == OfferState.RETURNED and winner.outcome() == Claim.YOURS
    assert list(promises.one_wish_booked_twice(winner.world.clinic, now=LATER)) == []
    again = winner.gives_up(HALF)
    assert (again.outcome, again.fee) == ("done", None), "it is not theirs through us any more, so nothing is owed"


def test_losers_see_the_same_time_where_it_is_open_again():
    world = World()
    loser = world.entry()
    winner = Winner(world)
    lost = Offer.objects.get(slot=winner.slot, entry=loser)
    done = winner.gives_up(HALF)
    cascade.advance(done.slot.pk, now=LATER)
    assert done.slot in ranking.slots_for(loser, now=LATER)
    found, other = unasked.claim_alternative(lost.pk, done.slot.public_id, via="link", now=LATER)
    assert found == Claim.BOOKED and other.slot == done.slot


def test_a_fee_is_let_go_or_settled_once(winner):
    fee, boss = winner.gives_up(HALF).fee, factories.user(winner.world.clinic, "manager")
    with everything_recorded():
        assert fees.waive(fee, reason=" Snow storm ", by=boss, now=LATER)
        assert not fees.settle(fee, by=boss, now=LATER)
    fee.refresh_from_db()
    assert (fee.status, fee.reason, fee.ended_by) == ("waived", "Snow storm", boss)


def test_who_cancels_often_is_counted_in_grace_and_after():
    world = World()
    who = factories.patient(world.clinic)
    for days in (0, 1, 29, 31):
        visit = world.appointment(
            NOW + timedelta(days=days + 1),
            patient=who,
            status="cancelled",
            cancelled_by=CancelledBy.PATIENT,
            cancelled_at=NOW - timedelta(days=days),
        )
        Writeback.objects.create(
            clinic=world.clinic, appointment=visit, kind="booked", status="done", created_at=NOW, updated_at=NOW
        )
    mirrored = world.appointment(NOW + timedelta(days=9), patient=who, status="cancelled", cancelled_by="patient")
    Appointment.objects.filter(pk=mirrored.pk).update(cancelled_at=NOW)
    assert cancellers.counts([who.pk], now=NOW) == {who.pk: 3}
    assert cancellers.flag(3) == "cancels often (3 in 30 days)" and not cancellers.flag(2)


def test_given_back_in_grace_counts(winner):
    assert returns.cancel_in_grace(winner.offer.pk, now=SAID_YES)
    assert cancellers.counts([winner.offer.patient_id], now=LATER) == {winner.offer.patient_id: 1}


def test_a_time_nobody_was_ever_asked_for_was_too_near():
    world = World()
    world.entry()
    slot = world.slot(NOW + timedelta(minutes=30))  # less than the service's notice
    cascade.advance(slot.pk, now=NOW)
    slot.refresh_from_db()
    assert (slot.state, slot.closed_because) == ("expired", "too_near")
    asked = world.slot()
    cascade.advance(asked.pk, now=NOW)
    cascade.advance(asked.pk, now=asked.starts_at)
    asked.refresh_from_db()
    assert (asked.state, asked.closed_because) == ("expired", "past")


# Races


def told_once(winner: Winner) -> bool:
    return Message.objects.filter(offer=winner.offer, kind__in=("ended", "lost", "cancelled")).count() == 1


def test_given_up_twice_at_once_is_owed_once(winner):
    done = at_once([lambda: winner.gives_up(HALF)] * 6)
    assert sorted(one.outcome for one in done) == ["already"] * 5 + ["done"]
    assert CancellationFee.objects.count() == 1 and told_once(winner)
    assert Slot.objects.filter(state__in=("open", "offering")).count() == 1


def test_patient_and_staff_at_once(winner):
    by_staff = lambda: schedule.cancel(winner.visit_id, reason="other reason", by=CancelledBy.CLINIC, now=LATER)  # noqa: E731
    done = at_once([lambda: winner.gives_up(HALF), by_staff])
    assert sorted(one.outcome for one in done) == ["already", "done"]
    was_theirs = done[0].outcome == "done"
    assert CancellationFee.objects.exists() == was_theirs and told_once(winner)
    assert winner.outcome() == (Claim.DECLINED if was_theirs else Claim.LOST)


def test_given_back_free_and_given_up_at_once_on_the_last_free_second(winner):
    last = GRACE_ENDS - timedelta(seconds=1)
    free, paid = at_once(
        [lambda: returns.cancel_in_grace(winner.offer.pk, now=last), lambda: winner.gives_up(0, now=last)]
    )
    assert free != (paid.outcome == "done"), "exactly one of them"
    assert not CancellationFee.objects.exists() and told_once(winner)
    assert Slot.objects.filter(state__in=("open", "offering")).count() == 1


def test_on_the_second_the_free_minutes_end_only_the_late_act_works(winner):
    free, paid = at_once(
        [
            lambda: returns.cancel_in_grace(winner.offer.pk, now=GRACE_ENDS),
            lambda: winner.gives_up(HALF, now=GRACE_ENDS),
        ]
    )
    assert (free, paid.outcome) == (False, "done") and CancellationFee.objects.get().cents == HALF


def test_a_second_one_waits_for_the_first(winner):
    """While the first has not committed the second is held back by the practitioner's lock, and then finds it done."""
    found = []

    def second() -> None:
        found.append(winner.gives_up(HALF).outcome)
        connections.close_all()

    with transaction.atomic():
        calendar.lock_practitioners(winner.world.practitioner.pk)
        thread = threading.Thread(target=second)
        thread.start()
        assert wait_until_blocked(thread)
        Appointment.objects.filter(pk=winner.visit_id).update(status="cancelled")
    thread.join()
    assert found == ["already"] and not CancellationFee.objects.exists()


def test_without_compare_and_swap_two_fees_and_texts_would_follow(winner, monkeypatch):
    """The negative control: where the calendar’s swap always says yes, the second act opens and tells again."""
    winner.gives_up(HALF)
    monkeypatch.setattr("waitlist.schedule.calendar.cancel", lambda *_, **__: True)
    monkeypatch.setattr(losses, "lock", lambda _: losses.Won(winner.slot, winner.offer))
    monkeypatch.setattr("waitlist.schedule._not_at_that_price", lambda *_, **__: None)
    Slot.objects.exclude(pk=winner.slot.pk).update(state=SlotState.EXPIRED)
    assert winner.gives_up(HALF).slot is not None
    assert Slot.objects.count() == 3
