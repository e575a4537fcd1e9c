"""Tiers in the database: the statement equals the rule, only what changed is written, and staff's word stays."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from tests import factories
from tests.at_once import wait_until_blocked
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import people, roster, tasks, tier_choices, tiering, tuning
from waitlist.models import Clinic, Patient, TierRules
from waitlist.people import Person
from waitlist.states import Tier
from waitlist.tiers import ESTABLISHED, PRESETS, STANDARD, Rules, tier

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
FIGURES = ("visits", "spend_cents", "past_visits", "show_rate")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def patient(clinic: Clinic, **figures) -> Patient:
    """A patient whose tier nobody has computed yet."""
    return factories.patient(clinic, phone=None, **figures)


def lines(verb: str) -> list[tuple[int, dict]]:
    return list(Entry.objects.filter(verb=verb).order_by("object_id").values_list("object_id", "changes"))


def near(*edges: int) -> st.SearchStrategy[int]:
    """Around the thresholds of the presets, where it matters."""
    return st.sampled_from(sorted({max(0, edge + step) for edge in (0, *edges) for step in (-1, 0, 1)}))


PEOPLE = st.fixed_dictionaries(
    {
        "visits": near(2, 4, 12, 50),
        "past_visits": near(2, 3, 4, 12, 50),
        "spend_cents": near(100_000, 200_000, 500_000, 1_000_000),
        "show_rate": near(70, 80, 90, 95).map(lambda rate: min(rate, 100)),
    }
)


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    """A preset, or thresholds of a clinic's own that the database takes."""
    if draw(st.booleans()):
        return draw(st.sampled_from(list(PRESETS.values())))
    pairs = (near(4, 12).map(lambda n: n or 1), near(100_000, 500_000).map(lambda n: n or 1), near(70, 90))
    (gold_visits, visits), (gold_spend, spend), (gold_rate, rate) = (sorted((draw(p), draw(p))) for p in pairs)
    own = {"counts_all_visits": draw(st.booleans()), "fewest_past_visits": draw(st.integers(0, 5))}
    return Rules(visits, spend, rate, gold_visits, gold_spend, gold_rate, **own)


