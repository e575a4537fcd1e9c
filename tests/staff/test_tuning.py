"""The manager's two pages: what tiers ask for and how the score is weighed; and a tier by hand at the desk."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from matching.policy import policies, policybook, presets
from matching.policy.policies import Wave
from tests import factories
from tests.factories import NOW, World
from waitlist import roster, tier_choices, tuning
from waitlist.forms.tuning import ScoreForm, TierForm
from waitlist.models import Clinic, Patient, TierRules, User
from waitlist.states import Autopilot, Role, Tier
from waitlist.tiers import ESTABLISHED, STANDARD

pytestmark = pytest.mark.django_db
TIERS, SCORE = reverse("tiers"), reverse("score")


@pytest.fixture
def manager(world: World) -> Client:
    client = Client()
    client.force_login(factories.user(world.clinic, Role.MANAGER))
    return client


def tiers(**changes: Any) -> dict[str, Any]:
    return TierForm.of(STANDARD) | changes


def score(world: World, **changes: Any) -> dict[str, Any]:
    return ScoreForm.of(world.clinic) | changes


def page(answer: Any) -> str:
    """Without the apostrophes' escapes."""
    return answer.content.decode().replace("&#x27;", "'")


def tiers_of(clinic: Clinic) -> list[str]:
    return list(clinic.patients.order_by("pk").values_list("tier", flat=True))


# Who


def test_managers_find_both_pages_and_only_what_is_theirs(world, manager):
    text = page(manager.get(reverse("settings")))
    assert f'href="{TIERS}"' in text and f'href="{SCORE}"' in text and reverse("connections") not in text
    admin = Client()
    admin.force_login(factories.user(world.clinic, Role.ADMIN))
    text = page(admin.get(reverse("settings")))
    assert f'href="{TIERS}"' in text and reverse("connections") in text


def test_the_front_desk_gets_the_houses_page(staff):
    for url in (TIERS, SCORE, reverse("settings")):
        answer = staff.get(url)
        assert answer.status_code == 403
        assert "You may not open this" in page(answer)
    assert reverse("settings") not in page(staff.get(reverse("waitlist")))


def test_a_form_opened_at_another_clinic_saves_nothing(world, manager):
    for url, data in ((TIERS, tiers(gold_visits=3)), (SCORE, score(world, threshold=40))):
        answer = manager.post(url, data | {"clinic": World().clinic.pk}, follow=True)
        assert "Nothing was saved" in page(answer)
    world.clinic.refresh_from_db()
    assert (TierRules.objects.count(), world.clinic.threshold) == (0, 55)


# Tiers


def test_a_preset_fills_the_form_and_says_who_would_be_what(world, manager):
    factories.patient(world.clinic, past_visits=50, show_rate=95)
    answer = manager.get(TIERS, {"preset": "established"})
    assert answer.context["form"].initial == TierForm.of(ESTABLISHED)
    assert answer.context["rows"] == [("Platinum", 0, 1), ("Gold", 0, 0), ("Silver", 1, 0)]
    assert "1 patient would change tier. Nothing is saved yet." in page(answer)
    assert (TierRules.objects.count(), tiers_of(world.clinic)) == (0, [Tier.SILVER])
    plain = manager.get(TIERS, {"preset": "no such"})
    assert plain.context["form"].initial == TierForm.of(STANDARD)
    assert "As it is now" in page(plain) and "would change tier" not in page(plain)


def test_check_counts_and_saves_nothing(world, manager):
    factories.patient(world.clinic, visits=3, past_visits=3)
    answer = manager.post(TIERS, tiers(gold_visits=3, check=1))
    assert answer.context["rows"] == [("Platinum", 0, 0), ("Gold", 0, 1), ("Silver", 1, 0)]
    assert answer.context["form"]["gold_visits"].value() == "3"
    assert (TierRules.objects.count(), tiers_of(world.clinic)) == (0, [Tier.SILVER])


