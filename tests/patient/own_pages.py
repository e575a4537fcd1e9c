"""Getting onto a patient's own page in a test, as they do."""

from django.test import Client
from django.urls import reverse

from matching import tokens
from notifications.models import Passcode

NUMBER = "+14155550123"


def door(clinic):
    return reverse("my", args=[clinic.slug])


def knock(client: Client, clinic, reach: str = NUMBER) -> Passcode:
    """Ask for a code."""
    asked = client.post(door(clinic), {"reach": reach})
    assert asked.status_code == 302, asked.text
    return Passcode.objects.latest("pk")


def go_in(client: Client, clinic, reach: str = NUMBER) -> Passcode:
    """Ask for a code, and type it."""
    code = knock(client, clinic, reach)
    url = reverse("my-code", args=[clinic.slug])
    opened = client.post(url, {"digits": tokens.passcode(str(code.public_id))})
    assert (opened.status_code, opened.headers["Location"]) == (302, door(clinic))
    return code
