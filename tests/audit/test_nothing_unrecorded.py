"""Every act there is: no row of a noun changes without a line of the trail in the same transaction."""

from datetime import date, timedelta

import pytest
from django.db import connection

from matching import cascade, claims, offers, picks, returns, rung
from matching.answering import lessons, reserves, unasked
from matching.claims import Claim
from matching.policy.policies import Wave
from matching.states import CallResult, Reserve
from notifications import calls, consent, reminders, replies, wordings
from notifications.alerts import notices
from notifications.models import ContactPoint, Message
from notifications.rendering.checks import Draft
from tests import factories
from tests.factories import NOW, World
from tests.matching import steps
from tests.recorded import everything_recorded
from waitlist import (
    attendance,
    closing,
    connections,
    entered,
    keeping,
    notes,
    roster,
    schedule,
    surges,
    told,
    unsubscribing,
    vacancies,
    whereabouts,
    writebacks,
    wrong_numbers,
)
from waitlist.calendar import Time
from waitlist.entries import Wish
from waitlist.models import Clinic, Closure, MassCancellation, Service, Slot, Writeback
from waitlist.people import ConsentGiven, Person
from waitlist.states import AppointmentStatus, CancelledBy, ConfirmedVia

pytestmark = pytest.mark.django_db(transaction=True)
SOON = NOW + timedelta(minutes=2)


@pytest.fixture
def world() -> World:
    world = World()
    for _ in range(3):
        world.entry()
    return world


@pytest.fixture
def asked(world) -> Slot:
    """A slot that three people have been asked for, and told."""
    slot = world.slot()
    cascade.advance(slot.pk, now=NOW)
    Message.objects.filter(kind="offer").update(status="sent", sent_at=NOW)
    slot.refresh_from_db()
    return slot


def test_the_proof_itself_notices(world):
    slot = world.slot()
    with pytest.raises(AssertionError, match=f"waitlist_slot {slot.pk}"), everything_recorded():
        Slot.objects.filter(pk=slot.pk).update(state="expired")
    with everything_recorded() as changed:
        Slot.objects.filter(pk=slot.pk).update(state="expired")  # as it was: no change
    assert changed == set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'test_note'")
        assert cursor.fetchone() == (0,)


def test_cancel_and_ask(world):
    visit = world.appointment(patient=factories.patient(world.clinic))
    with everything_recorded() as changed:
        slot = schedule.cancel(visit.pk, reason="ill", by=CancelledBy.CLINIC, now=NOW).slot
        cascade.advance(slot.pk, now=NOW)
    assert changed >= {
        "waitlist_appointment",
        "waitlist_slot",
        "waitlist_writeback",
        "matching_offer",
        "matching_sentwave",
    }


def test_cancel_and_keep_empty(world):
    visit = world.appointment()
    with everything_recorded():
        schedule.cancel(visit.pk, reason="break", by=CancelledBy.CLINIC, keep_empty=True, now=NOW)


def test_move(world):
    visit = world.appointment()
    live = world.slot(NOW + timedelta(hours=50))
    cascade.advance(live.pk, now=NOW)
    with everything_recorded() as changed:
        time = Time.of(visit)
        moved = Time(**{**vars(time), "starts_at": live.starts_at, "ends_at": live.ends_at})
        schedule.move(visit.pk, to=moved, now=NOW)
    assert changed >= {"waitlist_appointment", "waitlist_slot", "matching_offer"}


def test_open_start_stop_and_book_by_hand(world):
    time, other, guest = (
        Time.of(world.appointment()),
        world.slot(NOW + timedelta(days=4)),
        factories.patient(world.clinic),
    )
    later = {"starts_at": time.starts_at + timedelta(days=1), "ends_at": time.ends_at + timedelta(days=1)}
    with everything_recorded() as changed:
        slot = vacancies.open_by_hand(world.clinic, Time(**{**vars(time), **later}), now=NOW)
        vacancies.start(slot.pk, now=NOW)
        cascade.advance(slot.pk, now=NOW)
        vacancies.stop(slot.pk, now=SOON)
        cascade.advance(other.pk, now=NOW)
        vacancies.book_by_hand(other.pk, patient=guest, now=SOON)
    assert changed >= {"waitlist_appointment", "waitlist_slot", "waitlist_writeback", "matching_offer"}


