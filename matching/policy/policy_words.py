"""A policy in words, for the people who live with it."""

from collections.abc import Sequence

from matching.policy.policies import Policy, Wave
from matching.states import Order
from notifications.states import Channel
from waitlist.states import Autopilot, Tier

IN_ORDER = {
    Order.SCORE: "the best matches first",
    Order.FIFO: "whoever waits longest first",
    Order.VALUE: "whoever spent most in 12 months first",
}
BY = {Channel.SMS: "text", Channel.VOICE: "call", Channel.WHATSAPP: "WhatsApp", Channel.EMAIL: "e-mail"}


def summary(policy: Policy) -> str:
    """What it does, in one sentence."""
    if not policy.short and not policy.long:
        return "Nobody is asked by itself: staff choose each person."
    if policy.short == policy.long:
        said = plan(policy.short)
    else:
        said = f"for a start within 24 hours, {plan(policy.short)}; for a later one, {plan(policy.long)}"
    begins = _begins(policy)
    said = f"{begins}, {said}" if begins else said
    whole = f"{said[:1].upper()}{said[1:]}."
    if policy.offer_cutoff_minutes:
        whole += f" Nobody new is asked in the last {length(policy.offer_cutoff_minutes)} in which a yes still counts."
    return whole


def plan(waves: Sequence[Wave]) -> str:
    """The waves of one plan, inside a sentence."""
    if not waves:
        return "nobody is asked by itself"
    first, last = waves[0], waves[-1]
    if len(waves) == 1:
        return f"{whom(first)} {'is' if first.size == 1 else 'are'} asked{_in_order(first)}{_goes_on(first)}"
    said = f"{len(waves)} waves within {length(last.after_minutes)}: first {whom(first)}"
    return f"{said}, at last everybody who can come" if _is_everybody(last) else said


def wave(one: Wave) -> str:
    """Everything about one wave."""
    parts = []
    if one.channels:
        parts.append(f"by {_either([BY.get(Channel(name), name) for name in one.channels])} only")
    if one.window_minutes is not None:
        parts.append(f"{length(one.window_minutes)} to answer")
    return f"{whom(one)}{_in_order(one)}{''.join(f', {part}' for part in parts)}{_goes_on(one)}"


def whom(one: Wave) -> str:
    """5 Platinum or Gold patients with at least 55 points."""
    tiers = _either([str(Tier(name).label) for name in one.tiers])
    if one.size is None:
        people = f"all {tiers} patients" if tiers else "all patients who can come"
    else:
        count, noun = ("one", "patient") if one.size == 1 else (str(one.size), "patients")
        people = " ".join(word for word in (count, tiers, noun) if word)
    return f"{people} with at least {one.min_score} points" if one.min_score else people


def label(one: Wave) -> str:
    """The same, short enough to stand beside a mark: 5 Platinum ≥ 55."""
    tiers = " + ".join(str(Tier(name).label) for name in one.tiers)
    size = f"{one.size} at a time" if one.repeat else str(one.size or "all")
    words = [size, tiers, f"≥ {one.min_score}" if one.min_score else ""]
    return " ".join(word for word in words if word)


def length(minutes: int) -> str:
    """15 min, 3 h, 1 h 30 min, 2 days 4 h."""
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    words = [f"{days} day{'' if days == 1 else 's'}" if days else ""]
    words += [f"{hours} h" if hours else "", f"{rest} min" if rest or not minutes else ""]
    return " ".join(word for word in words if word)


def _begins(policy: Policy) -> str:
    if policy.autopilot == Autopilot.SUGGEST:
        return "once staff start it"
    if policy.autopilot == Autopilot.APPROVE:
        return f"after {length(policy.approve_within_minutes)} for staff to step in"
    return ""


def _in_order(one: Wave) -> str:
    return f", {IN_ORDER[Order(one.order)]}" if one.size is not None else ""


def _is_everybody(one: Wave) -> bool:
    return (one.repeat or one.size is None) and not one.tiers and not one.min_score


def _goes_on(one: Wave) -> str:
    if not one.repeat:
        return ""
    return f", then the next{'' if one.size == 1 else f' {one.size}'}, until nobody is left"


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
