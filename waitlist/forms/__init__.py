"""What staff type, checked and turned into what the acts take."""

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy

GROUPS = {"windows": gettext_lazy("When they can come")}  # what no single field of a form stands for


def are_valid(*forms: BaseForm | BaseFormSet) -> bool:
    """Whether all are; every one is checked, so that all errors show at once."""
    return not [form for form in forms if not form.is_valid()]


def point_out(error: ValidationError, *forms: BaseForm) -> None:
    """Put an act's refusal at the field it names, without the name in front; else over the first form."""
    named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in named.items():
        form = next((form for form in forms if name in form.fields), None)
        for text in texts:
            if form is None:
                forms[0].add_error(None, f"{GROUPS[name]}: {text}" if name in GROUPS else text)
            else:
                form.add_error(name, _without_name(text, name, str(form.fields[name].label or "")))


def _without_name(text: str, *names: str) -> str:
    start, colon, rest = text.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and start.lower() in {name.lower() for name in names} else text
