"""Why a patient has the tier they have, in sentences staff can repeat."""

from waitlist import tiering
from waitlist.models import Patient
from waitlist.states import Tier
from waitlist.templatetags.standby import money

YEAR = "in the last 12 months"


def why(patient: Patient) -> list[str]:
    """What their figures reach and what the clinic asks for; the last sentence is about the show rate, if it counts."""
    rules = tiering.rules_of(patient.clinic)
    counted, ever = (patient.past_visits, "ever") if rules.counts_all_visits else (patient.visits, YEAR)
    came = f"{counted} visit{'' if counted == 1 else 's'}"
    visits, spend = f"{came} {ever}", f"{money(patient.spend_cents)} spent {YEAR}"
    for tier, least, cents, show_rate in (
        (Tier.PLATINUM, rules.platinum_visits, rules.platinum_spend_cents, rules.platinum_show_rate),
        (Tier.GOLD, rules.gold_visits, rules.gold_spend_cents, rules.gold_show_rate),
    ):
        reached = []
        if counted >= least:
            reached.append(f"{visits}: {tier.label} asks for {least}.")
        if patient.spend_cents >= cents:
            reached.append(f"{spend}: {tier.label} asks for {money(cents)}.")
        if reached:
            return [*reached, _show_rate(patient, tier, show_rate, rules.fewest_past_visits)]
    least_of_all = f"Gold asks for {rules.gold_visits} visits or {money(rules.gold_spend_cents)}."
    return [f"{came if ever == YEAR else visits} and {spend}: {least_of_all}"]


def _show_rate(patient: Patient, tier: Tier, asked: int, fewest: int) -> str:
    if patient.past_visits < fewest:
        return f"Their show rate does not count yet: that takes {fewest} past visits, they have {patient.past_visits}."
    if patient.show_rate < asked:
        return f"They came to {patient.show_rate} % of their visits, {tier.label} asks for {asked} %: one tier lower."
    return f"They came to {patient.show_rate} % of their visits: {tier.label} asks for {asked} %."
