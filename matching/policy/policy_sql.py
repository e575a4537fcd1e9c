"""What the database itself refuses to store as a policy: whatever matching.policy.policy_rules says that fits one path.

That every wave comes after the one before fits none: it is a function of the database, matching_waves_in_order.

Paths are lax: what a document does not say passes, as it is read with its default.
"""

from collections.abc import Iterable

from django.db.models import BooleanField, CheckConstraint, F, Func, Q, Value
from django.db.models.fields.json import KT
from django.db.models.lookups import Exact

from matching.policy.policy_rules import MAY_BE_NONE, MOST_WAVES, PLANS, POLICY_RANGES, TO_PATIENTS, WAVE_RANGES
from matching.states import Order
from waitlist.states import Autopilot, Tier


def _exists(path: str) -> Func:
    """Whether the path finds something in the document: true or false, never unknown."""
    template = "jsonb_path_exists(%(expressions)s::jsonpath)"
    return Func(F("document"), Value(path), template=template, output_field=BooleanField())


def _in_order(plan: str) -> Func:
    """Whether the first wave is at minute 0 and each later than the one before; no wave at all is in order."""
    template = "matching_waves_in_order(%(expressions)s)"
    return Func(F(f"document__{plan}"), template=template, output_field=BooleanField())


def _outside(field: str, low: int, high: int, *types: str) -> str:
    """A field of what a filter looks at that is no whole number in its range."""
    value = f"@.{field}"
    return f"{_typed(value, 'number', *types)} || {value} < {low} || {value} > {high} || {value}.floor() != {value}"


def _unlisted(field: str, words: Iterable[str]) -> str:
    """A field of what a filter looks at that is, or holds, another word than these."""
    others = " && ".join(f'@ != "{word}"' for word in words)
    return f"exists(@.{field} ? ({_typed('@', 'string')} || ({others})))"


def _typed(value: str, *types: str) -> str:
    """It is there and of none of these types."""
    others = " && ".join(f'@ != "{name}"' for name in types)
    return f"exists({value}.type() ? ({others}))"


_WAVE_FAULTS = [
    *(
        _outside(field, low, high, *(["null"] if field in MAY_BE_NONE else []))
        for field, (_, low, high) in WAVE_RANGES.items()
    ),
    _typed("@.tiers", "array"),
    _unlisted("tiers[*]", Tier.values),
    _typed("@.channels", "array"),
    _unlisted("channels[*]", [str(channel.value) for channel in TO_PATIENTS]),
    _typed("@.order", "string"),
    _unlisted("order", Order.values),
    _typed("@.repeat", "boolean"),
    '(@.repeat == true && @.size.type() == "null")',
]
_POLICY_FAULTS = [
    *(_outside(field, low, high) for field, (_, low, high) in POLICY_RANGES.items()),
    _typed("@.autopilot", "string"),
    _unlisted("autopilot", Autopilot.values),
]
_SHAPE = '$.type() == "object" && $.name.type() == "string"' + "".join(
    f' && $.{plan}.type() == "array" && $.{plan}.size() <= {MOST_WAVES}' for plan in PLANS
)
_MISPLACED = [  # of a plan: no wave at all, a first wave later than at once, an endless one before the last
    '$.{plan}[*].type() ? (@ != "object")',
    "$.{plan}[0].after_minutes ? (@ != 0)",
    "$.{plan}[0 to last - 1] ? (@.repeat == true)",
]

CONSTRAINTS = [
    CheckConstraint(
        name="policy_document_has_two_plans",
        condition=Q(_exists(f"$.type() ? ({_SHAPE})")),
        violation_error_message=f"A policy has a name and two plans of at most {MOST_WAVES} waves.",
    ),
    CheckConstraint(
        name="policy_document_says_its_name",
        condition=Q(Exact(KT("document__name"), F("name"))),
        violation_error_message="A policy's document says the name it is stored by.",
    ),
    CheckConstraint(
        name="policy_values_in_range",
        condition=~Q(_exists(f"$ ? ({' || '.join(_POLICY_FAULTS)})")),
        violation_error_message="A policy's minutes are whole numbers in their range, and its autopilot is known.",
    ),
    *(
        CheckConstraint(
            name=f"policy_{plan}_waves_in_range",
            condition=~Q(_exists(f"$.{plan}[*] ? ({' || '.join(_WAVE_FAULTS)})")),
            violation_error_message="A wave's numbers are in their range, its tiers, channels and order known.",
        )
        for plan in PLANS
    ),
    *(
        CheckConstraint(
            name=f"policy_{plan}_waves_in_place",
            condition=~Q(*(_exists(path.format(plan=plan)) for path in _MISPLACED), _connector=Q.OR),
            violation_error_message="The first wave is at minute 0, and only the last goes on until nobody is left.",
        )
        for plan in PLANS
    ),
    *(  # by name the last that are looked at: the other constraints have said what a wave is
        CheckConstraint(
            name=f"policy_{plan}_waves_rising",
            condition=Q(_in_order(plan)),
            violation_error_message="Waves are in order of time, the first at minute 0, each at a minute of its own.",
        )
        for plan in PLANS
    ),
]
