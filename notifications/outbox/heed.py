"""What every attempt says of the provider itself: gone, back, or no word about it."""

from collections.abc import Sequence
from datetime import datetime

from notifications import outages
from notifications.channels import Outcome, Result
from notifications.models import Message
from notifications.states import Channel, OutageCause

OURS = {"internal", "no_words", "held_up"}
OF_ONE_CLINIC = {"no_sender", "20404", "21212", "21408", "21606", "30034"}  # its number, not the provider
OF_THE_ACCOUNT = {"20003", "30002", "535", "TwilioException"}
WENT_OUT = (Outcome.SENT, Outcome.DELIVERED)
UNHEARD = (Outcome.NOT_SENT, Outcome.UNKNOWN, Outcome.MISCONFIGURED)


def heed(message: Message, result: Result, *, now: datetime) -> None:
    """Count what did not reach the provider; begin an outage, or end it with the first success."""
    if message.channel not in outages.WATCHED or result.code in OURS or _is_of_one_clinic(result):
        return
    if result.outcome not in UNHEARD:
        outages.reached(message)
        if result.outcome in WENT_OUT:
            outages.end(message.channel, now=now)
        return
    outages.not_reached(message, now=now)
    if message.channel in outages.out():
        return
    if result.outcome == Outcome.MISCONFIGURED and result.code in OF_THE_ACCOUNT:
        outages.begin(message.channel, OutageCause.ACCOUNT, now=now)
    elif began_at := outages.began_at(message.channel, now=now):
        outages.begin(message.channel, OutageCause.UNREACHABLE, started_at=began_at, now=now)


def heed_all(went_out: Sequence[tuple[Message, Result]], *, now: datetime) -> None:
    """The same for several that went out."""
    for message, _ in went_out:
        if message.unreached:
            outages.reached(message)
    for channel in {message.channel for message, _ in went_out} & set(outages.WATCHED):
        outages.end(channel, now=now)


def heed_look_up(message: Message, result: Result, *, now: datetime) -> None:
    """A carrier that was asked is as good as one that was told; of an e-mail nobody can be asked."""
    if message.channel == Channel.SMS:
        heed(message, result, now=now)


def _is_of_one_clinic(result: Result) -> bool:
    return result.outcome == Outcome.MISCONFIGURED and result.code in OF_ONE_CLINIC
