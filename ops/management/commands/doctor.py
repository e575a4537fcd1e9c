"""python manage.py doctor [--clinic SLUG]: every promise no constraint can hold."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ops import doctor
from waitlist.models import Clinic


class Command(BaseCommand):
    help = "Look at every promise no constraint can hold; prints what is broken, with exit code 1. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clinic", metavar="SLUG", help="only this clinic, and the installation")

    def handle(self, *args: Any, **options: Any) -> None:
        clinics = Clinic.objects.order_by("slug")
        if options["clinic"]:
            clinics = clinics.filter(slug=options["clinic"])
            if not clinics.exists():
                raise CommandError(f"--clinic: there is no clinic “{options['clinic']}”.")
        now = timezone.now()
        found = [("Standby", one) for one in doctor.examine_machine(now=now)]
        found += [(clinic.slug, one) for clinic in clinics for one in doctor.examine(clinic, now=now)]
        for where, violation in found:
            self.stdout.write(f"{where}: {violation}")
        if found:
            sys.exit(1)
        checks = len(doctor.CHECKS) + len(doctor.MACHINE)
        self.stdout.write(f"Everything is as it should be ({checks} checks).")
