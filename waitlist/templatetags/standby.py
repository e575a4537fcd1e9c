"""How times, money and links are written on every page; with them come the shapes of states."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.templatetags.tz import do_timezone
from django.urls import NoReverseMatch, reverse
from django.utils.dateformat import format as write
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from matching.policy import presets
from waitlist.legal import LEGAL
from waitlist.templatetags.shapes import register


def address(name: str, *args: object) -> str | None:
    """Where a page is; None where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@register.simple_tag
def patient_css() -> SafeString:
    """The stylesheet that stands in every page of patients (config.styles)."""
    return mark_safe(settings.PATIENT_CSS)


@register.simple_tag(takes_context=True)
def law(context: template.Context) -> str:
    """What binds by law what this page sets; nothing where it sets nothing."""
    found = getattr(context.get("request"), "resolver_match", None)
    return LEGAL.get(found.url_name or "", "") if found else ""


@register.filter
def all_errors(forms: BaseForm | Iterable[BaseForm]) -> list[tuple[str, str, str]]:
    """Every error of one form or several: where, at which field, what."""
    forms = [forms] if isinstance(forms, BaseForm) else list(forms)
    return [
        (field.id_for_label or field.auto_id, str(field.label), str(error))
        for form in forms
        for field in form
        for error in field.errors
    ] + [("", "", str(error)) for form in forms for error in form.non_field_errors()]


@register.filter
def open_links(text: str, frame: str) -> SafeString:
    """The text with its addresses as links that open in this frame."""
    return mark_safe(urlize(text, autoescape=True).replace("<a ", f'<a target="{escape(frame)}" '))


@register.filter
def money(cents: int | None) -> str:
    """$320, or $320.50 where there are cents."""
    whole, rest = divmod(int(cents or 0), 100)
    return f"${whole:,}.{rest:02d}" if rest else f"${whole:,}"


@register.simple_tag
def share(part: int, whole: int) -> str:
    """14 %; of nothing it is none."""
    return f"{round(100 * part / whole) if whole else 0} %"


@register.filter
def local(value: datetime, zone: tzinfo) -> Any:
    """The same moment on that zone's clock; `|date` keeps it there."""
    return do_timezone(value, zone)


@register.filter
def clock(value: datetime | None, zone: tzinfo) -> str:
    """2:00 PM."""
    return write(value.astimezone(zone), "g:i A") if value else ""


@register.filter
def to_the_ms(value: datetime | None, zone: tzinfo) -> str:
    """2:26:04.120 PM; – for what never was."""
    return write(value.astimezone(zone), "g:i:s.{} A").format(value.strftime("%f")[:3]) if value else "–"


@register.filter
def day(value: datetime | None, zone: tzinfo) -> str:
    """Fri, Nov 27."""
    return write(value.astimezone(zone), "D, M j") if value else ""


@register.filter
def day_time(value: datetime | None, zone: tzinfo) -> str:
    """Fri, Nov 27, 2:00 PM."""
    return write(value.astimezone(zone), "D, M j, g:i A") if value else ""


@register.simple_tag
def when(value: datetime, zone: tzinfo, now: datetime) -> str:
    """Today 2:00 PM, Tomorrow 9:00 AM, or Fri, Nov 27, 2:00 PM."""
    ahead = (value.astimezone(zone).date() - now.astimezone(zone).date()).days
    name = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get(ahead)
    return f"{name} {clock(value, zone)}" if name else day_time(value, zone)


@register.simple_tag
def by_when(value: datetime, zone: tzinfo, now: datetime) -> str:
    """2:00 PM today, else tomorrow 9:00 AM, or Fri, Nov 27, 2:00 PM: inside a sentence."""
    words = when(value, zone, now)
    return words.removeprefix("Today ").replace("Tomorrow", "tomorrow").replace("Yesterday", "yesterday")


@register.filter
def iso(value: datetime) -> str:
    """For <time datetime>."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@register.filter
def span(value: timedelta | float | None) -> str:
    """A length of time in one or two words: 0.4 s, 50 s, 6 min, 2 h 10 min, 3 days."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 36:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(seconds / 86400)} days"


@register.filter
def hours(minutes: int) -> str:
    """24 hours, 90 minutes."""
    if minutes % 60:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    return ngettext("{count} hour", "{count} hours", minutes // 60).format(count=minutes // 60)


@register.filter
def ago(value: datetime, now: datetime) -> str:
    """6 min ago."""
    seconds = (now - value).total_seconds()
    return "just now" if seconds < 10 else f"{span(seconds)} ago"


@register.filter
def minute_of_day(minutes: int) -> str:
    """9:30 AM, from minutes after midnight; the end of the day is midnight."""
    hours, rest = divmod(minutes, 60)
    return f"{hours % 12 or 12}:{rest:02d} {'AM' if hours % 24 < 12 else 'PM'}"


@register.filter
def without_link(text: str) -> str:
    """A message as staff read it: the link, or the code, is the patient's own."""
    return text.replace("{link}", "(their link)").replace("{passcode}", "(their code)")


@register.filter
def policy_name(name: str) -> str:
    """“By score” for the preset `scored`, others as they are."""
    return presets.called(name)


@register.filter
def phone(number: str) -> str:
    """(415) 555-0123 for a North American number, others as they are."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number
