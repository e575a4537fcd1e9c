"""E-mails to staff: which clinic, what kind, how many, and where it waits. Nothing of any patient, provider or service:
what they are about stands behind the sign-in."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from notifications.alerts.events import PAGES, Event, sentence, words
from notifications.models import Message
from notifications.rendering.mail import Letter


def letter(message: Message) -> Letter:
    """One line per kind of event, in the order of the settings page, each with its link."""
    counts = message.context["counts"]
    clinic = message.context["clinic_name"]
    events = [event for event in Event if counts.get(event)]
    many = f"{sum(counts.values())} things wait for you"
    subject = words(events[0], counts[events[0]]) if len(events) == 1 else many
    parts = {
        "clinic": clinic,
        "heading": subject[:1].upper() + subject[1:],
        "lines": [(sentence(event, counts[event]), _page(PAGES[event])) for event in events],
        "choices_url": _page("my-notices"),
    }
    text = render_to_string("notifications/alert.txt", parts)
    html = render_to_string("notifications/alert.html", parts)
    return Letter(subject=f"{clinic}: {subject}", text=text, html=html, unsubscribe_url="", stored=text)


def _page(name: str) -> str:
    return settings.PUBLIC_URL + reverse(name)