def test_staff_choose_whom_to_ask(world):
    slot = world.slot()
    chosen = [entry.pk for entry in world.clinic.entries.all()[:2]]
    with everything_recorded() as changed:
        assert len(picks.ask(slot.pk, chosen, now=NOW).asked) == 2
    assert changed == {"waitlist_slot", "matching_offer", "matching_sentwave"}


def test_the_keys_of_a_call(world, asked):
    taken, passed, stopped = Message.objects.filter(kind="offer").order_by("pk")
    Message.objects.filter(kind="offer").update(channel="voice")
    ContactPoint.objects.update(granted=["offers:sms", "offers:voice"])
    with everything_recorded() as changed:
        for message, key in ((passed, "2"), (stopped, "9"), (taken, "1")):
            call = calls.find(message.public_id)
            calls.pick_up(call, call_id=f"CA{message.pk}", answered_by="human", now=SOON)
            calls.press(call, key, calls.Stage(), call_id=f"CA{message.pk}", now=SOON)
    assert changed >= {"waitlist_appointment", "waitlist_slot", "matching_offer", "notifications_contactpoint"}


def test_exclusive_access_ends_early():
    world = World(policy=steps.policy(Wave(size=1), Wave(5), exclusive_minutes=30))
    for _ in range(2):
        world.entry()
    slot = world.slot()
    with everything_recorded() as changed:
        cascade.advance(slot.pk, now=NOW)
        claims.decline(slot.offers.get().pk, reason="", via="link", now=SOON)
        cascade.advance(slot.pk, now=SOON)
    assert slot.offers.count() == 2
    assert changed >= {"waitlist_slot", "matching_offer"}


def test_a_surge_day_comes_and_goes(world):
    with everything_recorded() as changed:
        surges.remove(surges.add(world.clinic, day=NOW.date(), location=world.location, reason="Fair"))
    assert changed == {"waitlist_surgeday"}


def test_closures_holidays_and_a_sick_day():
    world = World(mass_cancellation_count=2)
    for _ in range(3):
        world.entry()
    first, second = (world.appointment(NOW + timedelta(hours=30 + n)) for n in range(2))
    with everything_recorded() as changed:
        settings = {"country": "US", "closes_on_holidays": True, "mass_cancellation_count": 2}
        keeping.keep_holidays(world.clinic, now=NOW, **settings)
        keeping.keep_holiday(world.location, date(2026, 11, 26), is_closed=False, now=NOW)
        keeping.keep_holiday(world.location, date(2026, 11, 26), is_closed=True, now=NOW)
        cascade.advance(schedule.cancel(first.pk, reason="", by=CancelledBy.CLINIC, now=NOW).slot.pk, now=NOW)
        schedule.cancel(second.pk, reason="", by=CancelledBy.CLINIC, now=NOW)
        closing.answer(MassCancellation.objects.get(), MassCancellation.Answer.KEEP_EMPTY, None, now=SOON)
        closing.reopen(Closure.objects.get(holiday=None), now=SOON)
    assert changed >= {
        *("waitlist_clinic", "waitlist_closure", "waitlist_workedholiday", "waitlist_masscancellation"),
        *("waitlist_slot", "matching_offer"),
    }


def test_claim_and_tidy(world, asked):
    first, second, _ = asked.offers.order_by("pk")
    more = world.slot(NOW + timedelta(days=2))
    world.offer(more, first.entry)
    with everything_recorded() as changed:
        assert claims.claim(first.pk, via="link", now=SOON) == Claim.BOOKED
        assert claims.claim(second.pk, via="link", now=SOON) == Claim.TAKEN
        assert returns.tidy(first.pk, now=SOON) == 1
    assert changed >= {"waitlist_appointment", "waitlist_slot", "matching_offer", "waitlist_waitlistentry"}


