"""What a service is: its name, length, price, notice, and which others it can stand in for."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from waitlist.models import Service


class ServiceBasicsForm(forms.ModelForm):
    """The price in dollars; compatible services both ways."""

    OTHERS = "compatible"

    price = forms.DecimalField(
        label="Price, $",
        min_value=0,
        max_value=Decimal(100_000),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text="What a filled time is counted with, and what a cancellation fee is a share of.",
        error_messages={"required": "This needs an amount.", "invalid": "This has to be an amount in dollars."},
    )

    class Meta:
        model = Service
        fields = ("name", "category", "minutes", "notice_minutes", "compatible")
        labels: ClassVar = {"notice_minutes": "Least notice, minutes", "compatible": "Goes as well"}
        help_texts: ClassVar = {
            "name": "A text names it only to those who agreed to that; the page of an offer does.",
            "minutes": "5 to 720. A time is offered only to visits that fit into it.",
            "notice_minutes": "Nobody is asked later than this before the start.",
            "compatible": "Who waits for one of these may be offered a time of this, and the other way round, with"
            " fewer points.",
        }
        widgets: ClassVar = {"compatible": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        self.fields["price"].initial = Decimal(row.price_cents) / 100 if row.pk else None
        others = row.clinic.services.filter(retired_at=None).exclude(pk=row.pk).order_by("category", "name")
        self.fields["compatible"].queryset = others  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.clinic.services.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is one of that name already.")
        return name

    def clean_notice_minutes(self) -> int:
        minutes: int = self.cleaned_data["notice_minutes"]
        if minutes > 10_080:
            raise forms.ValidationError("A week (10080) at most.")
        return minutes

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("price") is not None:
            self.instance.price_cents = int(cleaned["price"] * 100)
        return cleaned