def test_saved_thresholds_hold_for_everybody_at_once(world, manager):
    for visits in (2, 3):
        factories.patient(world.clinic, visits=visits, past_visits=3)
    answer = manager.post(TIERS, tiers(gold_visits=3, platinum_spend="4999.50"), follow=True)
    assert "Saved. 1 patient changed tier." in page(answer)
    assert tiers_of(world.clinic) == [Tier.SILVER, Tier.GOLD]
    rules = TierRules.objects.get()
    assert (rules.clinic, rules.gold_visits, rules.platinum_spend_cents) == (world.clinic, 3, 499_950)
    (line,) = Entry.objects.filter(verb="tierrules.created")
    assert line.actor_email.startswith("user")
    assert answer.context["form"].initial["gold_visits"] == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"platinum_visits": 3}, "This must not be less than Gold’s visits, 4."),
        ({"platinum_spend": 999}, "This must not be less than Gold’s spend, 1000."),
        ({"platinum_show_rate": 69}, "This must not be less than Gold’s show rate, 70."),
        ({"gold_show_rate": 101}, "Ensure this value is less than or equal to 100."),
        ({"gold_visits": 0}, "Ensure this value is greater than or equal to 1."),
        ({"gold_spend": "much"}, "This has to be an amount in dollars."),
        ({"gold_visits": "x"}, "This has to be a whole number."),
        ({"gold_visits": ""}, "This needs a number."),
        ({"visits_counted": "sometimes"}, "Select a valid choice. sometimes is not one of the available choices."),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_field(world, manager, wrong, sentence):
    answer = manager.post(TIERS, tiers(**wrong))
    (name,) = wrong
    assert answer.context["form"].errors == {name: [sentence]}
    assert sentence in page(answer)
    assert not TierRules.objects.exists()


def test_counting_takes_as_many_queries_for_three_people_as_for_one(world, manager):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            factories.patient(world.clinic, visits=12)
        with CaptureQueriesContext(connection) as asked:
            manager.get(TIERS, {"preset": "established"})
        counts.append(len(asked))
    assert counts[0] == counts[1]


# The score


def test_all_of_the_score_is_saved_and_recorded_in_one_line(world, manager):
    changes = {"weight_time": 35, "weight_service": 15, "threshold": 40, "travel_kmh": 30, "newcomer_percent": 50}
    answer = manager.post(SCORE, score(world, **changes, default_notice_minutes=90), follow=True)
    assert "Saved. From now on people are ranked by these points." in page(answer)
    world.clinic.refresh_from_db()
    assert {name: getattr(world.clinic, name) for name in changes} == changes
    assert world.clinic.default_notice_minutes == 90
    lines = Entry.objects.filter(verb="clinic.changed", clinic_id=world.clinic.pk, actor_kind="staff").order_by("pk")
    line, followed = lines
    assert set(line.changes) == {*changes, "default_notice_minutes"}
    assert set(followed.changes) == {"policy"}
    assert "1 policy follows the threshold." in page(answer)


def test_a_new_threshold_is_what_the_policies_in_use_ask_for(world, manager):
    slot = world.slot()
    ours = replace(presets.scored(55), name="Ours", autopilot=Autopilot.SUGGEST, cutoff_minutes=40)
    policybook.save(world.clinic, ours, after=0, now=NOW)
    policybook.assign(world.clinic, services={world.service.pk: "Ours"})
    text = page(manager.post(SCORE, score(world, threshold=70), follow=True))
    assert "by these points. 2 policies follow the threshold." in text
    for row in (world.clinic, world.service, slot):
        row.refresh_from_db()
    in_use = policies.load(world.clinic.policy.document)
    assert (in_use, world.clinic.policy.version) == (presets.scored(70), 2)
    theirs = policies.load(world.service.policy.document)
    assert theirs == replace(ours, short=in_use.short, long=in_use.long)
    assert slot.policy.version == 1
    assert Entry.objects.filter(verb="policy.saved", changes={"version": [1, 2]}, actor_kind="staff").count() == 2


def test_without_a_new_threshold_every_policy_stays(world, manager):
    text = page(manager.post(SCORE, score(world, travel_kmh=30), follow=True))
    assert "Saved." in text and "the threshold." not in text
    assert policybook.newest(world.clinic)["scored"].version == 1


def test_a_refused_score_moves_no_policy(world):
    with pytest.raises(ValidationError):
        tuning.set_score(world.clinic, now=NOW, **score(world, threshold=70, weight_time=25))
    assert policybook.newest(world.clinic)["scored"].version == 1


@pytest.mark.parametrize("short", [(), (Wave(min_score=20),)])
def test_the_page_opens_whatever_the_waves_of_the_policy_in_use(world, manager, short):
    policybook.save(world.clinic, replace(presets.scored(), short=short), after=1, now=NOW)
    assert manager.get(SCORE).status_code == 200
    assert "Saved." in page(manager.post(SCORE, score(world, threshold=70), follow=True))
    world.clinic.refresh_from_db()
    assert (world.clinic.threshold, world.clinic.policy.version) == (70, 2)


