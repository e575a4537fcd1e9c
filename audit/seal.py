"""The hash chain beside the trail: each seal covers a run of entries and the digest of the seal before it.

Who changes, removes or slips in a sealed entry, even as the database's owner, breaks that seal and can be found;
who rewrites the whole chain can be found by a newest digest kept elsewhere (the log has one every hour).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, transaction

from audit.models import AuditSeal, Entry

BATCH = 5_000
# What a seal vouches for. A new column goes at the end, under a new name for this list kept beside the old one.
SEALED = (
    "id", "timestamp", "clinic_id", "verb", "content_type_id", "object_pk", "object_repr", "action", "changes",
    "changes_text", "serialized_data", "additional_data", "actor_id", "actor_email", "actor_kind", "actor_ref",
    "remote_addr", "remote_port", "cid",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain found. `broken` is a sentence about the first seal that does not hold."""

    seals: int
    entries: int
    unsealed: int
    digest: str
    broken: str = ""


def seal(*, now: datetime) -> int:
    """Seal up to BATCH entries that nobody can come before any more; how many, 0 if the trail is being written."""
    settled = _settled_id()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:  # one sealer at a time; readers are not held up
            cursor.execute("LOCK TABLE audit_auditseal IN SHARE ROW EXCLUSIVE MODE")
        last = AuditSeal.objects.order_by("-last_entry_id").first()
        first_id = last.last_entry_id + 1 if last else 1
        ids = list(
            Entry.objects.filter(pk__gte=first_id, pk__lte=settled).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            return 0
        previous = last.digest if last else ""
        AuditSeal.objects.create(
            first_entry_id=first_id,
            last_entry_id=ids[-1],
            entries=len(ids),
            previous_digest=previous,
            digest=_digest(previous, first_id, ids[-1])[0],
            sealed_at=now,
        )
        return len(ids)


def verify() -> Verdict:
    """Compute the whole chain again from the entries as they are now."""
    previous, next_id, entries, seals = "", 1, 0, 0
    for one in AuditSeal.objects.order_by("last_entry_id").iterator():
        digest, count = _digest(previous, one.first_entry_id, one.last_entry_id)
        if one.previous_digest != previous or one.first_entry_id != next_id:
            return _broken(
                one, seals, entries, previous, "does not follow the one before: a seal is missing or changed"
            )
        if count != one.entries:
            return _broken(one, seals, entries, previous, f"covers {one.entries} entries, and {count} are there")
        if digest != one.digest:
            return _broken(one, seals, entries, previous, "does not match its entries: one of them was changed")
        previous, next_id = digest, one.last_entry_id + 1
        entries, seals = entries + count, seals + 1
    return Verdict(seals, entries, Entry.objects.filter(pk__gte=next_id).count(), previous)


def knows(digest: str) -> bool:
    """Whether a digest kept elsewhere is one of the chain's: if not, the chain was cut or written anew."""
    return AuditSeal.objects.filter(digest=digest).exists()


def _broken(one: AuditSeal, seals: int, entries: int, digest: str, why: str) -> Verdict:
    span = f"entries {one.first_entry_id} to {one.last_entry_id}"
    about = f"Seal {one.pk} of {one.sealed_at:%Y-%m-%d %H:%M} UTC, {span}"
    return Verdict(seals, entries, 0, digest, f"{about}, {why}.")


def _settled_id() -> int:
    """The newest entry's id at an instant when no transaction is writing the trail, so none can commit a lower one.

    Asked for without waiting, as a waiting lock would hold up every writer behind it. 0 if there is no such instant.
    """
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_entry IN SHARE MODE NOWAIT")
            cursor.execute("SELECT coalesce(max(id), 0) FROM audit_entry")
            return int(cursor.fetchone()[0])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        return 0


def _digest(previous: str, first_id: int, last_id: int) -> tuple[str, int]:
    """SHA-256 over the digest before and one line of JSON per entry; and how many entries there were."""
    rows = Entry.objects.filter(pk__gte=first_id, pk__lte=last_id).order_by("pk").values_list(*SEALED)
    digest, count = hashlib.sha256(previous.encode()), 0
    for line in _lines(rows.iterator(chunk_size=1_000)):
        digest.update(line)
        count += 1
    return digest.hexdigest(), count


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterable[bytes]:
    for row in rows:
        values = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in row]
        yield json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
