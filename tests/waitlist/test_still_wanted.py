"""Whether it is still wanted: asked once a month, answered by anything they do; without an answer the wish rests."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Entry
from matching import claims
from matching.choosing import ranking, reasons
from notifications import consent, outbox, proof, replies
from notifications.models import Message
from notifications.states import Rule
from tests import factories
from tests.at_once import at_once
from tests.factories import NOW, World
from waitlist import earlier, entries, roster, still_wanted, tasks, tuning
from waitlist.models import Patient, WaitlistEntry
from waitlist.states import EntryStatus

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LONG_AGO = NOW - 40 * DAY
RESTS_AT = NOW + 14 * DAY + timedelta(minutes=1)  # the text went a moment after it was asked for


@pytest.fixture
def world() -> World:
    return World(asks_still_wanted=True)


def waits(world: World, who: Patient | None = None, **fields) -> WaitlistEntry:
    return world.entry(who, **{"added_at": LONG_AGO, **fields})


def sweep(world: World, now: datetime = NOW) -> list[Message]:
    """What this round has put into the outbox."""
    before = set(Message.objects.values_list("pk", flat=True))
    still_wanted.sweep(world.clinic, now=now)
    return list(Message.objects.exclude(pk__in=before).order_by("pk"))


def told(world: World, now: datetime = NOW) -> list[Message]:
    made = sweep(world, now)
    outbox.deliver_due(now=now)
    for message in made:
        message.refresh_from_db()
    return made


def rested(world: World, **fields) -> WaitlistEntry:
    entry = waits(world, **fields)
    [message] = told(world)
    assert message.status == "delivered", message.refused_by
    sweep(world, RESTS_AT)
    entry.refresh_from_db()
    assert entry.silent_since == RESTS_AT
    return entry


def verbs(entry: WaitlistEntry) -> list[str]:
    lines = Entry.objects.filter(object_id=entry.pk, content_type__model="waitlistentry")
    return list(lines.order_by("pk").values_list("verb", flat=True))


def test_whoever_has_waited_a_month_is_asked_once(world):
    entry = waits(world)
    waits(world, added_at=NOW - 29 * DAY)
    [message] = sweep(world)
    assert (message.kind, message.channel, message.purpose, message.patient) == (
        "still", "sms", "offers", entry.patient,
    )  # fmt: skip
    assert message.context["entries"] == [entry.pk]
    entry.refresh_from_db()
    assert (entry.status, entry.still_asked_at) == ("active", NOW)
    assert sweep(world) == [] and sweep(world, NOW + timedelta(hours=1)) == []
    assert verbs(entry) == ["entry.asked_after"]


def test_a_clinic_that_does_not_ask_asks_nobody():
    world = World()
    waits(world)
    assert sweep(world) == [] and still_wanted.clinics() == [] and still_wanted.due(world.clinic, now=NOW) == []


def test_one_message_for_all_that_a_person_waits_for(world):
    first = waits(world)
    soon = factories.entry(world.clinic, [factories.service(world.clinic)], first.patient, added_at=NOW - 25 * DAY)
    new = factories.entry(world.clinic, [factories.service(world.clinic)], first.patient, added_at=NOW - 5 * DAY)
    [message] = sweep(world)
    assert message.context["entries"] == [first.pk, soon.pk], "what is due within a week goes with it"
    assert sweep(world, NOW + 26 * DAY) == [], "one question at a time"
    new.refresh_from_db()
    assert new.still_asked_at is None


def test_two_of_a_family_are_asked_in_a_text_each(world):
    number = "+16285550177"
    two = [waits(world, factories.patient(world.clinic, phone=number)) for _ in range(2)]
    assert [message.patient for message in sweep(world)] == [one.patient for one in two]


def test_two_sweeps_at_once_ask_once(transactional_db):
    world = World(asks_still_wanted=True)
    entry = waits(world)
    made = at_once([lambda: still_wanted.ask(entry.patient_id, now=NOW)] * 2)
    assert sorted(one is None for one in made) == [False, True]
    assert Message.objects.count() == 1


def test_an_answered_offer_says_that_it_is_wanted(world):
    entry = waits(world)
    offer = world.offer(world.slot(), entry)
    claims.decline(offer.pk, reason="", via="link", now=NOW - 10 * DAY)
    assert sweep(world) == []
    assert [one.patient for one in sweep(world, NOW + 20 * DAY)] == [entry.patient]


def test_an_edit_says_so_too_and_the_end_of_a_pause(world):
    edited, paused = waits(world), waits(world)
    wish = entries.Wish(service_ids=tuple(edited.services))
    assert roster.edit(edited.pk, wish, now=NOW - DAY)
    assert roster.pause(paused.pk, NOW - 2 * DAY, now=NOW - 9 * DAY)
    roster.refresh(world.clinic, now=NOW - DAY)
    assert sweep(world) == []
    assert {message.patient_id for message in sweep(world, NOW + 29 * DAY)} == {edited.patient_id, paused.patient_id}


def test_a_time_that_is_offered_goes_first(world):
    entry = waits(world)
    world.offer(world.slot(), entry)
    assert sweep(world) == []
    [message] = sweep(world, NOW + 2 * timedelta(hours=1))
    world.offer(world.slot(NOW + 3 * DAY), entry, expires_at=NOW + timedelta(hours=5))
    outbox.deliver_due(now=NOW + timedelta(hours=3))
    message.refresh_from_db()
    assert (message.status, message.next_attempt_at) == ("pending", NOW + timedelta(hours=5))


def test_what_was_said_before_it_went_is_not_asked(world):
    entry = waits(world)
    [message] = sweep(world)
    assert still_wanted.keep(entry.pk, now=NOW)
    outbox.deliver_due(now=NOW)
    message.refresh_from_db()
    assert (message.status, message.refused_by) == ("dropped", Rule.SAID_SO)


def test_nobody_is_asked_without_consent_or_after_stop(world):
    for fields in ({"granted": []}, {"stopped_at": NOW}):
        entry = waits(world)
        entry.patient.contact_points.update(**fields)
    assert sweep(world) == []


def test_who_says_stop_after_the_question_was_not_silent(world):
    entry = waits(world)
    told(world)
    consent.stop(entry.patient.contact_points.get(), source="keyword", now=NOW + DAY)
    sweep(world, NOW + 20 * DAY)
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since) == ("active", None)


def test_it_waits_for_the_morning(world):
    waits(world)
    night = NOW.replace(hour=10)  # two in the morning in Los Angeles
    [message] = told(world, night)
    assert message.status == "pending"
    assert message.next_attempt_at == NOW.replace(hour=16)


def test_it_counts_to_the_texts_of_a_day_and_is_tried_again_a_week_later(world):
    world.clinic.sms_per_day = 1
    world.clinic.save()
    entry = waits(world)
    point = entry.patient.contact_points.get()
    Message.objects.create(
        clinic=world.clinic, kind="reminder", channel="sms", contact_point=point, status="delivered",
        dedupe_key="before", next_attempt_at=NOW, sent_at=NOW - timedelta(hours=1), created_at=NOW,
    )  # fmt: skip
    [message] = told(world)
    assert (message.status, message.refused_by) == ("refused", Rule.TEXTS_PER_DAY)
    assert sweep(world, NOW + 6 * DAY) == []
    [again] = told(world, NOW + 7 * DAY)
    assert again.status == "delivered"
    assert verbs(entry) == ["entry.asked_after", "entry.not_asked_after", "entry.asked_after"]


def test_a_dry_run_holds_it_back_and_nobody_rests_for_it(world):
    world.clinic.launch = "rehearsal"
    world.clinic.save()
    entry = waits(world)
    [message] = told(world)
    assert (message.status, message.refused_by) == ("refused", Rule.REHEARSAL)
    for days in (6, 20, 40):
        sweep(world, NOW + days * DAY)
    entry.refresh_from_db()
    assert entry.silent_since is None


def test_with_platinum_only_others_are_not_asked(world):
    world.clinic.launch = "platinum"
    world.clinic.save()
    waits(world)
    by_hand = waits(world, priority="1platinum")
    mine = waits(world, factories.patient(world.clinic, tier="1platinum"))
    made = told(world)
    assert [message.patient for message in made] == [by_hand.patient, mine.patient]
    assert {message.status for message in made} == {"delivered"}


def test_by_mail_to_who_likes_that_better(world):
    who = factories.patient(world.clinic, email="ana@example.com", preferred_channel="email")
    waits(world, who)
    [message] = sweep(world)
    assert message.channel == "email"


def test_after_one_way_failed_the_other_is_tried(world):
    entry = waits(world, factories.patient(world.clinic, email="ana@example.com"))
    [message] = sweep(world)
    assert message.channel == "sms"
    Message.objects.update(status="undelivered")
    [again] = sweep(world, NOW + 7 * DAY)
    assert (again.channel, again.patient) == ("email", entry.patient)


def test_without_an_answer_it_rests(world):
    entry = waits(world)
    told(world)
    sweep(world, NOW + 14 * DAY - timedelta(minutes=1))
    entry.refresh_from_db()
    assert entry.status == "active"
    sweep(world, RESTS_AT)
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since, entry.still_asked_at) == ("paused", RESTS_AT, NOW)
    assert sweep(world, NOW + 60 * DAY) == [], "it is not asked again"
    assert verbs(entry) == ["entry.asked_after", "entry.rests"]


def test_a_wish_that_rests_is_not_offered_anything_and_the_reason_is_named(world):
    entry = rested(world)
    slot = world.slot(NOW + 30 * DAY)
    assert ranking.rank(slot, now=NOW + 20 * DAY, limit=5) == []
    assert reasons.why_not(slot, now=NOW + 20 * DAY).counts == {"silent": 1}
    assert ranking.why(slot, entry, now=NOW + 20 * DAY).filter == "silent"


def test_an_answer_by_an_offer_counts_though_nobody_told_us(world):
    entry = waits(world)
    offer = world.offer(world.slot(NOW + 20 * DAY), entry, expires_at=NOW - timedelta(hours=1))
    told(world)
    offer.expires_at = NOW + 5 * DAY
    offer.save()
    claims.decline(offer.pk, reason="", via="link", now=NOW + 2 * DAY)
    sweep(world, NOW + 15 * DAY)
    entry.refresh_from_db()
    assert (entry.status, entry.still_asked_at, entry.confirmed_at) == ("active", None, NOW + 2 * DAY)


@pytest.mark.parametrize("act", [still_wanted.keep, roster.resume])
def test_one_that_rests_is_woken_in_its_old_place(world, act):
    entry = rested(world)
    later = NOW + 20 * DAY
    assert act(entry.pk, now=later)
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since, entry.still_asked_at) == ("active", None, None)
    assert (entry.confirmed_at, entry.added_at) == (later, LONG_AGO)
    assert len(ranking.rank(world.slot(NOW + 30 * DAY), now=later, limit=5)) == 1
    assert sweep(world, later + 29 * DAY) == []
    assert len(sweep(world, later + 30 * DAY)) == 1


def test_an_edit_wakes_it_and_so_does_joining_anew(world):
    edited, again = waits(world), waits(world)
    told(world)
    sweep(world, RESTS_AT)
    wish = entries.Wish(service_ids=tuple(edited.services))
    assert roster.edit(edited.pk, wish, now=NOW + 15 * DAY)
    who = again.patient
    person = roster.Person(first_name=who.first_name, phone=who.contact_points.get().value)
    assert not roster.enrol(world.clinic, person=person, wish=wish, consents=[], now=NOW + 15 * DAY).created
    assert set(WaitlistEntry.objects.values_list("status", "silent_since")) == {("active", None)}


def test_an_earlier_time_asked_for_wakes_it(world):
    entry = rested(world)
    visit = world.appointment(NOW + 40 * DAY, patient=entry.patient)
    earlier.wait(visit.pk, said_by="her", only_with=False, notice_minutes=None, now=NOW + 15 * DAY)
    entry.refresh_from_db()
    assert (entry.status, entry.silent_since) == ("active", None)


def test_two_weeks_more_and_off_the_list(world):
    entry, other = waits(world), waits(world)
    told(world)
    sweep(world, RESTS_AT)
    assert still_wanted.pause(entry.pk, now=NOW + 15 * DAY)
    assert still_wanted.leave(other.pk, now=NOW + 15 * DAY)
    for one in (entry, other):
        one.refresh_from_db()
    assert (entry.status, entry.paused_until, entry.silent_since) == ("paused", NOW + 29 * DAY, None)
    assert (other.status, other.silent_since) == ("removed", None)
    assert not still_wanted.keep(other.pk, now=NOW + 16 * DAY), "nothing brings back what was taken off"


def test_in_the_database_only_what_was_asked_and_pauses_may_rest(world):
    entry = waits(world)
    wrong = (
        {"silent_since": NOW},
        {"silent_since": NOW, "still_asked_at": NOW},
        {"silent_since": NOW, "still_asked_at": NOW, "status": EntryStatus.PAUSED, "paused_until": NOW},
        {"silent_since": NOW, "status": EntryStatus.PAUSED},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError, match="entry_silent_rests"), transaction.atomic():
            WaitlistEntry.objects.filter(pk=entry.pk).update(**fields)


def test_one_bad_row_holds_up_no_other(world, monkeypatch, caplog):
    first, second = waits(world), waits(world)
    ask = still_wanted.ask

    def bad(patient_id, *, now):
        if patient_id == first.patient_id:
            raise ValueError("bad row")
        return ask(patient_id, now=now)

    monkeypatch.setattr("waitlist.still_wanted.sweeping.ask", bad)
    assert [message.patient for message in sweep(world)] == [second.patient]
    assert "could not be asked" in caplog.text


def test_the_sweep_of_the_beat_table_asks(world):
    waits(world, added_at=NOW - 4000 * DAY)
    tasks.ask_still_wanted(world.clinic.pk)
    assert Message.objects.filter(kind="still").count() == 1


def test_a_clinic_that_has_just_turned_it_off_asks_nobody_more(world):
    entry = waits(world)
    world.clinic.asks_still_wanted = False
    world.clinic.save()
    assert still_wanted.ask(entry.patient_id, now=NOW) is None


def test_turned_on_again_nobody_rests_for_a_question_of_long_ago(world):
    old = waits(world)
    told(world)
    recent = waits(world, added_at=NOW - 31 * DAY)
    told(world, NOW + 50 * DAY)
    WaitlistEntry.objects.filter(pk=old.pk).update(status="active", silent_since=None, still_asked_at=NOW)
    asked_at = {"asks_still_wanted": True, "still_after_days": 30, "still_rests_after_days": 14}
    tuning.set_still_wanted(world.clinic, now=NOW + 51 * DAY, **{**asked_at, "asks_still_wanted": False})
    recent.refresh_from_db()
    assert recent.still_asked_at == NOW + 50 * DAY, "it can be answered all the same"
    tuning.set_still_wanted(world.clinic, now=NOW + 60 * DAY, **asked_at)
    recent.refresh_from_db()
    assert recent.still_asked_at == NOW + 50 * DAY
    world.clinic.refresh_from_db()
    [message] = sweep(world, NOW + 60 * DAY)
    old.refresh_from_db()
    assert (message.patient, old.status, old.still_asked_at) == (old.patient, "active", NOW + 60 * DAY)


def test_two_weeks_more_of_what_pauses_already_is_wanted_all_the_same(world):
    entry = waits(world, status="paused", still_asked_at=NOW)
    assert still_wanted.pause(entry.pk, now=NOW + DAY)
    entry.refresh_from_db()
    assert (entry.status, entry.paused_until, entry.confirmed_at) == ("paused", None, NOW + DAY)


def test_more_than_a_few_hundred_are_asked_in_the_next_hours(world, monkeypatch):
    monkeypatch.setattr("waitlist.still_wanted.sweeping.AT_ONCE", 2)
    first = [waits(world, added_at=LONG_AGO - n * DAY).patient for n in range(3)]
    assert [message.patient for message in sweep(world)] == [first[2], first[1]]
    assert [message.patient for message in sweep(world)] == [first[0]]


def test_whom_no_question_can_reach_stands_before_nobody(world):
    failed = waits(world)
    sweep(world)
    Message.objects.update(status="undelivered")
    sweep(world, NOW + 7 * DAY)  # it is taken back, and there is no other way
    silent, stopped, no_texts, offered = (waits(world, added_at=LONG_AGO - n * DAY) for n in range(1, 5))
    silent.patient.contact_points.update(granted=["reminders:sms"])
    stopped.patient.contact_points.update(stopped_at=NOW)
    no_texts.patient.contact_points.update(sms_capability="no")
    world.offer(world.slot(NOW + 9 * DAY), offered, expires_at=NOW + 8 * DAY)
    due = waits(world)
    failed.refresh_from_db()
    assert failed.still_asked_at is None
    assert still_wanted.due(world.clinic, now=NOW + 7 * DAY) == [due.patient_id]


def test_a_round_tries_so_many_and_no_more(world, monkeypatch):
    tried = []
    monkeypatch.setattr("waitlist.still_wanted.sweeping.AT_ONCE", 2)
    monkeypatch.setattr("waitlist.still_wanted.sweeping.ask", lambda patient_id, *, now: tried.append(patient_id))
    for _ in range(3):
        waits(world)
    assert sweep(world) == [] and len(tried) == 2


def test_the_question_and_its_answer_stand_in_the_proof(world):
    entry = waits(world)
    told(world)
    point = entry.patient.contact_points.get()
    replies.receive(world.clinic, sender=point.value, text="YES", provider_id="SM1", now=NOW + timedelta(hours=1))
    whats = [line.what for line in proof.of(entry.patient)]
    assert "Sent: Asked whether they still want it" in whats and "Heard: still wanted" in whats
