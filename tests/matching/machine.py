"""A small clinic driven by random commands: every rule calls the real act, every invariant is read from rows."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Model, Q, QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from matching import cascade, claims, losses, returns, work
from matching.answering import reserves, unasked
from matching.models import Offer
from matching.states import OFFER_MOVES, OfferState, Override, Reserve
from notifications import outages, outbox, replies
from notifications.models import SimulatedText
from notifications.states import Channel, OutageCause
from ops import doctor
from tests import factories
from tests.factories import NOW, World
from waitlist import calendar, closing, entered, masses, roster, schedule, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, MassCancellation, Patient, Slot, WaitlistEntry
from waitlist.states import (
    APPOINTMENT_MOVES,
    ENTRY_MOVES,
    LIVE_SLOT_STATES,
    SLOT_MOVES,
    AppointmentStatus,
    CancelledBy,
    EntryStatus,
    SlotState,
)

HOURS_AHEAD = (4, 7, 26, 30, 54, 20 * 24)
STAFF_DO_THEM = {"task_left_undone"}  # what a person has to do is left undone when nobody is there
AT_REST = 12  # rounds of the sweeps: by then nothing may be left to do
some = st.integers(0, 11)
DONE: Counter[str] = Counter()  # over all examples: what was done, and what came of it


def reach(moves: dict[Any, set[Any]]) -> set[tuple[str, str]]:
    """Every (from, to) that one or more legal moves lead through: one act may make several."""
    pairs = {(str(start), str(to)) for to, starts in moves.items() for start in starts}
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    return pairs


LIVES: dict[type[Model], tuple[str, set[tuple[str, str]]]] = {
    Slot: ("state", reach(SLOT_MOVES)),
    Offer: ("state", reach(OFFER_MOVES)),
    Appointment: ("status", reach(APPOINTMENT_MOVES)),
    WaitlistEntry: ("status", reach(ENTRY_MOVES)),
}


class ClinicMachine(RuleBasedStateMachine):
    """One example is one transaction that is rolled back; acts are nested in it as in a test of pytest-django."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block._from_testcase = True  # acts are durable: they may begin right inside it
        self.block.__enter__()
        self.now = NOW
        self.heard = 0
        self.deadlines: dict[tuple[int, int], datetime] = {}
        self.seen: dict[type[Model], dict[int, str]] = {noun: {} for noun in LIVES}
        self._make_clinic()

    def teardown(self) -> None:
        try:
            with connection.cursor() as cursor:  # what a commit would have refused
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def _make_clinic(self) -> None:
        self.world = world = World(is_open_any_hour=True, autopilot="automatic")
        self.asking = factories.service(world.clinic, details_prompt="Any allergies?")
        self.others = [factories.practitioner(world.clinic)]
        self.connection = world.connection()
        self.people = [factories.patient(world.clinic) for _ in range(7)]
        for person in self.people[:5]:
            world.entry(person)
        for person in self.people[1:4]:
            factories.entry(world.clinic, [self.asking], person)
        self.visits = [
            world.appointment(
                NOW + timedelta(hours=hours),
                patient=factories.patient(world.clinic),
                service=self.asking if n % 2 else world.service,
                practitioner=self.others[0] if n == 3 else world.practitioner,
            )
            for n, hours in enumerate(HOURS_AHEAD[:-1])
        ]
        later = world.appointment(NOW + timedelta(hours=HOURS_AHEAD[-1]), patient=self.people[5])
        world.entry(self.people[5], later_visit=later)

    # Who and what.

    def _one(self, rows: QuerySet[Any], n: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    def _visit(self, n: int, *statuses: str) -> Appointment | None:
        mine = Appointment.objects.filter(clinic=self.world.clinic, status__in=statuses, starts_at__gt=self.now)
        return self._one(mine, n)

    def _slot(self, n: int) -> Slot | None:
        return self._one(Slot.objects.filter(clinic=self.world.clinic, state__in=LIVE_SLOT_STATES), n)

    def _offer(self, n: int, only: Q | None = None) -> Offer | None:
        return self._one(Offer.objects.filter(only or Q(), slot__clinic=self.world.clinic), n)

    def _time(self, hours: int, n: int) -> Time:
        world = self.world
        service = self.asking if n % 2 else world.service
        who = self.others[0] if n % 3 == 0 else world.practitioner
        starts_at = NOW + timedelta(hours=hours)
        return Time(world.location, who, service, starts_at, starts_at + timedelta(minutes=service.minutes))

    def _do(self, name: str, act: Callable[[], Any]) -> Any:
        """The act, or its refusal in a sentence."""
        try:
            found = act()
        except vacancies.Refused:
            found = "refused"
        DONE[f"{name}: {found if isinstance(found, str | bool) else getattr(found, 'outcome', 'done')}"] += 1
        return found

    # The clock and the workers.

    @rule(minutes=st.sampled_from([1, 5, 14, 31, 60, 180, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(n=some)
    def one_advances(self, n: int) -> None:
        if slot := self._slot(n):
            self._do("advance", lambda: cascade.advance(slot.pk, now=self.now))

    @rule()
    def workers_run(self) -> None:
        for _ in range(AT_REST):
            if not self._sweep():
                return
        raise AssertionError("The sweeps find something to do for ever.")

    def _sweep(self) -> int:
        """Everything the beat table would have a worker do now; how much that was."""
        now = self.now
        due = work.due(now=now, limit=100)
        cascade.advance_many(due, now=now)
        outages.end_if_nothing_waits(now=now)
        sent = outbox.deliver_due(now=now)
        for heard_id in replies.unhandled(now=now, limit=100):
            replies.handle(heard_id, now=now)
        left = returns.conflicts(limit=100)
        for writeback_id in left:
            returns.give_way(writeback_id, now=now)
        untidy = returns.untidy(limit=100) + returns.unpaused(now=now, limit=100)
        for offer_id in dict.fromkeys(untidy):
            returns.tidy(offer_id, now=now)
        return len(due) + sent + len(left) + len(untidy)

    @rule()
    def the_doctor_comes(self) -> None:
        """After the sweeps, a refresh and the sweeps again nothing is left to report."""
        self.workers_run()
        roster.refresh(self.world.clinic, now=self.now)
        self.workers_run()
        found = [one for one in doctor.examine(self.world.clinic, now=self.now) if one.name not in STAFF_DO_THEM]
        assert not found, "\n".join(map(str, found))

    @rule(begins=st.booleans())
    def an_outage(self, begins: bool) -> None:
        if begins:
            outages.begin(Channel.SMS, OutageCause.BY_HAND, now=self.now)
        else:
            outages.end(Channel.SMS, by_hand=True, now=self.now)

    # Staff and the calendar.

    @rule(n=some, by=st.sampled_from(list(losses.NEWS)), keep_empty=st.booleans())
    def cancel(self, n: int, by: CancelledBy, keep_empty: bool) -> None:
        if visit := self._visit(n, AppointmentStatus.BOOKED):
            charge = schedule.Charge(10**6) if by == CancelledBy.PATIENT else None
            act = lambda: schedule.cancel(  # noqa: E731
                visit.pk,
                reason="ill",
                by=by,
                charge=charge,
                keeps_place=bool(n % 3),
                keep_empty=keep_empty,
                now=self.now,
            )
            self._do("cancel", act)

    @rule(n=some)
    def free_a_time(self, n: int) -> None:
        """What happens most: somebody cancels, and others are asked."""
        if visit := self._visit(n, AppointmentStatus.BOOKED):
            self._do("cancel", lambda: schedule.cancel(visit.pk, reason="ill", by=CancelledBy.CLINIC, now=self.now))
        self.workers_run()

    @rule(n=some)
    def uncancel(self, n: int) -> None:
        if visit := self._visit(n, AppointmentStatus.CANCELLED):
            self._do("uncancel", lambda: schedule.uncancel(visit.pk, now=self.now))

    @rule(n=some, hours=st.sampled_from(HOURS_AHEAD))
    def move(self, n: int, hours: int) -> None:
        if visit := self._visit(n, AppointmentStatus.BOOKED):
            at = self._time(hours, n)
            self._do("move", lambda: schedule.move(visit.pk, to=at, now=self.now))

    @rule(n=some, hours=st.sampled_from([5, 28, 31, *HOURS_AHEAD]))
    def open_by_hand(self, n: int, hours: int) -> None:
        self._do("open", lambda: vacancies.open_by_hand(self.world.clinic, self._time(hours, n), now=self.now))

    @rule(n=some)
    def stop(self, n: int) -> None:
        if slot := self._slot(n):
            self._do("stop", lambda: vacancies.stop(slot.pk, keep_empty=bool(n % 2), now=self.now))

    @rule(n=some, who=some, override=st.sampled_from([None, Override.URGENT]))
    def book_by_hand(self, n: int, who: int, override: str | None) -> None:
        if slot := self._slot(n):
            person = self.people[who % len(self.people)]
            act = lambda: vacancies.book_by_hand(slot.pk, patient=person, override=override, now=self.now)  # noqa: E731
            self._do("book by hand", act)

    @rule(days=st.integers(0, 2), n=some)
    def close_a_day(self, days: int, n: int) -> None:
        clinic = self.world.clinic
        day = (self.now.astimezone(clinic.zone) + timedelta(days=days)).date()
        starts_at, ends_at = calendar.day_span(clinic.zone, day)
        whose = {"practitioner": self.others[0]} if n % 3 else {}
        closing.close(clinic, starts_at=starts_at, ends_at=ends_at, reason="course", now=self.now, **whose)

    @rule(n=some, said=st.sampled_from(MassCancellation.Answer))
    def answer_a_mass_cancellation(self, n: int, said: MassCancellation.Answer) -> None:
        waiting = masses.unanswered(self.world.clinic, now=self.now)
        if waiting:
            mass = waiting[n % len(waiting)][0]
            self._do("answer mass", lambda: closing.answer(mass, said, None, now=self.now))

    @rule(n=some, hours=st.sampled_from([5, 28, *HOURS_AHEAD]), again=st.booleans())
    def the_calendar_books(self, n: int, hours: int, again: bool) -> None:
        """A booking we did not make, or one that was cancelled and is on again."""
        visit = self._visit(n, AppointmentStatus.CANCELLED) if again else None
        time = Time.of(visit) if visit else self._time(hours, n)
        if visit is None and time.starts_at <= self.now:
            return
        self.heard += 1
        fields: dict[str, Any] = {"external_id": visit.external_id if visit else f"calendar-{self.heard}"}
        fields |= {"version": self.heard, "patient": visit.patient if visit else self.people[n % len(self.people)]}
        act = lambda: entered.mirror(  # noqa: E731
            self.world.clinic, connection=self.connection, time=time, now=self.now, **fields
        )
        self._do("mirror", act)

    # Patients.

    @rule(n=some)
    def yes_by_link(self, n: int) -> None:
        if offer := self._offer(n):
            self._do("claim", lambda: claims.claim(offer.pk, via="link", now=self.now))

    @rule(n=some)
    def yes_to_what_is_asked(self, n: int) -> None:
        if offer := self._offer(n, Q(state=OfferState.PENDING)):
            self._do("claim asked", lambda: claims.claim(offer.pk, via="link", now=self.now))

    @rule(n=some, words=st.sampled_from(["YES", "NO", "1", "2", "NO to all", "STOP", "START"]))
    def text(self, n: int, words: str) -> None:
        person = self.people[n % len(self.people)]
        self.heard += 1
        receive = lambda: replies.receive(  # noqa: E731
            self.world.clinic,
            sender=person.contact_points.get(kind="phone").value,
            text=words,
            provider_id=f"heard-{self.world.clinic.pk}-{self.heard}",
            now=self.now,
        )
        self._do(f"text {words}", receive)

    @rule(n=some, m=some)
    def yes_to_an_alternative(self, n: int, m: int) -> None:
        offer, slot = self._offer(n), self._slot(m)
        if offer and slot:
            act = lambda: unasked.claim_alternative(offer.pk, slot.public_id, via="link", now=self.now)  # noqa: E731
            DONE[f"alternative: {act()[0]}"] += 1

    @rule(n=some)
    def no(self, n: int) -> None:
        if offer := self._offer(n):
            self._do("decline", lambda: claims.decline(offer.pk, reason="too_soon", via="link", now=self.now))

    @rule(n=some)
    def finish(self, n: int) -> None:
        held = Q(slot__held_by=F("patient")) if n % 4 else Q(slot__service=self.asking)
        if offer := self._offer(n, held):
            self._do("finish", lambda: claims.finish(offer.pk, details="nuts", via="link", now=self.now))

    @rule(n=some)
    def let_go(self, n: int) -> None:
        if offer := self._offer(n, Q(slot__held_by=F("patient"))):
            self._do("let go", lambda: claims.let_go(offer.pk, now=self.now))

    @rule(n=some, how=st.sampled_from([Reserve.ASK, Reserve.BOOK]))
    def wait_in_reserve(self, n: int, how: Reserve) -> None:
        if offer := self._offer(n, Q(slot__state__in=[SlotState.FILLED, SlotState.HELD]) & ~Q(state="accepted")):
            self._do("reserve", lambda: reserves.keep(offer.pk, how, now=self.now))

    @rule(n=some)
    def leave_the_reserve(self, n: int) -> None:
        if offer := self._offer(n, ~Q(reserve="")):
            self._do("leave", lambda: reserves.leave(offer.pk, now=self.now))

    @rule(n=some, only_with_old=st.booleans())
    def give_back(self, n: int, only_with_old: bool) -> None:
        if offer := self._offer(n, Q(state=OfferState.ACCEPTED)):
            act = lambda: returns.cancel_in_grace(offer.pk, only_with_old=only_with_old, now=self.now)  # noqa: E731
            self._do("give back", act)

    @rule(n=some)
    def pause_or_resume(self, n: int) -> None:
        entry = self._one(WaitlistEntry.objects.filter(clinic=self.world.clinic), n)
        self._do("pause", lambda: (roster.pause if n % 2 else roster.resume)(entry.pk, now=self.now))

    # What holds after every command.

    @invariant()
    def lives_follow_the_tables(self) -> None:
        """Whatever was done, every state is one its own table leads to."""
        for noun, (field, legal) in LIVES.items():
            of = {"slot__clinic": self.world.clinic} if noun is Offer else {"clinic": self.world.clinic}
            now = dict(noun._default_manager.filter(**of).values_list("pk", field))
            was = self.seen[noun]
            wrong = {pk: (was[pk], to) for pk, to in now.items() if pk in was and was[pk] != to}
            wrong = {pk: pair for pk, pair in wrong.items() if pair not in legal}
            assert not wrong, f"{noun.__name__}: {wrong}"
            self.seen[noun] = now

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        rows = Appointment.objects.filter(
            clinic=self.world.clinic, status=AppointmentStatus.BOOKED, is_exclusive=True
        ).order_by("starts_at")
        ends: dict[tuple[str, int], datetime] = {}
        for visit in rows:
            for who in (("practitioner", visit.practitioner_id), ("patient", visit.patient_id)):
                if who[1] is not None:
                    assert ends.get(who, visit.starts_at) <= visit.starts_at, f"{who} is booked twice: {visit}"
                    ends[who] = visit.ends_at

    @invariant()
    def what_is_live_is_free(self) -> None:
        found = list(doctor.promises.live_slot_over_booked_time(self.world.clinic, now=self.now))
        assert not found, found
        over = Offer.objects.filter(slot__clinic=self.world.clinic, state=OfferState.PENDING)
        over = over.exclude(slot__state__in=LIVE_SLOT_STATES)
        assert not over.exists(), f"still asked: {list(over)}"

    @invariant()
    def a_filled_slot_is_its_winners(self) -> None:
        for slot in Slot.objects.filter(clinic=self.world.clinic).select_related("filled_by"):
            assert (slot.state == SlotState.FILLED) == (slot.filled_by is not None), slot
            won = list(slot.offers.filter(state=OfferState.ACCEPTED))
            assert len(won) <= 1, won
            assert not won or (slot.filled_by and slot.filled_by.patient_id == won[0].patient_id), (slot, won)

    @invariant()
    def one_wish_is_booked_once(self) -> None:
        theirs = Q(offers__state=OfferState.ACCEPTED, offers__slot__filled_by__status=AppointmentStatus.BOOKED)
        by_themselves = theirs & ~Q(offers__answered_by="staff")
        rows = WaitlistEntry.objects.filter(clinic=self.world.clinic)
        twice = rows.annotate(n=Count("offers", filter=by_themselves)).filter(n__gt=1)
        assert not twice.exists(), f"booked twice: {list(twice)}"
        booked = rows.filter(status=EntryStatus.BOOKED).exclude(
            offers__state__in=[OfferState.ACCEPTED, OfferState.RETURNED]  # given up, and wants no other
        )
        assert not booked.exists(), f"booked without a yes: {list(booked)}"

    @invariant()
    def nobody_is_asked_for_too_much_at_once(self) -> None:
        asked = Q(offers__state=OfferState.PENDING, offers__wave__gt=0, offers__rounds=1)
        most = self.world.clinic.max_live_offers
        many = Patient.objects.filter(clinic=self.world.clinic).annotate(n=Count("offers", filter=asked))
        assert not many.filter(n__gt=most).exists(), f"asked for more than {most} at once"

    @invariant()
    def a_message_is_handed_over_once(self) -> None:
        rows = SimulatedText.objects.filter(message__clinic=self.world.clinic).values("message")
        twice = rows.annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists(), f"handed over twice: {list(twice)}"

    @invariant()
    def no_deadline_is_shortened(self) -> None:
        """While somebody may answer their time only grows; asked again it begins anew."""
        pending = Offer.objects.filter(slot__clinic=self.world.clinic, state=OfferState.PENDING)
        now = {(pk, rounds): at for pk, rounds, at in pending.values_list("pk", "rounds", "expires_at")}
        for which, at in now.items():
            assert at >= self.deadlines.get(which, at), f"offer {which[0]}: {self.deadlines[which]} became {at}"
        self.deadlines |= now
