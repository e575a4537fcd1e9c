"""Acts: what happened becomes a notice for each member, and notices become e-mails.

By a sweep from rows rather than in the transaction that causes it: a claim, a wave or an inbound text is not slowed by
who of the staff wants to know, no path that frees or ends a time can forget to say so, and what is over before anybody
was told is not told. What no row says is raised by a call (`notices.joined`, `notices.money_used_up`).

Each event reaches each member in one e-mail at most: the notice is unique, and is tied to its message in the
transaction that writes it. The first goes at once; what follows within ten minutes is one more.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction

from notifications import outbox
from notifications.alerts import finding, notices
from notifications.alerts.events import Event, How
from notifications.models import Message, Notice
from notifications.states import Channel, Kind, Purpose
from waitlist.models import Clinic, Membership

TOGETHER = timedelta(minutes=10)
TOO_OLD = timedelta(hours=12)  # an e-mail that late says nothing the pages do not
RAISED = (Event.JOIN, Event.MONEY)  # no row says whether they are over


def clinics() -> list[int]:
    """Where somebody works."""
    return list(Clinic.objects.filter(memberships__isnull=False).distinct().order_by("pk").values_list("pk", flat=True))


def sweep(clinic_id: int, *, now: datetime) -> int:
    """Note what has happened at this clinic and write what is due; how many e-mails. Safe to run twice, or at once."""
    notices.note(clinic_id, finding.found(clinic_id, now=now), now=now)
    due = Notice.objects.filter(membership__clinic=clinic_id, message=None, goes_at__lte=now)
    members = sorted(set(due.values_list("membership_id", flat=True)))
    return sum(write(member_id, now=now) is not None for member_id in members)


@transaction.atomic(durable=True)
def write(membership_id: int, *, now: datetime) -> Message | None:
    """All that is due to this member and still so, as one e-mail; none where they had one a moment ago."""
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("clinic", "user")
    member = rows.filter(pk=membership_id, user__is_active=True).first()
    if member is None or _had_one_lately(member, now=now):
        return None
    due = list(Notice.objects.filter(membership=member, message=None, goes_at__lte=now).order_by("pk"))
    telling = _still_so(member, due, now=now)
    over = {notice.pk for notice in due} - {notice.pk for notice in telling}
    Notice.objects.filter(pk__in=over).update(goes_at=None)
    if not telling:
        return None
    message = outbox.enqueue(
        Kind.ALERT,
        clinic=member.clinic,
        contact_point=None,
        channel=Channel.EMAIL,
        purpose=Purpose.REMINDERS,
        dedupe_key=f"{Kind.ALERT}:{member.user_id}:{telling[0].pk}",
        context={
            "clinic_name": member.clinic.name,
            "counts": dict(Counter(str(notice.event) for notice in telling)),
        },
        user=member.user,
        not_after=now + TOO_OLD,
        now=now,
    )
    if message is not None:
        Notice.objects.filter(pk__in=[notice.pk for notice in telling]).update(message=message)
    return message


def _had_one_lately(member: Membership, *, now: datetime) -> bool:
    mine = Message.objects.filter(user=member.user_id, clinic=member.clinic_id, kind=Kind.ALERT)
    return mine.filter(created_at__gt=now - TOGETHER).exists()


def _still_so(member: Membership, due: list[Notice], *, now: datetime) -> list[Notice]:
    """Those of which they want to hear, that are not too old, and not over meanwhile."""
    hows = notices.chosen([member])[member.pk]
    there = {(event, subject) for event, subject, _ in finding.found(member.clinic_id, now=now)}
    return [
        notice
        for notice in due
        if hows[notice.event] != How.NOT
        and notice.goes_at is not None
        and notice.goes_at > now - TOO_OLD
        and (notice.event in RAISED or (notice.event, notice.subject) in there)
    ]
