"""Rows: what each member is told of, and how they want to hear of it.

Most events are found from rows by the sweep (`finding`). What no row says is raised by whoever causes it, in their
transaction, by one call: `joined`, `money_used_up`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from audit import trail
from notifications.alerts.events import Event, How, usual
from notifications.models import Notice, NoticeChoice
from waitlist.live import hint
from waitlist.models import Clinic, Membership, WaitlistEntry

DIGEST_AT = time(8)

Found = tuple[Event, str, datetime]  # what, which one, when


def joined(entry: WaitlistEntry, *, now: datetime) -> None:
    """A patient put themselves on the list."""
    note(entry.clinic_id, [(Event.JOIN, f"entry:{entry.pk}", now)], now=now)


def money_used_up(clinic: Clinic, *, now: datetime) -> None:
    """This month's messages have cost what the clinic allows; said once a month, however often it is called."""
    month = f"{now.astimezone(clinic.zone):%Y-%m}"
    note(clinic.pk, [(Event.MONEY, month, now)], now=now)


def note(clinic_id: int, found: Iterable[Found], *, now: datetime) -> int:
    """Each of these once for every member who works there now; how many are new."""
    wanted = {(event, subject): at for event, subject, at in found}
    known = Notice.objects.filter(membership__clinic=clinic_id, subject__in={subject for _, subject in wanted})
    told = set(known.values_list("event", "subject"))
    new = {which: at for which, at in wanted.items() if which not in told}
    if not new:
        return 0
    members = Membership.objects.filter(clinic=clinic_id, user__is_active=True).select_related("clinic")
    hows = chosen(members)
    rows = [
        Notice(
            membership=member,
            event=event,
            subject=subject,
            happened_at=at,
            goes_at=goes_at(hows[member.pk][event], member.clinic.zone, now=now),
        )
        for (event, subject), at in new.items()
        for member in members
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    hint(clinic_id, "board")
    return len(new)


def goes_at(how: str, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Now, at the next 8 AM of the clinic, or never."""
    if how == How.NOT:
        return None
    return now if how == How.AT_ONCE else next_digest(zone, now=now)


def next_digest(zone: ZoneInfo, *, now: datetime) -> datetime:
    """The next 8 AM there."""
    today: date = now.astimezone(zone).date()
    first = datetime.combine(today, DIGEST_AT, tzinfo=zone)
    return first if first > now else datetime.combine(today + timedelta(days=1), DIGEST_AT, tzinfo=zone)


def chosen(members: Iterable[Membership]) -> dict[int, dict[str, How]]:
    """How each of them hears of each kind of event."""
    members = list(members)
    found = {member.pk: {event: usual(member.role, event) for event in Event.values} for member in members}
    for row in NoticeChoice.objects.filter(membership__in=members):
        found[row.membership_id][row.event] = How(row.how)
    return found


@transaction.atomic
def choose(member: Membership, wanted: Mapping[str, str], *, now: datetime) -> bool:
    """How they want to hear of each kind; what is as their role has it anyway needs no row. False: it was so before."""
    before = chosen([member])[member.pk]
    changed = {event: [str(before[event]), str(how)] for event, how in wanted.items() if before[event] != how}
    if not changed:
        return False
    for event, (_, how) in changed.items():
        NoticeChoice.objects.update_or_create(membership=member, event=event, defaults={"how": how})
    trail.record("membership.notices_chosen", member, now=now, clinic_id=member.clinic_id, changes=changed)
    return True
