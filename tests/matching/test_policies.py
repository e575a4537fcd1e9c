"""Policies as data: the presets, what no policy may say, and what the database itself refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from matching.models import PolicyVersion
from matching.policy import policies, policy_rules, presets
from matching.policy.policies import Policy, Wave
from matching.policy.presets import PRESETS
from tests import factories
from tests.factories import NOW
from waitlist.states import Tier

ALL = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
TWO = (Wave(), Wave(15))
PLAIN = Policy("plain", short=TWO, long=TWO)


def stored(policy: Policy) -> dict[str, Any]:
    """As it comes back from the database."""
    return json.loads(json.dumps(policies.dump(policy)))


def found(policy: Policy) -> list[tuple[str, int | None, str]]:
    """Where it is wrong: (plan, wave, field)."""
    return [(fault.plan, fault.wave, fault.field) for fault in policy_rules.faults(policy)]


def short(*waves: Wave) -> Policy:
    return replace(PLAIN, short=waves)


@ALL
@pytest.mark.parametrize("threshold", [0, 15, 55, 100])
def test_every_preset_may_be_stored_and_comes_back_as_it_was(preset, threshold):
    policy = preset.make(threshold)
    assert policy.name == preset.name
    assert policy_rules.faults(policy) == []
    assert policies.load(stored(policy)) == policy
    assert preset.label and preset.sentence.endswith(".")


def test_the_presets_are_what_the_decisions_say():
    made = {name: preset.make(presets.THRESHOLD) for name, preset in PRESETS.items()}
    assert set(made) == {"manual", "staff_picks", "broadcast", "sequential", "tiered", "scored"}
    assert [(w.after_minutes, w.min_score) for w in made["scored"].short] == [(0, 55), (15, 45), (35, 35), (65, 0)]
    assert [w.after_minutes for w in made["tiered"].short] == [0, 5, 15]
    assert [w.after_minutes for w in made["tiered"].long] == [0, 180, 420]
    assert [w.tiers for w in made["tiered"].long] == [(Tier.PLATINUM,), (Tier.GOLD,), ()]
    assert made["sequential"].long == (Wave(size=1, order="fifo", repeat=True),)
    assert (made["broadcast"].short[0].size, made["broadcast"].exclusive_minutes > 0) == (None, True)
    assert (made["broadcast"].short_buffer_minutes, made["broadcast"].long_buffer_minutes) == (15, 120)
    assert made["manual"].short == made["manual"].long == ()
    assert {name for name, policy in made.items() if policy.autopilot == "suggest"} == {"manual", "staff_picks"}
    assert not any(wave.repeat for wave in made["staff_picks"].short)


def test_scored_follows_the_clinics_threshold():
    assert [wave.min_score for wave in presets.scored(70).long] == [70, 60, 50, 0]
    assert [wave.min_score for wave in presets.scored(12).long] == [12, 2, 0, 0]
    assert presets.scored(55) == presets.scored()


def test_a_document_from_before_a_field_existed_is_read_with_its_default():
    old = {"name": "scored", "short": [{"after_minutes": 0, "min_score": 55, "size": 5}], "long": []}
    assert policies.load(old) == Policy("scored", short=(Wave(0, min_score=55),), long=())
    assert policies.load(old | {"colour": "blue"}) == policies.load(old)


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": " padded"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"autopilot": "full"}, "autopilot"),
        ({"approve_within_minutes": 0}, "approve_within_minutes"),
        ({"approve_within_minutes": 121}, "approve_within_minutes"),
        ({"undo_delay_minutes": -1}, "undo_delay_minutes"),
        ({"undo_delay_minutes": 61}, "undo_delay_minutes"),
        ({"short_buffer_minutes": 121}, "short_buffer_minutes"),
        ({"long_buffer_minutes": 121}, "long_buffer_minutes"),
        ({"long_buffer_minutes": 1.5}, "long_buffer_minutes"),
        ({"exclusive_minutes": 241, "short": (Wave(),), "long": (Wave(),)}, "exclusive_minutes"),
        ({"cutoff_minutes": 1441, "short": ()}, "cutoff_minutes"),
        ({"cutoff_minutes": True}, "cutoff_minutes"),
        ({"offer_cutoff_minutes": -1}, "offer_cutoff_minutes"),
        ({"offer_cutoff_minutes": 1430}, "offer_cutoff_minutes"),
        ({"soft_lock_minutes": 121}, "soft_lock_minutes"),
        ({"soft_lock_minutes": None}, "soft_lock_minutes"),
        ({"short": (), "long": ()}, "autopilot"),
        ({"short": (), "long": (), "autopilot": "suggest", "exclusive_minutes": 15}, "exclusive_minutes"),
        ({"cutoff_minutes": 1440}, "cutoff_minutes"),
    ],
)
def test_what_is_wrong_with_the_whole(fields, field):
    faults = policy_rules.faults(replace(PLAIN, **fields))
    assert [(fault.field, fault.plan, fault.wave) for fault in faults] == [(field, "", None)]
    assert faults[0].text.endswith(".")


@pytest.mark.parametrize(
    "waves, wave, field",
    [
        ((Wave(5),), 0, "after_minutes"),
        ((Wave(), Wave(0)), 1, "after_minutes"),
        ((Wave(), Wave(20), Wave(20)), 2, "after_minutes"),
        ((Wave(), Wave(20), Wave(10)), 2, "after_minutes"),
        ((Wave(), Wave(-5)), 1, "after_minutes"),
        ((Wave(), Wave(1430)), 1, "after_minutes"),
        ((Wave(), Wave(15, size=0)), 1, "size"),
        ((Wave(size=501),), 0, "size"),
        ((Wave(min_score=101),), 0, "min_score"),
        ((Wave(min_score=-1),), 0, "min_score"),
        ((Wave(min_score=None),), 0, "min_score"),
        ((Wave(window_minutes=0),), 0, "window_minutes"),
        ((Wave(window_minutes=1441),), 0, "window_minutes"),
        ((Wave(tiers=("bronze",)),), 0, "tiers"),
        ((Wave(channels=("webhook",)),), 0, "channels"),
        ((Wave(order="random"),), 0, "order"),
        ((Wave(repeat=True), Wave(15)), 0, "repeat"),
        ((Wave(size=None, repeat=True),), 0, "repeat"),
        ((Wave(size=None), Wave(15)), 1, "min_score"),
        ((Wave(size=None, min_score=20), Wave(15, min_score=30, tiers=(Tier.GOLD,))), 1, "min_score"),
    ],
)
def test_what_is_wrong_with_a_wave(waves, wave, field):
    faults = policy_rules.faults(short(*waves))
    assert ("short", wave, field) in [(fault.plan, fault.wave, fault.field) for fault in faults]
    assert {fault.wave for fault in faults} == {wave}
    assert all(fault.text.endswith(".") for fault in faults)
    assert (waves == (Wave(), Wave(1430))) or found(replace(PLAIN, long=waves)) == [
        ("long", fault.wave, fault.field) for fault in faults
    ]


@pytest.mark.parametrize(
    "waves",
    [
        (),
        (Wave(), Wave(15, repeat=True)),
        (Wave(size=None, min_score=40), Wave(15, min_score=30)),
        (Wave(size=None, tiers=(Tier.GOLD,)), Wave(15)),
        (Wave(size=None, channels=("sms",)), Wave(15, channels=("email",))),
        tuple(Wave(10 * n) for n in range(12)),
    ],
)
def test_what_may_be_said(waves):
    assert found(short(*waves)) == []


def test_a_plan_has_at_most_twelve_waves():
    (fault,) = policy_rules.faults(replace(PLAIN, long=tuple(Wave(10 * n) for n in range(14))))
    assert (fault.plan, fault.wave) == ("long", 12)
    assert "at most 12" in fault.text


def test_exclusive_access_may_not_hold_back_the_second_wave():
    assert found(replace(PLAIN, exclusive_minutes=15)) == []
    assert found(replace(PLAIN, exclusive_minutes=16)) == [("", None, "exclusive_minutes")] * 2
    assert found(replace(PLAIN, short=(Wave(),), long=(Wave(),), exclusive_minutes=240)) == []


def test_a_wave_later_than_any_start_within_a_day_is_pointed_out():
    waves = (Wave(), Wave(1380))
    assert found(short(*waves)) == []
    assert found(replace(short(*waves), undo_delay_minutes=50)) == [("short", 1, "after_minutes")]
    assert found(replace(short(*waves), approve_within_minutes=50)) == []
    assert found(replace(short(*waves), approve_within_minutes=50, autopilot="approve")) == [
        ("short", 1, "after_minutes")
    ]
    assert found(replace(PLAIN, long=waves, undo_delay_minutes=50)) == []


@pytest.mark.django_db
@ALL
def test_the_database_takes_every_preset(preset):
    policy = preset.make(55)
    clinic = factories.clinic()
    made = PolicyVersion(clinic=clinic, name=policy.name, version=7, document=policies.dump(policy), created_at=NOW)
    made.full_clean()
    made.save()
    made.refresh_from_db()
    assert policies.load(made.document) == policy


@pytest.mark.django_db
def test_the_database_takes_documents_from_before_a_field_existed():
    old = {"name": "old", "short": [{"after_minutes": 0, "min_score": 55, "size": 5}], "long": []}
    PolicyVersion.objects.create(clinic=factories.clinic(), name="old", version=1, document=old, created_at=NOW)


def test_what_a_document_says_of_no_field_of_ours_is_left_aside():
    document = stored(PLAIN) | {"mood": "good"}
    document["short"][1] |= {"mood": "better", "tiers": [Tier.GOLD]}
    assert policies.load(document) == short(Wave(), Wave(15, tiers=(Tier.GOLD,)))


@pytest.mark.django_db
@pytest.mark.parametrize("plan", ["short", "long"])
@pytest.mark.parametrize(
    "waves", [[], [{}], [{"after_minutes": 0}], [{}, {"after_minutes": 1}, {"after_minutes": 10_080}]]
)
def test_the_database_takes_waves_in_order(plan, waves):
    document = stored(PLAIN) | {plan: waves}
    made = PolicyVersion(clinic=factories.clinic(), name="plain", version=1, document=document, created_at=NOW)
    made.full_clean()
    made.save()


@pytest.mark.django_db
@pytest.mark.parametrize("plan", ["short", "long"])
@pytest.mark.parametrize(
    "minutes", [(0, 0), (0, 20, 20), (0, 20, 10), (0, None), (None, None), (None, 0), (0, 5, None)]
)
def test_the_database_refuses_waves_out_of_order(plan, minutes):
    """None: the wave does not say its minute, which is 0 then."""
    waves = [{} if minute is None else {"after_minutes": minute} for minute in minutes]
    document = stored(PLAIN) | {plan: waves}
    made = PolicyVersion(clinic=factories.clinic(), name="plain", version=1, document=document, created_at=NOW)
    with pytest.raises(ValidationError, match="in order of time"):
        made.full_clean()
    with pytest.raises(IntegrityError, match=f"policy_{plan}_waves_rising"), transaction.atomic():
        made.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "plan, in_order",
    [
        (None, True),
        ("5", True),
        ("{}", True),
        ("[]", True),
        ("[5]", True),
        ('[{"after_minutes": "late"}, {"after_minutes": null}]', True),
        ('[{"after_minutes": 5}]', False),
        ('[{"after_minutes": 0}, {"after_minutes": 0.0}]', False),
    ],
)
def test_the_order_of_waves_is_true_or_false_whatever_a_plan_is(plan, in_order):
    """The other constraints name what is no plan."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT matching_waves_in_order(%s::jsonb)", [plan])
        assert cursor.fetchone() == (in_order,)


