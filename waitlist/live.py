"""Tell open pages that something changed: ids only, after commit."""

from django.db import connection, transaction

CHANNEL = "standby_live"


def hint(clinic_id: int, topic: str) -> None:
    """After commit, one pg_notify “clinic:topic”; pages fetch what changed themselves."""
    transaction.on_commit(lambda: _notify(f"{clinic_id}:{topic}"))


def _notify(payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
