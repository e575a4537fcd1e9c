"""Rows: the clinic's policies by name, each a row of versions; which one is its default, and which services differ.

Versions are only added. Clinics and services are edited as objects, so django-auditlog writes their lines of the trail.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from matching.models import PolicyVersion
from matching.policy import policies, policy_rules, presets
from matching.policy.policies import Policy
from waitlist.models import Clinic, Service


def newest(clinic: Clinic) -> dict[str, PolicyVersion]:
    """The newest version of every policy, by name, in the order of their names."""
    rows = PolicyVersion.objects.filter(clinic=clinic).order_by("name", "-version").distinct("name")
    return {row.name: row for row in rows}


def versions(version: PolicyVersion) -> list[PolicyVersion]:
    """Every version of the policy this is one of, the newest first."""
    same = PolicyVersion.objects.filter(clinic=version.clinic_id, name=version.name)
    return list(same.select_related("clinic").order_by("-version"))


@transaction.atomic
def save(clinic: Clinic, policy: Policy, *, after: int, now: datetime) -> PolicyVersion | None:
    """The next version of the policy of that name, and whoever follows an older one follows it from now on.

    `after` is the newest version its author knew of, 0: none. None, and nothing is saved, if there is a newer one, or,
    for a new policy, one of that name. The newest as it is, if it says the same. Open slots keep the version they
    began with.
    """
    _refuse_nonsense(policy)
    _lock(clinic)
    named = PolicyVersion.objects.filter(clinic=clinic, name__iexact=policy.name).order_by("-version").first()
    if (named.version if named else 0) != after or (after and named and named.name != policy.name):
        return None
    if named is not None and policies.load(named.document) == policy:
        return named
    saved = PolicyVersion.objects.create(
        clinic=clinic, name=policy.name, version=after + 1, document=policies.dump(policy), created_at=now
    )
    was = [after] if after else []
    trail.record("policy.saved", saved, now=now, clinic_id=clinic.pk, changes={"version": [*was, saved.version]})
    _follow(clinic, saved)
    return saved


@transaction.atomic
def assign(clinic: Clinic, *, default: str = "", services: Mapping[int, str] | None = None) -> int:
    """The clinic's default by its name, and by a service's id the policy it follows; how many changed.

    An empty name leaves the default as it is, and a service to the clinic's default. KeyError if the clinic has no
    policy of that name; services of other clinics, and those not named, are left alone.
    """
    clinic = _lock(clinic)
    known = newest(clinic)
    chosen = {service_id: known[name] if name else None for service_id, name in (services or {}).items()}
    changed = _choose(clinic, known[default]) if default else False
    rows = clinic.services.select_related("policy").filter(pk__in=chosen).order_by("pk")
    return changed + sum(_choose(service, chosen[service.pk]) for service in rows)


@transaction.atomic
def rescore(clinic: Clinic, *, old: int, new: int, now: datetime) -> int:
    """Policies with the very waves of `scored` for the old threshold get those for the new one; how many did.

    Whatever their name and all else they say. A policy with any other wave, of either plan, stays as it is.
    """
    _lock(clinic)
    before, after = presets.scored(old), presets.scored(new)
    count = 0
    for version in newest(clinic).values() if old != new else ():
        policy = policies.load(version.document)
        if (policy.short, policy.long) == (before.short, before.long):
            follows = replace(policy, short=after.short, long=after.long)
            count += save(clinic, follows, after=version.version, now=now) is not None
    return count


def _lock(clinic: Clinic) -> Clinic:
    """One at a time: whoever saves or chooses reads what the one before has left."""
    return Clinic.objects.select_for_update(no_key=True, of=("self",)).select_related("policy").get(pk=clinic.pk)


def _follow(clinic: Clinic, saved: PolicyVersion) -> None:
    """The default and the services that follow an older version of this policy."""
    default = Clinic.objects.select_related("policy").filter(pk=clinic.pk, policy__name=saved.name)
    services = Service.objects.select_related("policy").filter(clinic=clinic, policy__name=saved.name).order_by("pk")
    rows: list[Clinic | Service] = [*default, *services]
    for row in rows:
        _choose(row, saved)


def _choose(row: Clinic | Service, version: PolicyVersion | None) -> bool:
    """Saved as an object, for the trail; False if there is nothing to change."""
    if row.policy == version:
        return False
    row.policy = version
    row.save(update_fields=["policy"])
    return True


def _refuse_nonsense(policy: Policy) -> None:
    """A ValidationError by field, in the words of matching.policy.policy_rules."""
    found: dict[str, list[str]] = {}
    for fault in policy_rules.faults(policy):
        where = f"{fault.plan} {fault.wave + 1} {fault.field}" if fault.wave is not None else fault.field
        found.setdefault(where, []).append(fault.text)
    if found:
        raise ValidationError(found)