def test_a_wrong_sum_is_refused_with_a_sentence_by_the_form_the_act_and_the_database(world, manager):
    answer = manager.post(SCORE, score(world, weight_time=25))
    assert answer.context["form"].non_field_errors() == ["These add up to 95; they have to add up to 100."]
    assert "These add up to 95; they have to add up to 100." in page(answer)
    with pytest.raises(ValidationError) as refused:
        tuning.set_score(world.clinic, now=NOW, **score(world, weight_time=25))
    assert refused.value.messages == ["The seven weights have to add up to 100 points."]
    with pytest.raises(IntegrityError, match="clinic_weights_sum_to_100"), transaction.atomic():
        Clinic.objects.filter(pk=world.clinic.pk).update(weight_time=25)
    world.clinic.refresh_from_db()
    assert world.clinic.weight_time == 30


@pytest.mark.parametrize(("weight", "words"), [(30, "These add up to 100."), (31, "These add up to 101; they have")])
def test_check_only_adds_up(world, manager, weight, words):
    answer = manager.post(SCORE, score(world, weight_time=weight, threshold=1, check=1))
    assert answer.context["total"].startswith(words)
    assert words in page(answer)
    world.clinic.refresh_from_db()
    assert (world.clinic.weight_time, world.clinic.threshold) == (30, 55)


@pytest.mark.parametrize("typed", ["", "x", "-3", "9" * 40, "²"])
def test_a_weight_that_is_no_number_counts_as_none(world, manager, typed):
    answer = manager.post(SCORE, score(world, weight_time=typed))
    assert "weight_time" in answer.context["form"].errors
    assert answer.context["total"].startswith("These add up to 70;")


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 101},
        {"travel_kmh": 4},
        {"newcomer_percent": 101},
        {"default_notice_minutes": 10_081},
        {"weight_notice": 101},
    ],
)
def test_what_is_out_of_range_is_refused_at_its_field(world, manager, wrong):
    answer = manager.post(SCORE, score(world, **wrong))
    assert set(answer.context["form"].errors) == set(wrong)


# A tier by hand


def test_the_desk_chooses_a_tier_with_a_reason_and_takes_it_back(world, staff, desk):
    ana = factories.patient(world.clinic, visits=4, past_visits=4)
    roster.refresh(world.clinic, now=NOW)
    chosen = {"tier-tier": Tier.PLATINUM, "tier-reason": "Comes with her whole family"}
    text = page(staff.post(reverse("patient-tier", args=[ana.pk]), chosen, follow=True))
    assert f"{ana.name} is Platinum until somebody takes that back." in text
    assert f"{desk.name} chose it on" in text and "“Comes with her whole family”" in text
    assert "By their visits and spend it would be Gold." in text
    ana.refresh_from_db()
    assert (ana.tier, ana.tier_set_by) == (Tier.PLATINUM, desk)
    back = reverse("patient-tier-release", args=[ana.pk])
    text = page(staff.post(back, follow=True))
    assert f"The tier of {ana.name} follows from their visits and spend again." in text
    assert "4 visits in the last 12 months: Gold asks for 4." in text
    assert Patient.objects.get(pk=ana.pk).tier == Tier.GOLD
    assert "again." not in page(staff.post(back, follow=True))


@pytest.mark.parametrize(
    ("half", "sentence"),
    [
        ({"tier-tier": Tier.GOLD}, "Say why: a tier chosen by hand needs a reason."),
        ({"tier-tier": Tier.GOLD, "tier-reason": "  "}, "Say why: a tier chosen by hand needs a reason."),
        ({"tier-reason": "because"}, "Choose the tier that the reason is for."),
    ],
)
def test_half_a_choice_names_what_is_missing_and_loses_nothing(world, staff, half, sentence):
    ana = factories.patient(world.clinic)
    answer = staff.post(reverse("patient-tier", args=[ana.pk]), half)
    assert sentence in page(answer)
    assert answer.context["tier"].data.dict().items() >= half.items()
    ana.refresh_from_db()
    assert not ana.is_tier_by_hand


def test_saving_the_person_leaves_the_tier_by_hand_alone(world, staff, desk: User):
    ana = factories.patient(world.clinic)
    tier_choices.choose(ana.pk, Tier.GOLD, reason="asked for it", by=desk, now=NOW)
    person = {"p-first_name": "Ana", "p-last_name": "Pop", "p-language": "en", "c-said_by": "", "c-said_at": ""}
    assert staff.post(reverse("patient-edit", args=[ana.pk]), person).status_code == 302
    ana.refresh_from_db()
    assert (ana.first_name, ana.tier, ana.tier_reason) == ("Ana", Tier.GOLD, "asked for it")
