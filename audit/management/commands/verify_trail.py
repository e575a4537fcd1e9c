"""manage.py verify_trail: is the trail what it was when it was sealed?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import seal


class Command(BaseCommand):
    help = "Compute every seal of the trail again; names the first that does not hold, with exit code 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--digest", help="a digest kept elsewhere (the log has them): must be in the chain")

    def handle(self, *args: Any, **options: Any) -> None:
        found = seal.verify()
        if found.broken:
            raise CommandError(found.broken)
        if options["digest"] and not seal.knows(options["digest"]):
            raise CommandError(f"No seal has the digest {options['digest']}: the chain was cut or written anew.")
        newest = f" Newest digest: {found.digest}" if found.digest else ""
        self.stdout.write(
            f"The trail is whole: {found.seals} seals over {found.entries} entries; "
            f"{found.unsealed} newer ones are not sealed yet.{newest}"
        )