def test_an_alternative(world, asked):
    first, second, _ = asked.offers.order_by("pk")
    claims.claim(first.pk, via="link", now=SOON)
    other = world.asked_slot(NOW + timedelta(days=3))
    with everything_recorded() as changed:
        found, _ = unasked.claim_alternative(second.pk, other.public_id, via="link", now=SOON)
        assert found == Claim.BOOKED
    assert changed >= {"waitlist_appointment", "matching_offer", "waitlist_writeback"}


def test_decline_lapse_and_run_out(world, asked):
    first, *_ = asked.offers.order_by("pk")
    with everything_recorded() as changed:
        assert claims.decline(first.pk, reason="wrong_time", via="link", now=SOON) == Claim.DECLINED
        cascade.advance(asked.pk, now=NOW + timedelta(hours=20))
        cascade.advance(asked.pk, now=asked.starts_at)
    asked.refresh_from_db()
    assert asked.state == "expired"
    assert changed >= {"matching_offer", "waitlist_slot"}


def test_cancel_in_grace(world, asked):
    first, *_ = asked.offers.order_by("pk")
    claims.claim(first.pk, via="link", now=SOON)
    with everything_recorded() as changed:
        assert returns.cancel_in_grace(first.pk, now=SOON + timedelta(minutes=3))
        cascade.advance(asked.pk, now=SOON + timedelta(minutes=3))
    assert changed >= {"waitlist_appointment", "waitlist_slot", "matching_offer", "waitlist_waitlistentry"}


def test_held_let_go_and_finished(world, asked):
    first, second, third = asked.offers.order_by("pk")
    Service.objects.filter(pk=world.service.pk).update(details_prompt="Any allergies?")
    with everything_recorded() as changed:
        assert claims.claim(first.pk, via="link", now=SOON) == Claim.HELD
        assert reserves.keep(second.pk, Reserve.ASK, now=SOON)
        assert reserves.keep(third.pk, Reserve.ASK, now=SOON) and reserves.leave(third.pk, now=SOON)
        assert claims.let_go(first.pk, now=SOON) == Claim.OPEN
        cascade.advance(asked.pk, now=SOON)
        assert claims.claim(second.pk, via="link", now=SOON) == Claim.HELD
        cascade.advance(asked.pk, now=SOON + timedelta(minutes=2))
        assert claims.finish(second.pk, details="None", via="link", now=SOON + timedelta(minutes=3)) == Claim.BOOKED
    assert changed >= {"matching_offer", "waitlist_slot", "waitlist_appointment"}


def test_the_reserve_is_booked(world, asked):
    first, second, _ = asked.offers.order_by("pk")
    claims.claim(first.pk, via="link", now=SOON)
    with everything_recorded() as changed:
        assert reserves.keep(second.pk, Reserve.BOOK, now=SOON)
        assert returns.cancel_in_grace(first.pk, now=SOON)
    second.refresh_from_db()
    assert second.state == "accepted"
    assert changed >= {"matching_offer", "waitlist_slot", "waitlist_appointment", "waitlist_writeback"}


def test_a_member_chooses_what_they_are_told(world):
    member = factories.user(world.clinic).memberships.get()
    with everything_recorded() as changed:
        assert notices.choose(member, {"approval": "not"}, now=NOW)
    assert changed == {"notifications_noticechoice"}


def test_seen(asked):
    with everything_recorded() as changed:
        assert offers.seen(asked.offers.select_related("slot").first(), now=SOON)
    assert changed == {"matching_offer"}


