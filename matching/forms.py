"""A policy as staff type it: the fields of the whole, and a row for every wave of its two plans."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import QueryDict

from matching.models import PolicyVersion
from matching.policy import policy_rules, presets
from matching.policy.policies import Policy, Wave
from matching.policy.policy_rules import MOST_WAVES, PLANS, POLICY_RANGES, WAVE_RANGES
from matching.states import Order
from notifications.states import Channel
from waitlist.forms import are_valid
from waitlist.models import Clinic
from waitlist.states import Autopilot, Tier

GAP_MINUTES = 15  # of a wave that is added, after the one before
OFFERED = (Channel.SMS, Channel.EMAIL)
HELP = {
    "approve_within_minutes": "Only where staff are asked first; at once while the desk is closed.",
    "undo_delay_minutes": "Nobody is asked before; 0: at once.",
    "short_buffer_minutes": "Before the first wave, after the time to take it back.",
    "long_buffer_minutes": "Before the first wave, after the time to take it back.",
    "exclusive_minutes": "From the first wave on: kept for those asked, nobody else is booked by hand. 0: not at all.",
    "cutoff_minutes": "In addition to the notice the service and the patient need.",
    "offer_cutoff_minutes": "Nobody new is asked later; those asked may still answer. 0: until the last moment.",
    "soft_lock_minutes": "After somebody was asked, and while they may answer: booking another needs a reason.",
}
HEADS = {"short": "Start within 24 hours", "long": "Later start"}


class NumberField(forms.Field):
    """A whole number, None where nothing is typed; what is no number is kept for policy_rules to refuse."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | str | None:
        text = str(value or "").strip()
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text or None


