"""Acts: somebody puts themselves on the list on the web; their number confirms it by START, or it comes to nothing.

Until then the wish pauses: nobody is asked, nothing is allowed. Whoever is known stays as they are.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext, gettext_noop

from notifications import consent
from notifications.alerts import notices
from notifications.consent import texts
from notifications.models import Consent, ContactPoint, InboundMessage, Join
from notifications.states import Channel, Purpose
from waitlist import entries, households, joins, live, people, roster
from waitlist.entries import Wish
from waitlist.joins import HOUR, OPEN, STANDS_FOR, Agreed
from waitlist.models import Clinic, WaitlistEntry
from waitlist.people import Person
from waitlist.states import EntryStatus, Origin

DAY = timedelta(days=1)
PER_ADDRESS_AN_HOUR = 10
PER_NUMBER_A_DAY = 3
PER_CLINIC_AN_HOUR = 60  # from however many addresses: each may cost the clinic a text
PROMPTS = (texts.PROMPT, *texts.PROMPT_IN.values())
ABROAD = gettext_noop("We can text numbers of the United States and Canada only. Please call us instead.")


@transaction.atomic(durable=True)
def ask(clinic: Clinic, person: Person, wish: Wish, agreed: Agreed, *, now: datetime) -> bool:
    """The wish, paused, and a text that asks the number for START; False where too many came from one address,
    or for this clinic.

    Nobody learns from it who is known: the same person and wish is the same entry, and a number is asked thrice a day
    at most.
    """
    roster.check_wish(clinic, wish)
    if not consent.is_near(person.phone):
        raise ValidationError({"phone": gettext(ABROAD)})
    network = households.network(agreed.remote_addr)
    _one_at_a_time(network)
    lately = Join.objects.filter(asked_at__gt=now - HOUR)
    if lately.filter(clinic=clinic).count() >= PER_CLINIC_AN_HOUR:
        return False
    lately = lately.filter(remote_addr=None) if network is None else lately.filter(remote_addr__range=network)
    if lately.count() >= PER_ADDRESS_AN_HOUR:
        return False
    point, patient, email_point = people.greet(clinic, person, now=now)
    if point.joins.filter(asked_at__gt=now - DAY).count() >= PER_NUMBER_A_DAY:
        return True
    entry, is_new = entries.join(patient, wish, origin=Origin.WEB, now=now)
    join = joins.begin(point, entry, agreed, email_point=email_point, is_new=is_new, now=now)
    if is_new or joins.is_open(entry) or entry.silent_since is not None:  # START wakes what rests, too
        joins.ask_for_start(join, patient, now=now)
    live.hint(clinic.pk, "waitlist")
    return True


def may_ask(point: ContactPoint, *, now: datetime) -> bool:
    """Whether this number can be asked for START once more: near enough, and not asked too often today."""
    return consent.is_near(point.value) and point.joins.filter(asked_at__gt=now - DAY).count() < PER_NUMBER_A_DAY


def ask_known(
    point: ContactPoint, entry: WaitlistEntry, agreed: Agreed, *, is_new: bool = True, now: datetime
) -> None:
    """A wish of somebody known, new or one that rests, waits until their number, which is locked, says START as on the
    join page. Inside the transaction that made or found it."""
    join = joins.begin(point, entry, agreed, is_new=is_new, now=now)
    joins.ask_for_start(join, entry.patient, now=now)


def confirm(point: ContactPoint, heard: InboundMessage, *, now: datetime) -> int:
    """This number has replied START: what it joined for waits from now on, with its consent; how many joins. Inside the
    transaction that heard it."""
    mine = Join.objects.filter(OPEN, asked_at__gt=now - STANDS_FOR).order_by("pk")
    emails = mine.filter(contact_point__in=consent.on_one_line(point)).values("email_point")
    consent.lock_ways(point, *ContactPoint.objects.filter(pk__in=emails))
    mine = mine.filter(contact_point__in=consent.lock_line(point))
    asked = list(mine.select_related("contact_point", "email_point", "entry__patient"))
    for join in asked:
        _allow(join, now=now)
    for join in asked:
        _waits_no_more_for_it(join, EntryStatus.ACTIVE, now=now)
        joins.end(join, "join.confirmed", now=now, confirmed_at=now, confirmed_by=heard)
        notices.joined(join.entry, now=now)
    return len(asked)


@transaction.atomic(durable=True)
def accept(entry_id: int, *, now: datetime) -> bool:
    """Staff have spoken to whoever joined: the wish waits from now on, though their number never said START. What may
    be sent there is another matter, for the ledger. False: it was not waiting for that."""
    open_joins = Join.objects.filter(OPEN, entry=entry_id, is_new=True).order_by("pk")
    theirs = Q(pk__in=open_joins.values("contact_point")) | Q(pk__in=open_joins.values("email_point"))
    list(ContactPoint.objects.select_for_update(no_key=True).filter(theirs).order_by("pk"))
    asked = list(open_joins.select_related("email_point", "entry__patient"))
    for join in asked:
        if join.email_point is not None:
            people.belongs(join.entry.patient, join.email_point, now=now)
        _waits_no_more_for_it(join, EntryStatus.ACTIVE, now=now)
        joins.end(join, "join.accepted", now=now, expired_at=now)
    return bool(asked)


def unconfirmed() -> Exists:
    """For a query of wishes: those that rest until their number says START."""
    return Exists(Join.objects.filter(OPEN, entry=OuterRef("pk"), is_new=True))


def awaiting_start() -> Exists:
    """For a query of wishes: the same, and those that rest for want of an answer and were asked for anew."""
    mine = Join.objects.filter(OPEN, entry=OuterRef("pk"))
    return Exists(mine.filter(Q(is_new=True) | Q(entry__silent_since__isnull=False)))


@transaction.atomic(durable=True)
def expire(clinic: Clinic, *, now: datetime) -> int:
    """What nobody confirmed in seven days is off the list; how many joins."""
    late = Join.objects.filter(OPEN, clinic=clinic, asked_at__lte=now - STANDS_FOR).order_by("pk")
    points = ContactPoint.objects.filter(pk__in=late.values("contact_point"))
    list(points.select_for_update(no_key=True).order_by("pk"))  # a START that is just being heard goes first
    ended = list(late.select_related("entry"))
    for join in ended:
        _waits_no_more_for_it(join, EntryStatus.REMOVED, now=now)
        joins.end(join, "join.expired", now=now, expired_at=now)
    return len(ended)


def _one_at_a_time(network: tuple[str, str] | None) -> None:
    """Whoever sends from the same address waits here, so that two cannot both be the last one allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"join {network and network[0]}"])


