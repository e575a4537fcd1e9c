"""A booking link of staff's: one time kept for one patient, booked only with the clinic's terms, over by itself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Entry
from matching import cascade, claims, express, kpis, lapses, picks, returns, work
from matching.answering import reserves, unasked
from matching.answering.accepted import Accepted, digest
from matching.claims import Claim
from matching.models import ExpressBooking, Offer, SentWave
from matching.policy import presets
from matching.states import Reserve
from notifications import consent, outages
from notifications.models import Consent, Message
from notifications.outbox import checks
from notifications.replies.letting import let_go
from tests import factories
from tests.at_once import at_once, without_locks
from tests.factories import NOW, World
from tests.matching.kept import after, fresh
from waitlist import entered, vacancies
from waitlist.calendar import Time
from waitlist.models import Appointment, Clinic, Patient, Slot, WaitlistEntry
from waitlist.states import SlotState
from waitlist.vacancies import OffersOut, Refused

TERMS = "Cancelling is free for 15 minutes.\nLater it costs 50 % of the price ($160)."
NIGHT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 23:00 in Los Angeles
committed = pytest.mark.django_db(transaction=True)


class Scene(World):
    """A clinic whose staff pick, with an open slot and somebody who waits for it."""

    def __init__(self, **fields) -> None:
        super().__init__(**{"policy": presets.staff_picks(), **fields})
        self.wish = self.entry()
        self.patient = self.wish.patient
        self.opening = self.slot(next_wave_at=None)

    def send(self, patient: Patient | None = None, *, now=NOW, **options) -> datetime:
        return express.send(self.opening.pk, patient or self.patient, now=now, **options)

    def sent(self, patient: Patient | None = None, *, now=NOW, **options) -> Offer:
        """The offer whose link has just gone out."""
        self.send(patient, now=now, **options)
        offer = Offer.objects.get(slot=self.opening, patient=patient or self.patient)
        offer.messages.filter(round=offer.rounds).update(status="delivered", sent_at=now, delivered_at=now)
        return offer


def finish(offer: Offer, *, now=NOW, **fields) -> Claim:
    accepts = Accepted(terms=TERMS, language="en", name="Ana Ruiz", device="A phone", **fields)
    return claims.finish(offer.pk, details="None", accepts=accepts, via="link", now=now)


@pytest.fixture
def scene(db) -> Scene:
    return Scene()


def test_the_time_is_kept_and_the_link_goes_out(scene):
    assert scene.send() == after(15)
    slot, offer = fresh(scene.opening), Offer.objects.get()
    assert (slot.state, slot.held_by, slot.held_until) == ("held", scene.patient, after(15))
    assert (offer.state, offer.entry, offer.expires_at, offer.link_sent_at) == ("pending", scene.wish, after(15), NOW)
    assert (offer.wave, SentWave.objects.get().step, slot.wave) == (1, 0, 1)
    message = Message.objects.get()
    assert (message.kind, message.offer, message.not_after) == ("offer", offer, after(15))
    assert message.context["is_booking_link"] and message.context["expires_at"] == after(15).isoformat()
    assert checks.look(message, now=NOW).may_go
    scene.wish.refresh_from_db()
    assert scene.wish.offers_received == 1
    assert {"slot.link_sent", "offer.link_sent"} <= set(Entry.objects.values_list("verb", flat=True))


def test_it_is_kept_for_as_long_as_the_clinic_says_and_never_past_the_last_moment(scene):
    Clinic.objects.update(express_minutes=45)
    Slot.objects.update(starts_at=after(105), ends_at=after(150))
    assert scene.send() == after(30)  # the service needs an hour's notice, the policy fifteen minutes more
    express.take_back(scene.opening.pk, now=NOW)
    with pytest.raises(Refused, match="Too little time"):
        scene.send(now=after(28))


def test_it_books_with_the_terms_and_keeps_them_word_for_word(scene):
    offer = scene.sent()
    assert finish(offer, now=after(3)) == Claim.BOOKED
    visit, row = Appointment.objects.get(), ExpressBooking.objects.get()
    assert (visit.patient, visit.details) == (scene.patient, "None")
    assert (row.appointment, row.offer, row.clinic) == (visit, offer, scene.clinic)
    assert (row.terms, row.terms_sha256, row.language) == (TERMS, digest(TERMS), "en")
    assert (row.name, row.device, row.accepted_at) == ("Ana Ruiz", "A phone", after(3))
    line = Entry.objects.get(verb="offer.terms_accepted")
    assert line.changes["terms_sha256"] == digest(TERMS)
    assert "Ana Ruiz" not in str(list(Entry.objects.values_list("changes", "changes_text", "object_repr")))
    assert (fresh(scene.opening).state, fresh(scene.wish).status) == ("filled", "booked")
    assert Message.objects.filter(kind="booked", appointment=visit).count() == 1
    assert finish(offer, now=after(4)) == Claim.YOURS
    assert ExpressBooking.objects.count() == 1


def test_what_was_accepted_cannot_be_changed_nor_taken_away(scene):
    finish(scene.sent())
    for spoil in (lambda: ExpressBooking.objects.update(terms="Less"), lambda: ExpressBooking.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            spoil()
    with pytest.raises(IntegrityError), transaction.atomic():
        ExpressBooking.objects.create(
            clinic=scene.clinic, offer=Offer.objects.get(), appointment=scene.appointment(after(900)), name="x",
            terms="", terms_sha256="x", language="en", accepted_at=NOW,
        )  # fmt: skip


@pytest.mark.parametrize("via", ["link", "reply", "call"])
def test_no_other_yes_books_it(scene, via):
    """Neither YES as a text nor an answer without the terms; and the write itself refuses."""
    offer = scene.sent()
    assert claims.claim(offer.pk, via=via, now=NOW) == Claim.HELD
    assert claims.finish(offer.pk, details="", via=via, now=NOW) == Claim.HELD
    assert not Appointment.objects.exists() and fresh(scene.opening).held_until == after(15)


def test_even_the_write_refuses_what_was_not_accepted(scene, monkeypatch):
    offer = scene.sent()
    monkeypatch.setattr(claims.holds, "asks", lambda slot, via: False)
    assert claims.claim(offer.pk, via="link", now=NOW) == Claim.HELD
    assert not Appointment.objects.exists()


def test_staff_may_book_whom_they_have_on_the_phone(scene):
    scene.sent()
    visit = vacancies.book_by_hand(scene.opening.pk, patient=scene.patient, now=after(2))
    assert (visit.patient, ExpressBooking.objects.count()) == (scene.patient, 0)


@pytest.mark.parametrize("policy", [presets.staff_picks(), presets.scored(), presets.manual()])
def test_it_lapses_by_itself_and_the_slot_goes_on_as_its_policy_says(db, policy):
    scene = Scene(policy=policy)
    goes_by_itself = policy.name == "scored"
    other = scene.entry()
    Slot.objects.update(next_wave_at=after(5) if goes_by_itself else None)
    offer = scene.sent()
    assert work.due(now=after(14), limit=9) == []
    assert cascade.advance(scene.opening.pk, now=after(14)) == 0
    assert work.due(now=after(15), limit=9) == [scene.opening.pk]
    asked = cascade.advance(scene.opening.pk, now=after(15))
    slot = fresh(scene.opening)
    assert (slot.held_by, fresh(offer).state) == (None, "expired")
    assert (asked, slot.state) == ((1, "offering") if goes_by_itself else (0, "open"))
    assert Offer.objects.filter(patient=other.patient).exists() is goes_by_itself
    assert "slot.link_lapsed" in Entry.objects.values_list("verb", flat=True)


def test_between_the_look_and_the_answer_the_hold_is_over_and_the_time_still_free(scene):
    offer = scene.sent()
    assert finish(offer, now=after(16)) == Claim.BOOKED  # late, but nobody had it


def test_a_late_yes_keeps_it_once_more_and_asks_for_the_terms(scene):
    offer = scene.sent()
    cascade.advance(scene.opening.pk, now=after(15))
    assert claims.outcome(fresh(offer), now=after(16)) == Claim.OPEN
    assert claims.claim(offer.pk, via="link", now=after(16)) == Claim.HELD
    assert fresh(scene.opening).held_until == after(21)  # terms want reading: not one minute
    assert finish(offer, now=after(17)) == Claim.BOOKED
    assert ExpressBooking.objects.exists()


def test_lapsed_and_somebody_elses_meanwhile(scene):
    offer = scene.sent()
    cascade.advance(scene.opening.pk, now=after(15))
    scene.sent(scene.entry().patient, now=after(16))
    assert claims.outcome(fresh(offer), now=after(17)) == Claim.BUSY
    assert finish(offer, now=after(17)) == Claim.BUSY


def test_taken_back_it_is_theirs_no_more_even_while_it_is_free(scene):
    offer = scene.sent()
    assert express.take_back(scene.opening.pk, now=after(2)) == offer
    slot, offer = fresh(scene.opening), fresh(offer)
    assert (slot.state, slot.held_by, offer.state, offer.is_taken_back) == ("offering", None, "retracted", True)
    told = Message.objects.get(kind="withdrawn")
    assert checks.look(told, now=after(2)).may_go
    assert claims.outcome(offer, now=after(3)) == Claim.WITHDRAWN
    assert claims.claim(offer.pk, via="link", now=after(3)) == Claim.WITHDRAWN
    assert finish(offer, now=after(3)) == Claim.WITHDRAWN
    assert not reserves.keep(offer.pk, Reserve.ASK, now=after(3))
    assert express.take_back(scene.opening.pk, now=after(3)) is None
    cascade.advance(slot.pk, now=after(3))
    assert fresh(slot).state == "open"


def test_before_it_went_out_it_is_taken_back_in_silence(scene):
    scene.send()
    express.take_back(scene.opening.pk, now=NOW)
    assert list(Message.objects.values_list("kind", "status")) == [("offer", "dropped")]


@pytest.mark.parametrize("state", ["pending", "expired", "retracted", "declined", "returned"])
def test_whoever_was_asked_before_is_asked_once_more(scene, state):
    before = scene.offer(
        scene.opening, scene.wish, state=state, expires_at=after(60), answered_by="link" if state == "declined" else "",
        seen_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    SentWave.objects.create(slot=scene.opening, number=1, sent_at=NOW, asked=1)
    Slot.objects.update(wave=1)
    offer = scene.sent()
    assert (offer.pk, offer.state, offer.rounds, offer.wave, offer.seen_at) == (before.pk, "pending", 2, 1, None)
    assert offer.expires_at == after(60 if state == "pending" else 15), "a promised time is never made shorter"
    assert Message.objects.get().context["expires_at"] == after(15).isoformat()
    assert finish(offer, now=after(1)) == Claim.BOOKED


def test_left_out_or_asked_by_nobody_they_are_one_of_their_own_wave(scene):
    scene.offer(scene.opening, scene.wish, wave=0, state="retracted", answered_by="staff", expires_at=NOW)
    assert scene.sent().wave == SentWave.objects.get().number == 1


def test_a_patient_who_waits_for_nothing_may_have_it_too(scene):
    offer = scene.sent(factories.patient(scene.clinic))
    assert offer.entry is None
    assert finish(offer) == Claim.BOOKED


def test_another_link_of_a_patient_without_a_wish_outlives_a_booking(scene):
    who = factories.patient(scene.clinic)
    offer = scene.sent(who)
    other = scene.slot(NOW + timedelta(hours=50), next_wave_at=None)
    vacancies.book_by_hand(other.pk, patient=who, now=NOW)
    returns.tidy(Offer.objects.get(slot=other).pk, now=NOW)
    assert (fresh(offer).state, fresh(scene.opening).state) == ("pending", "held")


def test_booked_elsewhere_for_the_same_wish_the_link_is_over(scene):
    offer = scene.sent()
    other = scene.slot(NOW + timedelta(hours=50), next_wave_at=None)
    vacancies.book_by_hand(other.pk, patient=scene.patient, now=NOW)
    returns.tidy(Offer.objects.get(slot=other).pk, now=NOW)
    assert (fresh(offer).state, fresh(scene.opening).held_by) == ("retracted", None)


def test_stop_before_it_is_completed_frees_the_time(scene):
    offer = scene.sent()
    point = scene.patient.contact_points.get()
    consent.stop_person(point, source=Consent.Source.KEYWORD, now=after(1))
    let_go(point, via="reply", now=after(1))
    assert (fresh(offer).state, fresh(scene.opening).held_by) == ("declined", None)


def test_the_practitioner_is_booked_meanwhile(scene):
    offer = scene.sent()
    time = Time.of(scene.opening)
    entered.mirror(scene.clinic, connection=None, external_id="x", version=1, time=time, patient=None, now=after(2))
    assert fresh(scene.opening).state == "withdrawn"
    assert finish(offer, now=after(3)) == Claim.TAKEN
    assert Message.objects.get(kind="retracted").offer == offer
    assert not ExpressBooking.objects.exists()


def refused(scene: Scene, **options) -> str:
    """Why no link was sent, with nothing of it left."""
    before = (Offer.objects.count(), Message.objects.count(), fresh(scene.opening).state)
    with pytest.raises(Refused) as said:
        scene.send(**options)
    assert (Offer.objects.count(), Message.objects.count(), fresh(scene.opening).state) == before
    return str(said.value)


def test_at_night_nothing_is_kept(scene):
    assert refused(scene, now=NIGHT) == "outside_hours"


def test_at_night_an_e_mail_goes(scene):
    factories.entry(scene.clinic, [scene.service], who := factories.patient(scene.clinic, email="a@b.example"))
    scene.send(who, now=NIGHT)
    assert Message.objects.get().channel == "email"


def test_without_consent_or_with_all_offers_had_nothing_is_kept(scene):
    Clinic.objects.update(offers_per_day=0)
    assert refused(scene) == "offers_per_day"
    scene.patient.contact_points.update(granted=[])
    assert refused(scene) == "no_consent"


def test_in_a_dry_run_nothing_is_kept_and_staff_read_why(scene):
    Clinic.objects.update(launch="rehearsal")
    assert "dry run" in refused(scene)


def test_with_platinum_only_others_get_no_link(scene):
    Clinic.objects.update(launch="platinum")
    assert refused(scene) == "not_launched"
    WaitlistEntry.objects.update(priority="1platinum")
    assert scene.send()


def test_while_texts_do_not_go_out_nothing_is_kept(scene):
    outages.begin("sms", "by_hand", now=NOW)
    assert "do not go out" in refused(scene)


def test_booked_then_or_booked_already_they_get_no_link(scene):
    elsewhere = factories.practitioner(scene.clinic)
    visit = scene.appointment(scene.opening.starts_at, patient=scene.patient, practitioner=elsewhere)
    assert "is booked at that time already" in refused(scene)
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled")
    scene.offer(scene.opening, scene.wish, state="expired")
    WaitlistEntry.objects.update(status="booked")
    assert "booked already" in refused(scene)


def test_over_offers_that_are_out_staff_say_why(scene):
    scene.offer(scene.opening)
    with pytest.raises(OffersOut):
        scene.send()
    assert scene.send(override="promised") and Entry.objects.filter(verb="slot.override").exists()
    assert claims.claim(Offer.objects.exclude(patient=scene.patient).get().pk, via="link", now=NOW) == Claim.BUSY


def test_kept_for_those_asked_it_is_nobody_elses(scene):
    scene.offer(scene.opening)
    Slot.objects.update(exclusive_until=after(60), state=SlotState.OFFERING)
    assert "Only the people who were asked" in refused(scene)


def test_held_by_somebody_it_says_until_when(scene):
    scene.send()
    assert "kept for them until 10:15" in refused(scene, patient=scene.entry().patient)


def test_what_they_chose_as_reserve_asks_them_like_anybody(scene):
    """In reserve after their link had lapsed: they are asked, and no time is kept meanwhile."""
    offer = scene.sent()
    cascade.advance(scene.opening.pk, now=after(15))
    vacancies.book_by_hand(scene.opening.pk, patient=scene.entry().patient, override="promised", now=after(16))
    assert reserves.keep(offer.pk, Reserve.BOOK, now=after(17))
    winner = Offer.objects.get(state="accepted")
    assert returns.cancel_in_grace(winner.pk, now=after(18))
    assert fresh(scene.opening).state == "open", "nobody is booked without the terms"
    cascade.advance(scene.opening.pk, now=after(18))
    offer = fresh(offer)
    assert (offer.state, offer.rounds, offer.link_sent_at) == ("pending", 2, None)
    assert "is_booking_link" not in offer.messages.get(round=2).context


def test_a_booked_link_counts_like_any_other(scene):
    finish(scene.sent(), now=after(4))
    found = kpis.figures(scene.clinic, since=NOW - timedelta(days=1))
    assert (found.filled, found.ended, found.messaged) == (1, 1, 1)
    assert found.fill_median == timedelta(minutes=4)


def test_given_back_in_grace_it_is_open_again_and_what_was_accepted_stays(scene):
    offer = scene.sent()
    finish(offer, now=after(1))
    assert returns.cancel_in_grace(offer.pk, now=after(2))
    Clinic.objects.update(sms_per_day=9)
    again = scene.sent(now=after(3))
    assert (again.pk, again.rounds) == (offer.pk, 2)
    assert finish(again, now=after(4)) == Claim.BOOKED
    assert ExpressBooking.objects.filter(offer=offer).count() == 2


@committed
def test_two_staff_who_send_at_once_send_one_link():
    scene = Scene()
    others = [scene.entry().patient for _ in range(3)]
    found = at_once([lambda who=who: tried(scene, who) for who in others])
    assert sum(isinstance(one, datetime) for one in found) == 1
    assert Message.objects.filter(kind="offer").count() == Offer.objects.count() == 1


def tried(scene: Scene, who: Patient):
    try:
        return scene.send(who)
    except Refused as refused:
        return str(refused)


@committed
def test_without_the_lock_two_links_are_out_for_one_time(monkeypatch):
    """The control: no lock and no compare-and-swap, and all have looked before anybody writes."""
    scene, all_have_looked = Scene(), threading.Barrier(2)
    others = [scene.entry().patient for _ in range(2)]
    look = express.holds.is_on

    def then_wait(slot, *, now):
        found = look(slot, now=now)
        all_have_looked.wait()
        return found

    without_locks(monkeypatch)
    monkeypatch.setattr(express.holds, "is_on", then_wait)
    monkeypatch.setattr(express.SentWave.objects, "create", lambda **_: None)
    monkeypatch.setattr(express.slots, "move_slot", lambda slot, to, **fields: True)
    at_once([lambda who=who: tried(scene, who) for who in others])
    assert Message.objects.filter(kind="offer").count() == 2


@committed
def test_a_link_and_a_yes_to_a_waves_offer_at_once_one_of_them_has_it():
    scene = Scene()
    asked = scene.offer(scene.opening)
    Slot.objects.update(state=SlotState.OFFERING)
    yes = lambda: claims.claim(asked.pk, via="link", now=NOW)  # noqa: E731
    link, answer = at_once([lambda: tried_over(scene), yes])
    slot = fresh(scene.opening)
    if answer == Claim.BOOKED:
        assert isinstance(link, str) and slot.state == "filled"
        assert not Offer.objects.filter(patient=scene.patient).exists()
    else:
        assert (answer, slot.held_by) == (Claim.BUSY, scene.patient)


def tried_over(scene: Scene):
    try:
        return scene.send(override="promised")
    except Refused as refused:
        return str(refused)


@committed
def test_taken_back_and_completed_at_once_it_is_one_or_the_other():
    scene = Scene()
    offer = scene.sent()
    back, answer = at_once([lambda: express.take_back(scene.opening.pk, now=after(1)), lambda: finish(offer)])
    slot = fresh(scene.opening)
    if answer == Claim.BOOKED:
        assert back is None and slot.state == "filled"
    else:
        assert (answer, back) == (Claim.WITHDRAWN, offer) and slot.state == "offering"


def test_it_waits_for_no_wave_of_the_policy_while_it_is_kept(scene):
    scene.sent()
    assert not picks.ask(scene.opening.pk, [scene.entry().pk], now=after(1)).is_free
    assert lapses.clear_up(fresh(scene.opening), now=after(1)) is None
    with pytest.raises(Refused):
        vacancies.book_by_hand(scene.opening.pk, patient=scene.entry().patient, now=after(1))
    asked = scene.offer(scene.slot(NOW + timedelta(hours=70)), scene.entry())
    found, _ = unasked.claim_alternative(asked.pk, scene.opening.public_id, via="link", now=NOW)
    assert found == Claim.BUSY


def test_a_wish_that_rests_is_booked_like_any_other(scene):
    asked = NOW - timedelta(days=20)
    WaitlistEntry.objects.update(status="paused", still_asked_at=asked, silent_since=NOW - timedelta(days=6))
    assert finish(scene.sent(), now=after(3)) == Claim.BOOKED
    wish = fresh(scene.wish)
    assert (wish.status, wish.silent_since, wish.still_asked_at) == ("booked", None, None)


def test_the_first_message_counts_from_the_link_where_staff_were_to_be_asked(scene):
    Slot.objects.update(may_ask_at=after(30))
    scene.send(now=after(5))
    assert fresh(scene.opening).may_ask_at == after(5)
    other = scene.slot(after(6000), next_wave_at=None)
    express.send(other.pk, scene.entry().patient, now=after(7))
    assert fresh(other).may_ask_at == after(7)