class PolicyForm(forms.Form):
    """What holds for both plans. The name stays once the policy exists."""

    name = forms.CharField(max_length=policy_rules.NAME_LENGTH, help_text="What your clinic calls it.")
    autopilot = forms.ChoiceField(label="Who starts it", choices=Autopilot)

    def __init__(self, *args: Any, is_new: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_new:
            del self.fields["name"]
        for name, (label, _, _) in POLICY_RANGES.items():
            self.fields[name] = NumberField(label=label, help_text=HELP[name], required=False)


class WaveForm(forms.Form):
    """One wave. Empty means everybody, no least score, or the usual time to answer."""

    after_minutes = NumberField(label=WAVE_RANGES["after_minutes"][0], required=False)
    size = NumberField(label=WAVE_RANGES["size"][0], required=False)
    min_score = NumberField(label=WAVE_RANGES["min_score"][0], required=False)
    tiers = forms.MultipleChoiceField(choices=Tier, required=False, widget=forms.CheckboxSelectMultiple)
    window_minutes = NumberField(label=WAVE_RANGES["window_minutes"][0], required=False)
    order = forms.ChoiceField(label="Who comes first", choices=Order)
    channels = forms.MultipleChoiceField(
        label="Only by", choices=[(one.value, one.label) for one in OFFERED], required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    repeat = forms.BooleanField(label="Goes on with the next until nobody is left", required=False)

    def __init__(
        self, data: QueryDict | None = None, *, plan: str, number: int, key: int, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, prefix=f"{plan}-{key}", initial=initial)
        self.key, self.place = key, f"{HEADS[plan]}, wave {number}"
        self.fields["size"].widget.attrs["placeholder"] = "all"
        self.fields["min_score"].widget.attrs["placeholder"] = "any"
        self.fields["window_minutes"].widget.attrs["placeholder"] = "as usual"
        kept = set(self.initial.get("channels", ())) | set(self.data.getlist(f"{self.prefix}-channels", ()))  # type: ignore[attr-defined]
        more = [one for one in policy_rules.TO_PATIENTS if one not in OFFERED and one.value in kept]
        self.fields["channels"].choices = [(one.value, one.label) for one in (*OFFERED, *more)]  # type: ignore[attr-defined]

    @property
    def is_special(self) -> bool:
        """Whether something is set, or wrong, that is folded away otherwise."""
        folded = ("window_minutes", "order", "channels")
        said = [self[name].value() for name in folded]
        return bool(said[0] or said[2]) or said[1] != Order.SCORE or any(self[name].errors for name in folded)

    def wave(self) -> Wave:
        values = self.cleaned_data
        return Wave(
            after_minutes=values["after_minutes"],
            tiers=tuple(values["tiers"]),
            min_score=0 if values["min_score"] is None else values["min_score"],
            size=values["size"],
            window_minutes=values["window_minutes"],
            channels=tuple(values["channels"]),
            order=values["order"],
            repeat=values["repeat"],
        )


class PolicyEditor:
    """All forms of one policy: as it is, or as typed. Rows have keys of their own, so that any may be taken out."""

    def __init__(self, policy: Policy, data: QueryDict | None, *, is_new: bool) -> None:
        self.start, self.is_new = policy, is_new
        values = {name: getattr(policy, name) for name in ("name", "autopilot", *POLICY_RANGES)}
        self.common = PolicyForm(data, initial=values, is_new=is_new)
        self.plans = {plan: list(_rows(plan, getattr(policy, plan), data)) for plan in PLANS}

    @property
    def forms(self) -> list[forms.Form]:
        return [self.common, *(row for rows in self.plans.values() for row in rows)]

    def policy(self) -> Policy | None:
        """What was typed; None where a choice is none of those offered."""
        if not are_valid(*self.forms):
            return None
        plans = {plan: tuple(row.wave() for row in rows) for plan, rows in self.plans.items()}
        return Policy(**{"name": self.start.name, **self.common.cleaned_data, **plans})

    def point_out(self, policy: Policy) -> bool:
        """Put every fault at its field; whether there are none."""
        found = policy_rules.faults(policy)
        for fault in found:
            rows = self.plans.get(fault.plan, [])
            form: forms.Form = self.common if fault.wave is None else rows[fault.wave]
            name = fault.field if fault.field in form.fields else None
            text = fault.text.removeprefix(f"{form.fields[name].label}: ") if name else fault.text
            form.add_error(name, f"{text[:1].upper()}{text[1:]}")
        return not found


def _rows(plan: str, waves: tuple[Wave, ...], data: QueryDict | None) -> Iterator[WaveForm]:
    if data is None:
        for key, wave in enumerate(waves):
            yield WaveForm(plan=plan, number=key + 1, key=key, initial=asdict(wave))
    else:
        for number, key in enumerate(keys(data, plan), 1):
            yield WaveForm(data, plan=plan, number=number, key=key)


def keys(data: QueryDict, plan: str) -> list[int]:
    """The keys of the rows sent, once each; one more than a plan may have, so that it can be refused in words."""
    sent = [int(key) for key in data.getlist(plan) if key.isascii() and key.isdecimal() and len(key) < 4]
    return list(dict.fromkeys(sent))[: MOST_WAVES + 1]


def changed(data: QueryDict, wish: str) -> QueryDict:
    """As typed, with a row more ("add-short") or less ("remove-short-2")."""
    what, _, rest = wish.partition("-")
    plan, _, key = rest.partition("-")
    if plan not in PLANS or what not in ("add", "remove"):
        return data
    typed, rows = data.copy(), keys(data, plan)
    if what == "remove":
        rows = [one for one in rows if str(one) != key]
    elif len(rows) < MOST_WAVES:
        new, before = max(rows, default=-1) + 1, f"{plan}-{rows[-1]}-after_minutes" if rows else ""
        minute = typed.get(before, "")
        later = int(minute) + GAP_MINUTES if minute.isascii() and minute.isdecimal() and len(minute) < 6 else ""
        typed[f"{plan}-{new}-after_minutes"] = str(later if rows else 0)
        typed[f"{plan}-{new}-size"] = str(Wave().size)
        typed[f"{plan}-{new}-order"] = Order.SCORE
        rows.append(new)
    typed.setlist(plan, [str(one) for one in rows])
    return typed


class UseForm(forms.Form):
    """Which policy the clinic follows, and which services another."""

    def __init__(self, clinic: Clinic, newest: Mapping[str, PolicyVersion], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(name, presets.called(name)) for name in newest]
        self.fields["default"] = forms.ChoiceField(
            label="The clinic", choices=names, initial=clinic.policy.name if clinic.policy else None
        )
        services = clinic.services.filter(retired_at=None).select_related("policy").order_by("category", "name")
        self.services = list(services)
        for service in self.services:
            self.fields[f"service-{service.pk}"] = forms.ChoiceField(
                label=service.name,
                choices=[("", "As the clinic"), *names],
                required=False,
                initial=service.policy.name if service.policy else "",
            )

    @property
    def rows(self) -> list[Any]:
        """The select of every service."""
        return [self[f"service-{service.pk}"] for service in self.services]

    def chosen(self) -> dict[int, str]:
        """By the service's id the name of its policy; "": the clinic's."""
        return {service.pk: self.cleaned_data[f"service-{service.pk}"] for service in self.services}
