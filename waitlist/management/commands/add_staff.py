"""manage.py add_staff: somebody works at a clinic, in another role, or no longer."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from audit.trail import Actor, acting
from waitlist import team
from waitlist.management.asking import find_clinic, new_password, sentences
from waitlist.models import Clinic
from waitlist.states import Role

PASSWORD = "STANDBY_STAFF_PASSWORD"


class Command(BaseCommand):
    help = "Let somebody work at a clinic, change their role there, or end it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, help="The clinic's slug")
        parser.add_argument("--email", required=True, help="Their sign-in")
        parser.add_argument("--name", default="", help="Name of a new user; else the address")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--role", choices=Role.values, help="What they may do there")
        what.add_argument("--remove", action="store_true", help="They no longer work there; the user stays")
        parser.add_argument("--password", default="", help=f"Of a new user. Better: {PASSWORD}, or be asked")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = find_clinic(options["clinic"])
        try:
            with acting(Actor()):
                if options["remove"]:
                    self.remove(clinic, options["email"])
                else:
                    self.add(clinic, options)
        except ValidationError as error:
            raise CommandError(sentences(error)) from None

    def add(self, clinic: Clinic, options: dict[str, Any]) -> None:
        email = options["email"]
        password = new_password(email, given=options["password"], option="--password", variable=PASSWORD)
        role = Role(options["role"])
        user, is_new = team.employ(clinic, email=email, name=options["name"] or email, role=role, password=password)
        word = "with the new password" if is_new else "with the password they have already"
        self.stdout.write(f"{user.email} works at {clinic.name} as {role.label.lower()} and signs in {word}.")

    def remove(self, clinic: Clinic, email: str) -> None:
        user = team.dismiss(clinic, email=email)
        self.stdout.write(f"{user.email} no longer works at {clinic.name}.")
