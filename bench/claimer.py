"""A process with one connection that claims the offers it is given, when it is told to: prints the ms of each.

The first is claimed before that and not counted: a server's process lives for days.
"""

import os
import sys
import time


def main(offer_ids: list[int]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from matching import claims

    def claim_ms(offer_id: int) -> float:
        started = time.perf_counter()
        if claims.claim(offer_id, via="link", now=timezone.now()) != claims.Claim.BOOKED:
            raise RuntimeError("A claim of a free slot did not book it.")
        return (time.perf_counter() - started) * 1000

    connection.ensure_connection()
    first, *rest = offer_ids
    claim_ms(first)
    print("ready", flush=True)
    sys.stdin.readline()
    print(*[claim_ms(offer_id) for offer_id in rest])


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
