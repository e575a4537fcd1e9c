"""What a page of the waitlist is asked for, as it stands in its address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms

from waitlist.states import Origin, Tier
from waitlist.views import listing
from waitlist.views.listing import Question

LONGEST_DAYS = 3650


class ListForm(forms.Form):
    """Nothing is required: what is empty or makes no sense filters nothing, and the field says why."""

    q = forms.CharField(
        label="Find",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name, number or service", "data-key": "/"}),
    )
    sort = forms.ChoiceField(label="Order", choices=listing.Sort.choices, required=False)
    service = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    practitioner = forms.TypedChoiceField(label="Would see", coerce=int, empty_value=None, required=False)
    tier = forms.ChoiceField(choices=[("", "Any"), *Tier.choices], required=False)
    state = forms.ChoiceField(label="Now", choices=[("", "All"), *listing.State.choices], required=False)
    reach = forms.ChoiceField(label="Reached by", choices=[("", "Any"), *listing.Reached.choices], required=False)
    origin = forms.ChoiceField(label="Came by", required=False)
    days = forms.IntegerField(label="Waits longer than, days", min_value=0, max_value=LONGEST_DAYS, required=False)
    silent = forms.BooleanField(
        label="No answer lately",
        required=False,
        help_text=f"Asked in the last {listing.LATELY.days} days, and not one answer.",
    )

    def __init__(
        self, services: Mapping[int, str], people: Mapping[int, str], *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        known = [(value, label) for value, label in Origin.choices if value]
        self.fields["origin"].choices = [("", "Any"), *known]  # type: ignore[attr-defined]
        for name, named in (("service", services), ("practitioner", people)):
            choices = sorted(named.items(), key=lambda one: one[1].casefold())
            self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]

    def question(self) -> Question:
        """What is asked for, without what is wrong."""
        self.is_valid()
        said = self.cleaned_data
        return Question(
            words=" ".join(said.get("q", "").split()),
            service_id=said.get("service"),
            practitioner_id=said.get("practitioner"),
            tier=said.get("tier", ""),
            state=said.get("state", ""),
            reach=said.get("reach", ""),
            origin=said.get("origin", ""),
            longer_than_days=said.get("days"),
            is_silent=bool(said.get("silent")),
            sort=said.get("sort") or listing.Sort.WAIT,
        )

    def address(self) -> str:
        """The same as a query of an address, only what was asked: `service=3&sort=name`, or nothing."""
        self.is_valid()
        said = {name: self.data.get(name, "").strip() for name in self.fields if name in self.cleaned_data}
        return urlencode({name: text for name, text in said.items() if text and (name, text) != ("sort", "wait")})

    def narrowing(self) -> int:
        """How many filters besides the words hold some of the list back."""
        question = self.question()
        return sum(value not in ("", None, False) for value in question.filters().values())