def a_wave(**fields: Any) -> dict[str, Any]:
    return {"short": [{"after_minutes": 0}, {"after_minutes": 15} | fields]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"name": None}, "policy_document_has_two_plans"),
        ({"name": "another"}, "policy_document_says_its_name"),
        ({"short": None}, "policy_document_has_two_plans"),
        ({"long": {}}, "policy_document_has_two_plans"),
        ({"long": [{"after_minutes": 10 * n} for n in range(13)]}, "policy_document_has_two_plans"),
        ({"short": [5]}, "policy_short_waves_in_place"),
        ({"long": [[{"after_minutes": 0}]]}, "policy_long_waves_in_place"),
        ({"long": [{"after_minutes": 5}]}, "policy_long_waves_in_place"),
        (a_wave(after_minutes=-1), "policy_short_waves_in_range"),
        (a_wave(after_minutes=None), "policy_short_waves_in_range"),
        (a_wave(after_minutes="15"), "policy_short_waves_in_range"),
        (a_wave(size=0), "policy_short_waves_in_range"),
        (a_wave(size=501), "policy_short_waves_in_range"),
        (a_wave(size=[5]), "policy_short_waves_in_range"),
        (a_wave(min_score=100.5), "policy_short_waves_in_range"),
        (a_wave(min_score=101), "policy_short_waves_in_range"),
        (a_wave(window_minutes=1441), "policy_short_waves_in_range"),
        (a_wave(tiers=["bronze"]), "policy_short_waves_in_range"),
        (a_wave(tiers=[1]), "policy_short_waves_in_range"),
        (a_wave(tiers="2gold"), "policy_short_waves_in_range"),
        (a_wave(channels=["pigeon"]), "policy_short_waves_in_range"),
        (a_wave(order="random"), "policy_short_waves_in_range"),
        (a_wave(order=["fifo"]), "policy_short_waves_in_range"),
        (a_wave(order=None), "policy_short_waves_in_range"),
        (a_wave(repeat="yes"), "policy_short_waves_in_range"),
        (a_wave(repeat=True, size=None), "policy_short_waves_in_range"),
        ({"long": [{"repeat": True}, {"after_minutes": 15}]}, "policy_long_waves_in_place"),
        ({"autopilot": "full"}, "policy_values_in_range"),
        ({"autopilot": None}, "policy_values_in_range"),
        ({"approve_within_minutes": 0}, "policy_values_in_range"),
        ({"undo_delay_minutes": 61}, "policy_values_in_range"),
        ({"short_buffer_minutes": -1}, "policy_values_in_range"),
        ({"long_buffer_minutes": "1"}, "policy_values_in_range"),
        ({"exclusive_minutes": 241}, "policy_values_in_range"),
        ({"cutoff_minutes": 2.5}, "policy_values_in_range"),
        ({"cutoff_minutes": {}}, "policy_values_in_range"),
        ({"offer_cutoff_minutes": 1441}, "policy_values_in_range"),
        ({"soft_lock_minutes": "5"}, "policy_values_in_range"),
    ],
)
def test_the_database_refuses_nonsense(change, constraint):
    document = stored(replace(PLAIN, long=(Wave(), Wave(20, repeat=True)))) | change
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PolicyVersion.objects.create(
            clinic=factories.clinic(), name="plain", version=1, document=document, created_at=NOW
        )


@pytest.mark.django_db
@pytest.mark.parametrize("document", [None, [], "plain", 5, [stored(PLAIN)], {}])
def test_the_database_refuses_what_is_no_policy_at_all(document):
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(
            clinic=factories.clinic(), name="plain", version=1, document=document, created_at=NOW
        )