@given(people=st.lists(PEOPLE, min_size=1, max_size=40), rules=any_rules(), before=st.sampled_from(list(Tier)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_statement_equals_the_rule(db, people, rules, before):
    clinic = factories.clinic()
    Patient.objects.bulk_create(
        Patient(clinic=clinic, first_name="Pat", tier=before, created_at=NOW, **figures) for figures in people
    )
    expected = [tier(**figures, rules=rules) for figures in people]
    counted = tiering.census(clinic, rules)
    assert counted.then == {one: expected.count(one) for one in Tier}
    assert counted.now == {one: len(people) if one == before else 0 for one in Tier}
    moved = tuning.set_tiers(clinic, rules, now=NOW)
    assert list(clinic.patients.order_by("pk").values_list("tier", flat=True)) == expected
    assert moved == counted.moving == sum(one != before for one in expected)


def test_a_clinic_without_rules_has_the_standard_preset(world):
    assert tiering.rules_of(world.clinic) == STANDARD
    regular = patient(world.clinic, visits=12, past_visits=12, show_rate=90)
    roster.refresh(world.clinic, now=NOW)
    regular.refresh_from_db()
    assert regular.tier == Tier.PLATINUM


def test_new_rules_move_everybody_of_this_clinic_and_nobody_elses(world):
    of_years = patient(world.clinic, visits=2, past_visits=50, show_rate=95)
    recent = patient(world.clinic, visits=12, past_visits=12, show_rate=90, tier=Tier.PLATINUM)
    silver = patient(world.clinic)
    elsewhere = patient(World().clinic, visits=2, past_visits=50, show_rate=95)
    assert tuning.set_tiers(world.clinic, ESTABLISHED, now=NOW) == 2
    after = [Patient.objects.get(pk=one.pk).tier for one in (of_years, recent, silver, elsewhere)]
    assert after == [Tier.PLATINUM, Tier.GOLD, Tier.SILVER, Tier.SILVER]
    assert lines("patient.tier_changed") == [
        (of_years.pk, {"tier": ["Silver", "Platinum"]}),
        (recent.pk, {"tier": ["Platinum", "Gold"]}),
    ]
    (made,) = Entry.objects.filter(verb="tierrules.created")
    assert (made.clinic_id, made.changes["platinum_visits"]) == (world.clinic.pk, ["None", "50"])
    assert tuning.set_tiers(world.clinic, replace(ESTABLISHED, gold_visits=13), now=LATER) == 1
    (changed,) = Entry.objects.filter(verb="tierrules.changed")
    assert changed.changes == {"gold_visits": ["12", "13"]}


def test_the_hourly_task_writes_and_records_only_what_drifted(world):
    drifted = patient(world.clinic, visits=4, past_visits=4, show_rate=70)
    patient(world.clinic)
    tasks.refresh_clinic(world.clinic.pk)
    assert lines("patient.tier_changed") == [(drifted.pk, {"tier": ["Silver", "Gold"]})]
    tasks.refresh_clinic(world.clinic.pk)
    assert len(lines("patient.tier_changed")) == 1


def test_a_changed_figure_follows_the_clinics_own_rules(world):
    tuning.set_tiers(world.clinic, ESTABLISHED, now=NOW)
    clinic = Clinic.objects.get(pk=world.clinic.pk)
    ana = roster.add_patient(clinic, Person("Ana", external_id="1", visits=12, past_visits=49), [], now=NOW)
    assert ana.tier == Tier.GOLD
    ana = roster.add_patient(clinic, Person("Ana", external_id="1", past_visits=50), [], now=NOW)
    assert ana.tier == Tier.PLATINUM


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"platinum_visits": 3}, "What Platinum asks for must not lie below what Gold asks for."),
        ({"platinum_spend_cents": 99_999}, "What Platinum asks for must not lie below what Gold asks for."),
        ({"platinum_show_rate": 69}, "What Platinum asks for must not lie below what Gold asks for."),
        ({"gold_visits": 0}, "Gold has to ask for at least one visit, and for some spend."),
        ({"gold_spend_cents": 0}, "Gold has to ask for at least one visit, and for some spend."),
        ({"platinum_show_rate": 101}, "A show rate is a percentage, 0 to 100."),
    ],
)
def test_thresholds_that_contradict_each_other_are_refused_twice(world, wrong, sentence):
    rules = replace(STANDARD, **wrong)
    with pytest.raises(ValidationError) as refused:
        tuning.set_tiers(world.clinic, rules, now=NOW)
    assert sentence in refused.value.messages
    with pytest.raises(IntegrityError, match="tier_"):
        TierRules.objects.create(clinic=world.clinic, **vars(rules))


def test_a_tier_by_hand_stays_whatever_changes(world):
    user, ana = factories.user(world.clinic), patient(world.clinic, external_id="1")
    tier_choices.choose(ana.pk, Tier.PLATINUM, reason=" Mother of Dr Who ", by=user, now=NOW)
    roster.refresh(world.clinic, now=LATER)
    roster.edit_person(ana.pk, Person("Ana", external_id="1", visits=4, past_visits=4), now=LATER)
    assert tuning.set_tiers(world.clinic, ESTABLISHED, now=LATER) == 0
    ana.refresh_from_db()
    assert (ana.tier, ana.tier_reason, ana.tier_set_by, ana.tier_set_at) == (
        Tier.PLATINUM,
        "Mother of Dr Who",
        user,
        NOW,
    )
    counted = tiering.census(world.clinic, STANDARD)
    assert (counted.then[Tier.PLATINUM], counted.moving, counted.by_hand) == (1, 0, 1)
    assert lines("patient.tier_chosen") == [(ana.pk, {"tier": ["Silver", "Platinum"]})]
    assert not Entry.objects.filter(changes__icontains="mother").exists()