def test_the_calendar_has_it_taken(world, asked):
    world.connection(writeback_url="https://calendar.example/hook")
    claims.claim(asked.offers.first().pk, via="link", now=SOON)
    owed = Writeback.objects.get(kind="booked")
    with everything_recorded() as changed:
        assert writebacks.conflict(owed, "taken", now=SOON)
        assert returns.give_way(owed.pk, now=SOON)
    assert changed >= {"waitlist_writeback", "waitlist_appointment", "waitlist_slot", "matching_offer"}


def test_a_booking_made_in_the_calendar(world, asked):
    connection = world.connection()
    time, elsewhere = Time.of(asked), Time.of(world.slot(NOW + timedelta(days=5)))
    known = {"connection": connection, "external_id": "their-1", "patient": factories.patient(world.clinic)}
    with everything_recorded() as changed:
        made = entered.mirror(world.clinic, time=time, version=1, now=SOON, **known)
        schedule.move(made.pk, to=elsewhere, version=2, now=SOON)
        schedule.cancel(made.pk, reason="", by=CancelledBy.CLINIC, version=3, now=SOON)
        entered.mirror(world.clinic, time=elsewhere, version=4, now=SOON, **known)
    assert changed >= {"waitlist_appointment", "waitlist_slot", "matching_offer"}


def test_enrol_edit_pause_and_leave(world):
    person = Person("Ana", "Pop", phone="+14155550142", email="ana@patients.example")
    wish = Wish((world.service.pk,), windows=((0b11111, 540, 1020),))
    given = [ConsentGiven("sms", NOW), ConsentGiven("email", NOW)]
    with everything_recorded() as changed:
        joined = roster.enrol(world.clinic, person=person, wish=wish, consents=given, now=NOW)
        assert not roster.enrol(world.clinic, person=person, wish=wish, consents=given, now=SOON).created
        roster.edit(joined.entry.pk, Wish((world.service.pk,), windows=((1, 0, 1440),), note="call first"), now=SOON)
        roster.edit_person(joined.patient.pk, Person("Ana", "Popa", phone="+14155550143"), now=SOON)
        roster.pause(joined.entry.pk, NOW + timedelta(days=14), now=SOON)
        roster.resume(joined.entry.pk, now=SOON)
        roster.remove(joined.entry.pk, now=SOON)
    assert changed == {
        "waitlist_patient", "waitlist_waitlistentry", "waitlist_availability", "notifications_contactpoint",
        "notifications_patientcontact", "notifications_consent",
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["too_soon", "wrong_time", "other_provider", "not_needed", "pause"])
def test_a_no_that_teaches_and_its_taking_back(world, asked, reason):
    factories.practitioner(world.clinic)
    offer = asked.offers.first()
    with everything_recorded() as changed:
        claims.decline(offer.pk, reason=reason, via="link", now=SOON)
        assert lessons.take_back(offer.pk, now=SOON)
    assert changed >= {"matching_lesson", "matching_offer"}
    assert changed & {"waitlist_waitlistentry", "waitlist_availability"}


def test_a_reason_that_cannot_be_taken_in(world, asked):
    with everything_recorded() as changed:
        claims.decline(asked.offers.first().pk, reason="other_provider", via="link", now=SOON)
    assert changed >= {"matching_lesson"}


def test_stop_and_start(world):
    point = factories.patient(world.clinic).contact_points.get()
    with everything_recorded() as changed:
        consent.stop(point, source="keyword", now=NOW)
        consent.start(point, source="keyword", now=SOON)
    assert changed >= {"notifications_contactpoint", "notifications_consent"}


