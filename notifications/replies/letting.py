"""Whoever wants to hear no more, or not for now, is not waited for: what is open for them goes to somebody else."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching import claims
from matching.models import Offer
from notifications import consent
from notifications.models import ContactPoint
from notifications.replies.told import open_offers

BY_THEMSELVES = ("reply", "call")


def let_go(point: ContactPoint, *, via: str, now: datetime) -> None:
    """Said of this number or address, it holds for every clinic behind the sender; said on it by themselves, also for
    what they were asked elsewhere."""
    by_themselves = via in BY_THEMSELVES
    for one in consent.on_one_line(point):
        for offer in open_offers(one, of_its_users=by_themselves):
            with _as_they_say(offer) if by_themselves else nullcontext():
                claims.decline(offer.pk, reason="", via=via, now=now)


def _as_they_say(offer: Offer) -> AbstractContextManager[Actor]:
    return trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id))