def test_taken_back_the_tier_follows_the_figures_as_they_are_now(world):
    user, ana = factories.user(world.clinic), patient(world.clinic, external_id="1")
    tier_choices.choose(ana.pk, Tier.PLATINUM, reason="asked for it", by=user, now=NOW)
    roster.edit_person(ana.pk, Person("Ana", external_id="1", visits=4, past_visits=4), now=NOW)
    assert tier_choices.release(ana.pk, now=LATER)
    ana.refresh_from_db()
    assert (ana.tier, ana.tier_reason, ana.tier_set_by, ana.tier_set_at) == (Tier.GOLD, "", None, None)
    assert lines("patient.tier_follows") == [(ana.pk, {"tier": ["Platinum", "Gold"]})]
    assert not tier_choices.release(ana.pk, now=LATER)
    assert len(lines("patient.tier_follows")) == 1


@pytest.mark.parametrize(
    ("tier", "reason", "field"), [("", "because", "tier"), (Tier.GOLD, "  ", "reason"), ("gold", "because", "tier")]
)
def test_half_a_choice_is_refused(world, tier, reason, field):
    with pytest.raises(ValidationError) as refused:
        tier_choices.choose(patient(world.clinic).pk, tier, reason=reason, by=factories.user(world.clinic), now=NOW)
    assert set(refused.value.message_dict) == {field}


def test_the_database_keeps_reason_and_person_together(world):
    for half in ({"tier_reason": "because"}, {"tier_set_at": NOW}):
        with pytest.raises(IntegrityError, match="patient_tier_by_hand"), transaction.atomic():
            Patient.objects.filter(pk=patient(world.clinic).pk).update(**half)


@committed
def test_all_of_it_is_recorded(world):
    user, ana = factories.user(world.clinic), patient(world.clinic, visits=12, past_visits=12)
    with everything_recorded() as changed:
        roster.refresh(world.clinic, now=NOW)
        tuning.set_tiers(world.clinic, ESTABLISHED, now=NOW)
        tuning.set_tiers(world.clinic, STANDARD, now=LATER)
        tier_choices.choose(ana.pk, Tier.SILVER, reason="asked for it", by=user, now=LATER)
        tier_choices.release(ana.pk, now=LATER)
    assert changed == {"waitlist_patient", "waitlist_tierrules"}


@committed
def test_new_rules_do_not_wait_for_somebody_being_edited_who_is_caught_up_with_after(world):
    edited, other = (patient(world.clinic, visits=12, past_visits=12, tier=Tier.PLATINUM) for _ in range(2))
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=edited.pk)
        moved: list[int] = []
        thread = threading.Thread(target=lambda: moved.append(_apart(world.clinic, ESTABLISHED)))
        thread.start()
        assert not wait_until_blocked(thread)
    tiers = {one.pk: one.tier for one in world.clinic.patients.all()}
    assert (moved, tiers) == ([1], {edited.pk: Tier.PLATINUM, other.pk: Tier.GOLD})
    roster.refresh(Clinic.objects.get(pk=world.clinic.pk), now=LATER)
    edited.refresh_from_db()
    assert edited.tier == Tier.GOLD


def _apart(clinic: Clinic, rules: Rules) -> int:
    try:
        return tuning.set_tiers(clinic, rules, now=NOW)
    finally:
        connections.close_all()


@committed
@pytest.mark.parametrize("is_locked", [True, False])
def test_an_import_read_before_cannot_undo_staffs_word(world, is_locked, monkeypatch):
    """The negative control writes the row as it was found, without locking and reading it again."""
    user = factories.user(world.clinic)
    ana = patient(world.clinic, external_id="1")
    find = people.find

    def find_then_chosen(*arguments):
        found = find(*arguments)
        roster_thread = threading.Thread(target=_choose_apart, args=(ana.pk, user))
        roster_thread.start()
        roster_thread.join()
        return found

    monkeypatch.setattr(people, "find", find_then_chosen)
    if not is_locked:
        monkeypatch.setattr(people, "lock", lambda clinic, found: found)
    clinic = Clinic.objects.get(pk=world.clinic.pk)
    roster.add_patient(clinic, Person("Ana", external_id="1", visits=1), [], now=LATER)
    ana.refresh_from_db()
    assert (ana.tier == Tier.PLATINUM) is is_locked
    assert ana.visits == 1


def _choose_apart(patient_id: int, user) -> None:
    try:
        tier_choices.choose(patient_id, Tier.PLATINUM, reason="asked for it", by=user, now=NOW)
    finally:
        connections.close_all()
