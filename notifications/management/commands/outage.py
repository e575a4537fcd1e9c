"""manage.py outage: stop the clocks of a channel by hand, let them run again, or see whether they stand still."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.trail import Actor, acting
from notifications import outages
from notifications.models import Outage
from notifications.states import OutageCause


class Command(BaseCommand):
    help = "Begin or end an outage of a channel by hand, or list what does not go out now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("begin", "end", "list"), help="begin, end or list")
        parser.add_argument("channel", nargs="?", choices=outages.WATCHED, default="sms", help="sms or email")

    def handle(self, *args: Any, **options: Any) -> None:
        channel, now = options["channel"], timezone.now()
        with acting(Actor()):
            if options["what"] == "begin":
                begun = outages.begin(channel, OutageCause.BY_HAND, now=now)
                self.stdout.write(f"{channel}: clocks stand still." if begun else f"{channel}: they did already.")
            elif options["what"] == "end":
                ended = outages.end(channel, by_hand=True, now=now)
                self.stdout.write(f"{channel}: clocks run again." if ended else f"{channel}: they did already.")
            else:
                self.list()

    def list(self) -> None:
        rows = Outage.objects.filter(ended_at=None).order_by("channel")
        for row in rows:
            since = f"{row.started_at:%Y-%m-%d %H:%M:%S %Z}"
            self.stdout.write(f"{row.channel}: nothing goes out since {since} ({row.cause}).")
        if not rows:
            self.stdout.write("Everything goes out.")
