"""The calendar files that go with an e-mail: an invitation with a booking, its end with a cancellation (RFC 5546).

SEQUENCE is twice the number of e-mails about the visit written before this one. Rows of the outbox are never deleted
and are written under the lock of what they are about, so it only grows, each e-mail has its own, a retry has the same
again, and one that is delivered late is older than what its calendar has. It needs no column to be kept right. The odd
number between two is for the visit given up in a swap: the e-mail that ends it is about another.
"""

from dataclasses import dataclass

from notifications.models import ContactPoint, Message
from notifications.states import REACHED_CARRIER, Channel, Kind
from waitlist import ics
from waitlist.models import Appointment

INVITING = (Kind.BOOKED, Kind.CHANGED, Kind.MOVED)
ENDING = (Kind.CANCELLED, Kind.ENDED, Kind.LOST, Kind.GONE, Kind.APOLOGY)


@dataclass(frozen=True)
class Invite:
    """A calendar file and its iTIP method."""

    method: str
    content: bytes
    name: str = "appointment.ics"


def of(message: Message) -> tuple[Invite, ...]:
    """The files of this e-mail, that of its own visit first; an end only where they have had the invitation."""
    visit = message.appointment
    if visit is None or message.channel != Channel.EMAIL or message.kind not in (*INVITING, *ENDING):
        return ()
    point = message.contact_point
    if point is None:
        return ()
    sequence = 2 * _before(message, visit)
    if message.kind == Kind.MOVED and message.offer_id is None:
        return ()  # a visit their own system invited them to
    if message.kind in INVITING:
        content = ics.request(visit, point.value, sequence=sequence, at=message.created_at)
        return (Invite("REQUEST", content), *_given_up(message, point))
    if _was_invited(message, visit, point):
        return (Invite("CANCEL", ics.cancel(visit, point.value, sequence=sequence, at=message.created_at)),)
    return ()


def newest_sequence(visit: Appointment) -> int:
    """Of a file that is downloaded now: as high as the next e-mail's."""
    return 2 * Message.objects.filter(appointment=visit, channel=Channel.EMAIL).count()


def _given_up(message: Message, point: ContactPoint) -> tuple[Invite, ...]:
    """The end of the later visit that this yes was swapped for."""
    later = message.offer.gave_up if message.offer is not None and message.kind == Kind.BOOKED else None
    if later is None or not _was_invited(message, later, point):
        return ()
    sequence = 2 * _before(message, later) - 1
    content = ics.cancel(later, point.value, sequence=sequence, at=message.created_at)
    return (Invite("CANCEL", content, "cancelled.ics"),)


def _before(message: Message, visit: Appointment) -> int:
    return Message.objects.filter(appointment=visit, channel=Channel.EMAIL, pk__lt=message.pk).count()


def _was_invited(message: Message, visit: Appointment, point: ContactPoint) -> bool:
    """Whether this address has, or perhaps has, an invitation to it."""
    mine = Message.objects.filter(appointment=visit, contact_point=point, channel=Channel.EMAIL, pk__lt=message.pk)
    return mine.filter(kind__in=INVITING, status__in=REACHED_CARRIER).exists()