def test_less_none_and_again(world):
    patient, desk = factories.patient(world.clinic, email="ana@patients.example"), factories.user(world.clinic)
    world.entry(patient)
    phone, address = patient.contact_points.order_by("pk")
    by = {"said_by": "Ana", "by": desk, "remote_addr": None}
    with everything_recorded() as changed:
        for n, text in enumerate(("pause", "START", "stop offers", "START")):
            replies.receive(world.clinic, sender=phone.value, text=text, provider_id=f"{n}", now=NOW)
        assert told.stop_offers(phone, **by, now=SOON) and told.stop(phone, **by, now=SOON)
        assert told.renew(phone, ["offers"], said_at=SOON + timedelta(minutes=1), **by, now=SOON + timedelta(hours=1))
        unsubscribing.one_purpose(address, "offers", remote_addr=None, now=SOON)
        unsubscribing.offers(address, remote_addr=None, now=SOON)
        unsubscribing.everything(address, remote_addr=None, now=SOON)
        unsubscribing.again(address, remote_addr=None, now=SOON)
    assert changed >= {"notifications_contactpoint", "notifications_consent", "waitlist_waitlistentry"}


def test_the_nightly_refresh(world):
    with everything_recorded():
        roster.refresh(world.clinic, now=NOW + timedelta(days=3))


def test_staff_enter_a_booking(world, asked):
    claims.claim(asked.offers.first().pk, via="link", now=SOON)
    with everything_recorded() as changed:
        assert writebacks.done(Writeback.objects.get(kind="booked"), now=SOON)
    assert changed == {"waitlist_writeback"}


def test_a_calendar_is_connected(world):
    with everything_recorded() as changed:
        made = connections.add(world.clinic, source="standard", name="Desk", default_location=world.location, now=NOW)
        connections.edit(made, name="Front desk")
        connections.rotate(made)
        connections.forget(connections.match(made, "service", "Peel", world.service.pk))
    assert changed == {"waitlist_connection", "waitlist_mapping"}


def test_a_visit_reminded_of_confirmed_and_marked(world):
    Clinic.objects.update(sends_reminders=True)
    visit = world.appointment(NOW + timedelta(hours=23), patient=factories.patient(world.clinic))
    over = visit.starts_at + timedelta(hours=1)
    with everything_recorded() as changed:
        assert reminders.remind(visit.pk, now=NOW) == 1
        assert attendance.confirm(visit, visit.starts_at, via=ConfirmedVia.LINK, now=NOW)
        whereabouts.choose_zone(visit.patient_id, "America/New_York", now=NOW)
        assert attendance.mark(visit.pk, AppointmentStatus.NOSHOW, now=over)
        assert attendance.mark(visit.pk, AppointmentStatus.FULFILLED, now=over)
        roster.refresh(world.clinic, now=over)
    assert changed >= {"waitlist_appointment", "waitlist_patient"}


def test_a_note_is_written_and_taken_back(world):
    patient, desk = factories.patient(world.clinic), factories.user(world.clinic)
    with everything_recorded() as changed:
        note = notes.write(patient, "Ring after five", by=desk, now=NOW)
        assert notes.take_back(note, by=desk, now=SOON)
    assert changed == {"waitlist_patientnote"}


def test_a_call_is_noted_and_a_wrong_number_forgotten(world, asked):
    offer, desk = asked.offers.earliest("pk"), factories.user(world.clinic)
    point = offer.patient.contact_points.get()
    with everything_recorded() as changed:
        assert rung.note(offer, CallResult.WRONG, after=0, by=desk, now=SOON)
        assert wrong_numbers.forget(offer.patient, point, by=desk, remote_addr=None, now=SOON)
        assert not wrong_numbers.forget(offer.patient, point, by=desk, remote_addr=None, now=SOON)
    assert changed >= {"matching_callattempt", "notifications_patientcontact", "notifications_contactpoint"}


def test_a_message_is_reworded(world):
    by = factories.user(world.clinic, "manager")
    place = ("booked", "email", "en", 0)
    with everything_recorded() as changed:
        wordings.save(world.clinic, Draft(*place, text="{long_when}", subject="Booked"), by=by, now=NOW)
        wordings.save(world.clinic, Draft(*place, text="See you {long_when}", subject="Booked"), by=by, now=SOON)
        assert wordings.back_to_ours(world.clinic, place)
        wordings.set_level(world.clinic, 1)
    assert changed == {"notifications_messagetemplate", "waitlist_clinic"}
