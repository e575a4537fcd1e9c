"""What the commands ask for: a clinic that exists, a new user's password; and how they say what is wrong."""

import os
import sys
from getpass import getpass

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from waitlist.models import Clinic, User


def find_clinic(slug: str) -> Clinic:
    """The clinic of --clinic; else which ones there are."""
    clinic = Clinic.objects.filter(slug=slug).first()
    if clinic is None:
        there = ", ".join(Clinic.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"--clinic: There is no clinic “{slug}”. There are: {there}.")
    return clinic


def new_password(email: str, *, given: str, option: str, variable: str) -> str | None:
    """From the option, the variable or the keyboard; None for a user there is already."""
    if User.objects.filter(email=email.strip().lower()).exists():
        return None
    if given or os.environ.get(variable):
        return given or os.environ[variable]
    if not sys.stdin.isatty():
        raise CommandError(f"{email} is new and needs a password: set {variable}, or {option}.")
    typed = getpass(f"Password for {email}: ")
    if typed != getpass("The same again: "):
        raise CommandError("The two passwords differ; nothing was made.")
    return typed


def sentences(error: ValidationError) -> str:
    """One line per thing that is wrong, each with the option's name."""
    wrong = error.message_dict.items()
    return "\n".join(f"--{name.replace('_', '-')}: {text}" for name, texts in wrong for text in texts)
