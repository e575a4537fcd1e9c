"""manage.py import_csv KIND FILE --clinic SLUG: bring a clinic's own data (docs/csv.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.trail import Actor, acting
from waitlist import imports
from waitlist.management.asking import find_clinic

SHOWN = 50


class Command(BaseCommand):
    help = "Import practitioners, services, appointments, patients or the waitlist: all of a file, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=list(imports.KINDS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--clinic", required=True, help="The clinic's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = find_clinic(options["clinic"])
        try:
            raw = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        with acting(Actor()):
            report = imports.run(clinic, options["kind"], raw, now=timezone.now())
        if report.problems:
            shown = [f"  {problem}" for problem in report.problems[:SHOWN]]
            more = len(report.problems) - SHOWN
            raise CommandError("\n".join([*report.lines(), *shown, *([f"  and {more} more"] if more > 0 else [])]))
        for line in report.lines():
            self.stdout.write(line)
