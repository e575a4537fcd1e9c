"""python manage.py demo_info: the demo as one JSON object."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ops.demo.info import info


class Command(BaseCommand):
    """Prints passwords and signing secrets, which only a demo may do."""

    help = "Address, sign-ins, connections and the next appointments as JSON. Only with DEMO=1."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo (DEMO is not set), so there is nothing to tell about it.")
        self.stdout.write(json.dumps(info(now=timezone.now()), indent=2))
