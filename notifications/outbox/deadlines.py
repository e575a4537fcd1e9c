"""Until when an offer may be answered: as promised, later where they heard of it later, never shorter.

Whoever changes the row is `matching.asking.clocks`; here it is only worked out, for a text about to be written too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from matching.models import Offer
from matching.policy.ends import answers_end_at
from notifications import asked, outages, rules
from notifications.models import Message, Outage
from notifications.states import REACHED_CARRIER, UNFINISHED, Kind, MessageStatus
from waitlist.models import Slot

NO_RECEIPT = timedelta(seconds=60)  # some carriers send none: then they have heard of it by then


def heard_at(messages: Iterable[Message]) -> datetime | None:
    """When they heard of it first: by receipt, or a minute after it was sent; None while nothing went out."""
    went_out = (MessageStatus.SENT, MessageStatus.DELIVERED)
    told = [message for message in messages if message.status in went_out and message.sent_at is not None]
    return min((one.delivered_at or one.sent_at + NO_RECEIPT for one in told if one.sent_at), default=None)


def by_channels(messages: Sequence[Message]) -> list[str]:
    """The channels this offer hangs on: those of its messages, but for one who has been told by another."""
    channels = {message.channel for message in messages}
    reached = {message.channel for message in messages if message.status in REACHED_CARRIER}
    return [channel for channel in channels if not reached - {channel}]


def lost_time(
    offer: Offer, messages: Sequence[Message], known: Iterable[Outage], *, so_far: datetime | None = None
) -> timedelta:
    """How long their clock stood still in these outages, as far as it is not in the row; in one of now, `so_far`."""
    made_at = offer.thawed_to or offer.offered_at
    return outages.lost_time(known, by_channels(messages), made_at=made_at, until=offer.expires_at, so_far=so_far)


def until(
    offer: Offer,
    slot: Slot,
    messages: Sequence[Message],
    *,
    lost: timedelta = timedelta(),
    heard_at: datetime | None = None,
) -> datetime:
    """The later of the promised deadline, put on by what was `lost`, and their window from hearing of it on.

    Nights do not count, and nobody may answer past the slot's own end."""
    moments = [offer.expires_at]
    if lost:
        moments.append(_after(offer, slot, messages, offer.expires_at, lost))
    if heard_at is not None and offer.window_minutes:
        moments.append(_after(offer, slot, messages, heard_at, timedelta(minutes=offer.window_minutes)))
    return max(offer.expires_at, min(max(moments), answers_end_at(slot)))


def present(offer: Offer, *, now: datetime) -> datetime:
    """Its deadline as it would be if an outage of now ended now."""
    known = outages.since(offer.thawed_to or offer.offered_at)
    if not known:
        return offer.expires_at
    rows = list(asked.of([offer]).select_related("contact_point"))
    slot = Slot.objects.select_related("clinic", "location", "service", "policy").get(pk=offer.slot_id)
    return until(offer, slot, rows, lost=lost_time(offer, rows, known, so_far=now))


def refresh(messages: Iterable[Message], *, now: datetime) -> None:
    """Texts about to be written name the present deadline, and may go as long as a clock that stands still lasts."""
    asking = [message for message in messages if message.kind == Kind.OFFER and message.not_after is not None]
    began = [one.offer.thawed_to or one.offer.offered_at for one in asking if one.offer is not None]
    if not began or not outages.since(min(began)):
        return
    for message in asking:
        _refresh(message, now=now)


def _refresh(message: Message, *, now: datetime) -> None:
    offer = message.offer
    if offer is None or message.not_after is None:
        return
    ends_at = present(offer, now=now)
    if ends_at > offer.expires_at:
        message.not_after = max(message.not_after, ends_at)
    printed = message.context.get("expires_at")
    if printed is not None and ends_at > datetime.fromisoformat(printed):
        message.context = {**message.context, "expires_at": ends_at.isoformat()}


def follow(offers: Iterable[Offer]) -> None:
    """What has not gone out may go as long as its offer lasts."""
    unsent = Message.objects.filter(offer__in=offers, kind=Kind.OFFER, status__in=UNFINISHED)
    ends_at = Subquery(Offer.objects.filter(pk=OuterRef("offer")).values("expires_at"))
    unsent.filter(not_after__lt=ends_at).update(not_after=ends_at)


def _after(offer: Offer, slot: Slot, messages: Sequence[Message], start: datetime, window: timedelta) -> datetime:
    """`window` after `start`, the nights of a phone not counted."""
    phone = next((one.contact_point for one in messages if one.channel in rules.PHONE and one.contact_point), None)
    if phone is None:
        return start + window
    return rules.answer_by(
        slot.clinic, offer.patient, phone.value, place_state=slot.location.state, start=start, window=window
    )