def _allow(join: Join, *, now: datetime) -> None:
    """Two lines: what they agreed to on the form, and the word of the number itself. The address, if they gave one that
    nobody else uses, is allowed with it."""
    agreed: dict[str, Any] = {"text_version": join.text_version, "remote_addr": join.remote_addr}
    about = {"purpose": Purpose.OFFERS, "granted": True, "now": now, **agreed}
    page = "prompt on their page" if join.text_version in PROMPTS else "join page"
    form = {"source": Consent.Source.FORM, "note": f"{page}, form {join.pk}", "at": join.asked_at, **about}
    by_text = {"source": Consent.Source.KEYWORD, "note": f"replied START to form {join.pk}", "at": now, **about}
    point, email = join.contact_point, join.email_point
    consent.record(point, channel=Channel.SMS, **form)
    consent.record(point, channel=Channel.SMS, **by_text)
    if email is not None and people.belongs(join.entry.patient, email, now=now) and email.stopped_at is None:
        consent.record(email, channel=Channel.EMAIL, **form)


def _waits_no_more_for_it(join: Join, to: EntryStatus, *, now: datetime) -> None:
    """The wish begins or ends, unless staff have done something with it since."""
    if not join.is_new:
        return
    rows = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=join.entry_id, status=EntryStatus.PAUSED)
    entry = rows.filter(paused_until=None, closes_at=None).first()
    if entry is not None:
        (entries.resume if to == EntryStatus.ACTIVE else entries.remove)(entry, now=now)
        live.hint(entry.clinic_id, "waitlist")
