"""Named policies: versions that are only added, a default, and services with one of their own."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audit import words
from audit.models import Entry
from matching.models import PolicyVersion
from matching.policy import policies, policybook, presets
from matching.policy.policies import Policy, Wave
from tests import factories
from tests.at_once import at_once, wait_until_blocked
from tests.factories import NOW, World
from tests.recorded import everything_recorded
from waitlist import tuning, vacancies
from waitlist.calendar import Time
from waitlist.models import Clinic, Slot

LATER = NOW + timedelta(minutes=5)
SLOW = Policy("slow", short=(Wave(size=1),), long=(Wave(size=1, repeat=True),))


@pytest.fixture
def world(db: None) -> World:
    return World()


def save(clinic: Clinic, policy: Policy, after: int = 0) -> PolicyVersion:
    saved = policybook.save(clinic, policy, after=after, now=NOW)
    assert saved is not None
    return saved


def test_a_policy_is_saved_as_its_first_version(world):
    saved = save(world.clinic, SLOW)
    assert (saved.name, saved.version, policies.load(saved.document)) == ("slow", 1, SLOW)
    assert policybook.newest(world.clinic) == {"scored": world.clinic.policy, "slow": saved}
    world.clinic.refresh_from_db()
    assert world.clinic.policy.name == "scored"


def test_a_change_is_a_new_version_and_no_change_is_none(world):
    first = save(world.clinic, SLOW)
    assert save(world.clinic, SLOW, after=1) == first
    second = save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
    assert (second.version, policybook.versions(first)) == (2, [second, first])
    first.refresh_from_db()
    assert policies.load(first.document) == SLOW
    assert save(world.clinic, SLOW, after=2).version == 3


def test_a_version_from_before_a_field_existed_counts_as_the_same(world):
    old = {"name": "old", "short": [{"after_minutes": 0, "min_score": 55, "size": 5}], "long": []}
    stored = PolicyVersion.objects.create(clinic=world.clinic, name="old", version=1, document=old, created_at=NOW)
    assert save(world.clinic, policies.load(old), after=1) == stored


@pytest.mark.parametrize("after", [0, 1, 3])
def test_who_did_not_know_of_the_newest_saves_nothing(world, after):
    save(world.clinic, SLOW)
    save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
    assert policybook.save(world.clinic, replace(SLOW, cutoff_minutes=45), after=after, now=NOW) is None
    assert PolicyVersion.objects.filter(name="slow").count() == 2


def test_a_name_is_one_policys_whatever_its_capitals(world):
    assert policybook.save(world.clinic, replace(SLOW, name="Scored"), after=0, now=NOW) is None
    assert policybook.save(world.clinic, replace(SLOW, name="Scored"), after=1, now=NOW) is None
    assert save(factories.clinic(), SLOW).version == save(world.clinic, SLOW).version == 1


def test_nonsense_is_refused_by_field(world):
    nonsense = Policy("slow", short=(Wave(), Wave(size=0)), long=(), cutoff_minutes=-1)
    with pytest.raises(ValidationError) as refused:
        policybook.save(world.clinic, nonsense, after=0, now=NOW)
    assert set(refused.value.message_dict) == {"cutoff_minutes", "short 2 after_minutes", "short 2 size"}
    assert not PolicyVersion.objects.filter(name="slow").exists()


def test_default_and_overrides_move_with_a_new_version_and_others_stay(world):
    other, third = factories.service(world.clinic), factories.service(world.clinic)
    save(world.clinic, SLOW)
    save(world.clinic, replace(SLOW, name="rare"))
    policybook.assign(world.clinic, default="slow")
    assert policybook.assign(world.clinic, services={world.service.pk: "slow", other.pk: "rare"}) == 2
    second = save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
    world.clinic.refresh_from_db()
    assert world.clinic.policy == second
    for service, wanted in ((world.service, ("slow", 2)), (other, ("rare", 1))):
        service.refresh_from_db()
        assert (service.policy.name, service.policy.version) == wanted
    third.refresh_from_db()
    assert third.policy is None


def test_choosing_again_changes_nothing_and_empty_is_the_clinics(world):
    save(world.clinic, SLOW)
    assert policybook.assign(world.clinic, default="slow") == 1
    assert policybook.assign(world.clinic, default="slow") == 0
    assert policybook.assign(world.clinic, services={world.service.pk: "slow"}) == 1
    assert policybook.assign(world.clinic, services={world.service.pk: "slow"}) == 0
    assert policybook.assign(world.clinic, services={world.service.pk: ""}) == 1
    world.service.refresh_from_db()
    assert world.service.policy is None


def test_only_the_clinics_own_policies_and_services(world):
    elsewhere = World()
    save(elsewhere.clinic, SLOW)
    with pytest.raises(KeyError):
        policybook.assign(world.clinic, default="slow")
    with pytest.raises(KeyError):
        policybook.assign(world.clinic, services={world.service.pk: "slow"})
    assert policybook.assign(world.clinic, services={elsewhere.service.pk: "scored"}) == 0
    elsewhere.service.refresh_from_db()
    assert elsewhere.service.policy is None


@pytest.mark.django_db(transaction=True)
def test_a_slot_follows_its_services_policy_as_it_was_when_it_opened():
    world = World()
    first = save(world.clinic, SLOW)
    policybook.assign(world.clinic, services={world.service.pk: "slow"})
    world.service.refresh_from_db()
    opened = vacancies.open_by_hand(world.clinic, Time.of(_unsaved(world, 30)), now=NOW)
    assert opened.policy_id == first.pk
    second = save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
    opened.refresh_from_db()
    world.service.refresh_from_db()
    assert opened.policy_id == first.pk
    assert vacancies.open_by_hand(world.clinic, Time.of(_unsaved(world, 40)), now=NOW).policy_id == second.pk
    policybook.assign(world.clinic, services={world.service.pk: ""})
    world.service.refresh_from_db()
    third = vacancies.open_by_hand(world.clinic, Time.of(_unsaved(world, 50)), now=NOW)
    assert third.policy_id == world.clinic.policy_id


@pytest.mark.django_db(transaction=True)
def test_every_change_is_recorded():
    world = World()
    factories.service(world.clinic)
    with everything_recorded() as changed:
        first = save(world.clinic, SLOW)
        policybook.assign(world.clinic, default="slow")
        policybook.assign(world.clinic, services={world.service.pk: "slow"})
        second = save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
        policybook.assign(world.clinic, services={world.service.pk: ""})
    assert changed == {"matching_policyversion", "waitlist_clinic", "waitlist_service"}
    lines = Entry.objects.filter(clinic_id=world.clinic.pk)
    (line,) = lines.filter(verb="policy.saved", changes={"version": [1, 2]})
    assert words.row(line) == f"Policy {line.object_pk}, slow v2"
    assert words.happened(line.verb) == "Policy saved"
    followed = lines.filter(verb="service.changed").order_by("pk").values_list("changes__policy", flat=True)
    one, two = str(first.pk), str(second.pk)
    assert list(followed) == [["None", one], [one, two], [two, "None"]]


@pytest.mark.django_db(transaction=True)
def test_eight_authors_at_once_make_one_version():
    world = World()
    save(world.clinic, SLOW)
    calls = [
        lambda minutes=minutes: policybook.save(world.clinic, replace(SLOW, cutoff_minutes=minutes), after=1, now=LATER)
        for minutes in range(30, 38)
    ]
    made = at_once(calls)
    assert sorted(one.version for one in made if one is not None) == [2]
    assert made.count(None) == 7


@pytest.mark.django_db(transaction=True)
def test_a_service_chosen_while_a_version_is_saved_follows_the_new_one():
    world = World()
    save(world.clinic, SLOW)
    choose_while_saving(world)
    world.service.refresh_from_db()
    assert world.service.policy.version == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_is_left_behind_and_two_authors_meet_the_constraint(monkeypatch):
    world = World()
    save(world.clinic, SLOW)
    monkeypatch.setattr(policybook, "_lock", lambda clinic: clinic)
    choose_while_saving(world)
    world.service.refresh_from_db()
    assert world.service.policy.version == 1
    met = threading.Barrier(2)

    def create(**fields: Any) -> PolicyVersion:
        met.wait()
        made = PolicyVersion(**fields)
        made.save()
        return made

    monkeypatch.setattr(PolicyVersion.objects, "create", create)
    calls = [
        lambda minutes=minutes: policybook.save(world.clinic, replace(SLOW, cutoff_minutes=minutes), after=2, now=LATER)
        for minutes in (40, 50)
    ]
    made = at_once(calls)
    assert "UniqueViolation" in made


def choose_while_saving(world: World) -> None:
    """A desk chooses the policy for a service while its second version is saved but not committed."""

    def choose() -> None:
        try:
            policybook.assign(world.clinic, services={world.service.pk: "slow"})
        finally:
            connection.close()

    thread = threading.Thread(target=choose)
    with transaction.atomic():
        save(world.clinic, replace(SLOW, cutoff_minutes=30), after=1)
        thread.start()
        wait_until_blocked(thread)  # or is through
    thread.join()


def test_a_version_number_is_given_once(world):
    saved = save(world.clinic, SLOW)
    with pytest.raises(IntegrityError, match="policy_version_once"), transaction.atomic():
        PolicyVersion.objects.create(
            clinic=world.clinic, name="slow", version=1, document=saved.document, created_at=NOW
        )


def test_a_clinic_begins_with_its_own_threshold(world):
    clinic = factories.clinic(threshold=70)
    saved = save(clinic, replace(presets.scored(clinic.threshold), name="ours"))
    assert [wave["min_score"] for wave in saved.document["long"]] == [70, 60, 50, 0]


def test_untouched_policies_by_score_follow_a_new_threshold_and_no_others(world):
    scored = presets.scored(55)
    by_hand = {
        "short": replace(scored, name="short", short=scored.short[:3]),
        "long": replace(scored, name="long", long=()),
        "other": replace(presets.scored(60), name="other"),
        "slow": SLOW,
    }
    for policy in by_hand.values():
        save(world.clinic, policy)
    save(world.clinic, replace(scored, name="once"))
    save(world.clinic, replace(SLOW, name="once"), after=1)
    elsewhere = World()
    assert policybook.rescore(world.clinic, old=55, new=5, now=LATER) == 1
    found = {name: (row.version, policies.load(row.document)) for name, row in policybook.newest(world.clinic).items()}
    assert found == {name: (1, policy) for name, policy in by_hand.items()} | {
        "once": (2, replace(SLOW, name="once")),
        "scored": (2, presets.scored(5)),
    }
    assert policybook.newest(elsewhere.clinic) == {"scored": elsewhere.clinic.policy}
    assert policybook.rescore(world.clinic, old=5, new=5, now=LATER) == 0
    assert policybook.rescore(world.clinic, old=5, new=55, now=LATER) == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_threshold_and_the_policies_that_follow_are_one_recorded_act():
    world = World()
    fields = {name: getattr(world.clinic, name) for name in tuning.SCORE}
    with everything_recorded() as changed:
        assert tuning.set_score(world.clinic, now=LATER, **fields | {"threshold": 70}) == 1
    assert changed == {"matching_policyversion", "waitlist_clinic"}


@pytest.mark.django_db(transaction=True)
def test_an_author_and_a_new_threshold_at_once_leave_the_new_threshold():
    world = World()
    fields = {name: getattr(world.clinic, name) for name in tuning.SCORE} | {"threshold": 70}
    edited = replace(presets.scored(), cutoff_minutes=45)
    at_once(
        [
            lambda: tuning.set_score(world.clinic, now=LATER, **fields),
            lambda: policybook.save(world.clinic, edited, after=1, now=LATER),
        ]
    )
    stored = policybook.newest(world.clinic)["scored"]
    world.clinic.refresh_from_db()
    assert (world.clinic.threshold, world.clinic.policy) == (70, stored)
    assert [wave["min_score"] for wave in stored.document["short"]] == [70, 60, 50, 0]


def _unsaved(world: World, hours: int) -> Slot:
    """A time of the world's practitioner, as a slot that is not stored."""
    starts_at = NOW + timedelta(hours=hours)
    return Slot(
        location=world.location,
        practitioner=world.practitioner,
        service=world.service,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
    )
