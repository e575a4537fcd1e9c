"""A process with one connection that claims the offers it is given, when it is told to: prints the ms of each."""

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

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    took = []
    for offer_id in offer_ids:
        started = time.perf_counter()
        if claims.claim(offer_id, via="link", now=timezone.now()) != claims.Claim.BOOKED:
            raise RuntimeError("A claim of a free slot did not book it.")
        took.append((time.perf_counter() - started) * 1000)
    print(*took)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
