"""What a clinic's tiers ask for, and how its score is weighed, as a manager types it."""

from decimal import Decimal
from typing import Any

from django import forms

from waitlist.models import Clinic
from waitlist.models.clinic import PARTS
from waitlist.states import Tier
from waitlist.tiers import Rules
from waitlist.tuning import SCORE

VISITS = [("year", "In the last 12 months"), ("ever", "Ever")]
ASKED_FOR = {"visits": "visits", "spend": "spend", "show_rate": "show rate"}
WEIGHTS = {  # seed S3's table and decision R8: the name of a part, and what earns all of its points
    "time": ("Time", "All points if the whole appointment fits the times they gave; half within an hour of them."),
    "practitioner": (
        "Practitioner",
        "All points for somebody they asked for, or if anybody will do; 40\N{NO-BREAK SPACE}% for a colleague of the "
        "same specialty.",
    ),
    "service": (
        "Service",
        "All points for what they wait for; 60\N{NO-BREAK SPACE}% for a service it can stand in for.",
    ),
    "geography": (
        "Distance",
        "All points next door, fewer the longer the trip, none at the longest they would make. All, too, if any "
        "distance will do or nobody knows where they live.",
    ),
    "notice": ("Notice", "All points if there is twice the notice they need or more; half if there is just enough."),
    "responsiveness": ("Answers", "All points for a yes to every offer they answered or let lapse; fewer for fewer."),
    "fairness": ("Waiting", "All points for whoever has waited longest; everybody else in proportion."),
}


def _count(label: str, *, least: int, most: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        error_messages={"required": "This needs a number.", "invalid": "This has to be a whole number."},
        **options,
    )


def _dollars(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=Decimal(1),
        max_value=Decimal(10_000_000),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        error_messages={"required": "This needs an amount.", "invalid": "This has to be an amount in dollars."},
    )


class TierForm(forms.Form):
    """Visits or spend, and the show rate, for Platinum and for Gold; everybody else is Silver."""

    platinum_visits = _count("Platinum visits", least=1, most=10_000)
    platinum_spend = _dollars("Platinum spend, $")
    platinum_show_rate = _count("Platinum show rate, %", least=0, most=100)
    gold_visits = _count("Gold visits", least=1, most=10_000)
    gold_spend = _dollars("Gold spend, $")
    gold_show_rate = _count("Gold show rate, %", least=0, most=100)
    visits_counted = forms.ChoiceField(choices=VISITS, help_text="Spend is always that of the last 12 months.")
    fewest_past_visits = _count(
        "Show rate counts from so many visits ever",
        least=0,
        most=100,
        help_text="With fewer it says nothing and is not asked for.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, words in ASKED_FOR.items():
            platinum, gold = cleaned.get(f"platinum_{name}"), cleaned.get(f"gold_{name}")
            if platinum is not None and gold is not None and platinum < gold:
                self.add_error(f"platinum_{name}", f"This must not be less than Gold’s {words}, {gold}.")
        return cleaned

    def rules(self) -> Rules:
        typed = self.cleaned_data
        return Rules(
            platinum_visits=typed["platinum_visits"],
            platinum_spend_cents=int(typed["platinum_spend"] * 100),
            platinum_show_rate=typed["platinum_show_rate"],
            gold_visits=typed["gold_visits"],
            gold_spend_cents=int(typed["gold_spend"] * 100),
            gold_show_rate=typed["gold_show_rate"],
            counts_all_visits=typed["visits_counted"] == "ever",
            fewest_past_visits=typed["fewest_past_visits"],
        )

    @staticmethod
    def of(rules: Rules) -> dict[str, Any]:
        """The rules as the form's initial values."""
        return {
            "platinum_visits": rules.platinum_visits,
            "platinum_spend": Decimal(rules.platinum_spend_cents) / 100,
            "platinum_show_rate": rules.platinum_show_rate,
            "gold_visits": rules.gold_visits,
            "gold_spend": Decimal(rules.gold_spend_cents) / 100,
            "gold_show_rate": rules.gold_show_rate,
            "visits_counted": "ever" if rules.counts_all_visits else "year",
            "fewest_past_visits": rules.fewest_past_visits,
        }

    @property
    def steps(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The tiers that ask for something, each with its three fields."""
        names = {tier: str(tier.label).lower() for tier in (Tier.PLATINUM, Tier.GOLD)}
        return [(str(tier.label), [self[f"{name}_{part}"] for part in ASKED_FOR]) for tier, name in names.items()]


class ScoreForm(forms.Form):
    """The seven weights, which have to add up to 100, and what else the score rests on."""

    threshold = _count(
        "Points the first wave asks for",
        least=0,
        most=100,
        help_text="Policies by score follow it; those whose waves you changed, and times open already, keep theirs.",
    )
    travel_kmh = _count("Travel speed, km/h", least=5, most=200, help_text="Turns a distance into minutes.")
    newcomer_percent = _count(
        "Answers of a newcomer, %", least=0, most=100, help_text="For whoever was never offered anything."
    )
    default_notice_minutes = _count(
        "Notice of a new wish, minutes",
        least=0,
        most=10_080,
        help_text="Where nothing else is said. Wishes on the list keep theirs.",
    )
    email_lead_minutes = _count(
        "E-mail only so long before the start, minutes",
        least=0,
        most=10_080,
        help_text="It is read within hours: whoever has no number that takes texts is not asked later than this.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        weights = {
            f"weight_{part}": _count(WEIGHTS[part][0], least=0, most=100, help_text=WEIGHTS[part][1]) for part in PARTS
        }
        for field in weights.values():
            field.widget.attrs["class"] = "points"
        self.fields = weights | self.fields

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(name in self.errors for name in self.fields if name.startswith("weight_")):
            total = sum(cleaned[f"weight_{part}"] for part in PARTS)
            if total != 100:
                self.add_error(None, adds_up_to(total))
        return cleaned

    @property
    def total(self) -> int:
        """Of the weights as they stand in the form, as far as they are numbers."""
        values = (str(self[f"weight_{part}"].value()) for part in PARTS)
        return sum(int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 6)

    @property
    def weights(self) -> list[forms.BoundField]:
        return [self[f"weight_{part}"] for part in PARTS]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in SCORE if not name.startswith("weight_")]

    @staticmethod
    def of(clinic: Clinic) -> dict[str, int]:
        return {name: getattr(clinic, name) for name in SCORE}


def adds_up_to(total: int) -> str:
    """Whether the weights are right, in a sentence."""
    return "These add up to 100." if total == 100 else f"These add up to {total}; they have to add up to 100."
