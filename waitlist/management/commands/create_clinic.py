"""manage.py create_clinic: a clinic with its policy, its first location and its first admin."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.text import slugify

from audit.trail import Actor, acting
from waitlist import clinics
from waitlist.management.asking import new_password, sentences
from waitlist.models import Clinic, Location

PASSWORD = "STANDBY_ADMIN_PASSWORD"
OPTIONS = {
    "name": "The clinic's name as patients read it",
    "timezone": "IANA time zone, such as America/Los_Angeles",
    "phone": "What patients call, such as +14155550100",
    "admin-email": "Sign-in of the first admin",
}


class Command(BaseCommand):
    help = "Make a clinic, its default policy, its first location and its first admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, text in OPTIONS.items():
            parser.add_argument(f"--{name}", required=True, help=text)
        parser.add_argument("--slug", default="", help="Short name for commands; else made from the name")
        parser.add_argument("--email", default="", help="The clinic's own e-mail address")
        parser.add_argument("--sms-sender", default="", help="The number its texts come from")
        parser.add_argument("--location", default="", help="Name of the first location; else the clinic's name")
        parser.add_argument("--address", default="", help="Its address")
        parser.add_argument("--state", default="", help="Its US state, two letters: its law sets sending hours")
        parser.add_argument("--admin-name", default="", help="Name of the first admin; else the address")
        parser.add_argument("--admin-password", default="", help=f"Better: the variable {PASSWORD}, or be asked")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = Clinic(
            name=options["name"],
            slug=options["slug"] or slugify(options["name"])[:50],
            timezone=options["timezone"],
            phone=options["phone"],
            email=options["email"],
            sms_sender=options["sms_sender"],
        )
        location = Location(
            name=options["location"] or options["name"],
            address=options["address"],
            state=options["state"].upper(),
        )
        email = options["admin_email"]
        password = new_password(email, given=options["admin_password"], option="--admin-password", variable=PASSWORD)
        try:
            with acting(Actor()):
                founded = clinics.found(
                    clinic,
                    location,
                    admin_email=email,
                    admin_name=options["admin_name"] or email,
                    password=password,
                    now=timezone.now(),
                )
        except ValidationError as error:
            raise CommandError(sentences(error)) from None
        self.stdout.write(f"{founded.clinic.name} is ready as “{founded.clinic.slug}”.")
        word = "with the new password" if founded.is_new_user else "with the password they have already"
        self.stdout.write(f"{founded.admin.email} signs in as its admin, {word}.")
        self.stdout.write(f"Next: manage.py import_csv practitioners FILE --clinic {founded.clinic.slug}")
