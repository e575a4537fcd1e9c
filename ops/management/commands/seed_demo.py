"""python manage.py seed_demo: the demo's data, made once and kept up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ops.demo.seed import SEED, seed_all


class Command(BaseCommand):
    """Adds what is missing and changes nothing that is there."""

    help = "Two demo clinics, and three weeks of appointments around now. Only with DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED, help="Another number, other people.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo (DEMO is not set): made-up patients would mix with real ones.")
        added = seed_all(seed=options["seed"], now=timezone.now())
        self.stdout.write(f"Demo data: {added} appointments added." if added else "Demo data: complete.")
