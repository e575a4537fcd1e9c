"""Reading the trail. Every question starts from the clinic."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from audit.models import AuditSeal, Entry


@dataclass(frozen=True)
class Question:
    """What somebody looks for; what is left empty does not narrow it."""

    verb: str = ""
    actor_kind: str = ""
    staff: str = ""
    actor_ref: int | None = None
    row_type: str = ""
    row_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


def entries(clinic_id: int, asked: Question) -> QuerySet[Entry]:
    """The clinic's entries that answer the question, the newest first."""
    found = Entry.objects.filter(clinic_id=clinic_id)
    wanted = {
        "verb": asked.verb,
        "actor_kind": asked.actor_kind,
        "actor_email__iexact": asked.staff,
        "actor_ref": asked.actor_ref,
        "content_type__model": asked.row_type,
        "object_id": asked.row_id,
        "timestamp__gte": asked.since,
        "timestamp__lt": asked.before,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value not in (None, "")})
    return found.select_related("content_type").order_by("-timestamp", "-pk")


def older_than(found: QuerySet[Entry], entry: Entry) -> QuerySet[Entry]:
    """What follows an entry further down the page."""
    return found.filter(Q(timestamp__lt=entry.timestamp) | Q(timestamp=entry.timestamp, pk__lt=entry.pk))


def verbs(clinic_id: int) -> list[str]:
    """Everything that has ever happened at this clinic, by name."""
    return list(Entry.objects.filter(clinic_id=clinic_id).order_by("verb").values_list("verb", flat=True).distinct())


def row_types(clinic_id: int) -> list[str]:
    """The tables of which something is in the clinic's trail."""
    used = Entry.objects.filter(clinic_id=clinic_id).order_by().values("content_type_id").distinct()
    return list(ContentType.objects.filter(pk__in=used).order_by("model").values_list("model", flat=True))


def together_with(entry: Entry) -> QuerySet[Entry]:
    """What else the same request or task did at this clinic."""
    same = Entry.objects.filter(clinic_id=entry.clinic_id, cid=entry.cid).exclude(pk=entry.pk)
    return same.select_related("content_type").order_by("pk") if entry.cid else same.none()


def seal_of(entry: Entry) -> AuditSeal | None:
    """The seal that vouches for an entry; None while it is new."""
    return AuditSeal.objects.filter(first_entry_id__lte=entry.pk, last_entry_id__gte=entry.pk).first()


def newest_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-last_entry_id").first()
