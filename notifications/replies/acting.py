"""Acting on a text: which offer it is about, what becomes of it, and what to answer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from audit import trail
from audit.models import ActorKind
from audit.trail import Actor
from matching import claims
from matching.claims import Claim
from matching.models import Offer
from matching.states import BY_PATIENT, OfferState
from notifications import consent
from notifications.models import ContactPoint, InboundMessage, Message
from notifications.replies.answers import answer
from notifications.replies.meaning import Meaning, Said, understand
from notifications.states import REACHED_CARRIER, Kind, MessageStatus
from waitlist.live import hint
from waitlist.states import LIVE_SLOT_STATES, WAITING_STATUSES

REMEMBERED = timedelta(hours=48)  # how long after an offer a bare yes or no is about it
QUESTION_STANDS = timedelta(hours=12)
LEFT_OVER = timedelta(seconds=20)
STILL_MATTERS = timedelta(hours=24)
CHOICES = 3
ASK_WHICH = {Meaning.YES: "which", Meaning.NO: "which_no"}
NEWS = (Kind.BOOKED, Kind.RETRACTED, Kind.WITHDRAWN, Kind.CANCELLED, Kind.ENDED, Kind.LOST, Kind.GONE, Kind.APOLOGY)
ANY = Q()
MAY_BE_TAKEN = Q(entry=None) | Q(entry__status__in=WAITING_STATUSES) | ~Q(state__in=BY_PATIENT)


def unhandled(*, now: datetime, limit: int) -> list[int]:
    """Texts kept but not acted on: a worker died in between."""
    rows = InboundMessage.objects.filter(handled_at=None, received_at__range=(now - STILL_MATTERS, now - LEFT_OVER))
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:limit])


def handle(heard_id: int, *, now: datetime) -> None:
    """Do what was asked and answer it. Safe to repeat: a claim is claimed once, an answer exists once."""
    heard = InboundMessage.objects.select_related("clinic", "contact_point", "offer").get(pk=heard_id)
    said = understand(heard.text)
    if said.meaning == Meaning.STOP:
        for point in consent.on_one_line(heard.contact_point):
            for open_one in live_offers(point, now=now):
                _decline(open_one, now=now)
        return _finish(heard, None, now=now)
    if said.meaning in (Meaning.START, Meaning.HELP):
        name = "started" if said.meaning == Meaning.START else "help"
        return _finish(heard, None if heard.already_answered else name, now=now)
    return _about_an_offer(heard, said, now=now)


def _about_an_offer(heard: InboundMessage, said: Said, *, now: datetime) -> None:
    asked = _question(heard, now=now)
    meaning = said.meaning
    if asked is not None and meaning == Meaning.UNCLEAR and said.number is not None:
        meaning = Meaning.NO if asked.context["answer"] == ASK_WHICH[Meaning.NO] else Meaning.YES
    live = live_offers(heard.contact_point, now=now)
    if meaning == Meaning.UNCLEAR:
        return _not_understood(heard, live, now=now)
    if meaning == Meaning.YES:
        return _take(heard, _chosen(asked, said.number), now=now)
    if meaning == Meaning.NO and said.everything:
        for open_one in live:
            _decline(open_one, now=now)
        return _finish(heard, "declined_all" if live else "nothing", now=now)
    offer = _chosen(asked, said.number) or (live[0] if len(live) == 1 else None)
    if offer is None and len(live) > 1:
        return _ask_which(heard, live, ASK_WHICH[Meaning.NO], now=now)
    offer = offer or _latest(heard, now=now)
    if offer is None:
        return _finish(heard, "nothing", now=now)
    return _finish(heard, _words(meaning, _decline(offer, now=now)), offer=offer, meaning=meaning, now=now)


def _take(heard: InboundMessage, offer: Offer | None, *, now: datetime) -> None:
    """Yes, to this offer; a bare yes to the only one there is. After news of another time it may be mere thanks:
    then it books nothing by itself."""
    if heard.offer is not None and (heard.offer.state, heard.offer.answered_by) == (OfferState.ACCEPTED, "reply"):
        return _finish(heard, None, offer=heard.offer, meaning=Meaning.YES, now=now)  # by this text, before we died
    if offer is None:
        live = live_offers(heard.contact_point, MAY_BE_TAKEN, now=now)
        news = _news(heard, now=now)
        if len(live) > 1 or (live and news):
            return _ask_which(heard, live, "another" if news else ASK_WHICH[Meaning.YES], now=now)
        offer = live[0] if live else news.offer if news else _latest(heard, MAY_BE_TAKEN, now=now)
    if offer is None:
        return _finish(heard, "nothing", now=now)
    if offer.state != OfferState.ACCEPTED:  # so that it is known, whoever dies now, which text took it
        InboundMessage.objects.filter(pk=heard.pk).update(offer=offer)
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        outcome = claims.claim(offer.pk, via="reply", now=now)
    words = "finish" if outcome == Claim.OPEN and offer.slot.service.details_prompt else _words(Meaning.YES, outcome)
    return _finish(heard, words, offer=offer, meaning=Meaning.YES, now=now)


def _words(meaning: Meaning, outcome: Claim) -> str | None:
    """Which answer says this. A booking is confirmed by its own message."""
    if outcome == Claim.BOOKED:
        return None
    if outcome == Claim.DECLINED and meaning == Meaning.YES:
        return "passed"
    return Claim.BUSY.value if outcome == Claim.OPEN else outcome.value


def live_offers(point: ContactPoint, only: Q = ANY, *, now: datetime) -> list[Offer]:
    """Offers this number was told of and can still answer, in the order of their times."""
    told = _told(point).filter(only, state=OfferState.PENDING, expires_at__gt=now, slot__state__in=LIVE_SLOT_STATES)
    return list(told.order_by("slot__starts_at", "pk"))


def _told(point: ContactPoint) -> QuerySet[Offer]:
    messages = Message.objects.filter(contact_point=point, kind=Kind.OFFER, status__in=REACHED_CARRIER)
    return Offer.objects.filter(pk__in=messages.values("offer")).select_related("slot__location__clinic", "patient")


def _latest(heard: InboundMessage, only: Q = ANY, *, now: datetime) -> Offer | None:
    """The last offer they heard of: a late yes may still be in time."""
    lately = _told(heard.contact_point).filter(only, offered_at__gt=now - REMEMBERED)
    return lately.order_by("-offered_at", "-pk").first()


def _news(heard: InboundMessage, *, now: datetime) -> Message | None:
    """What became of an offer, if that is the last they were told; also while it is only on its way to them."""
    told = Q(kind=Kind.OFFER, status__in=REACHED_CARRIER) | Q(kind__in=NEWS) & ~Q(status=MessageStatus.DROPPED)
    rows = Message.objects.filter(told, contact_point=heard.contact_point_id, created_at__gt=now - REMEMBERED)
    by_time = rows.order_by(Coalesce("sent_at", "created_at").desc(), "-pk")
    message = by_time.select_related("offer__slot", "offer__patient").first()
    return message if message is not None and message.kind != Kind.OFFER else None


def _question(heard: InboundMessage, *, now: datetime) -> Message | None:
    """Our last question to this number, if it asked for one of several."""
    last = Message.objects.filter(
        contact_point=heard.contact_point_id, kind=Kind.ANSWER, created_at__gt=now - QUESTION_STANDS
    )
    question = last.order_by("-pk").first()
    return question if question is not None and "choices" in question.context else None


def _chosen(asked: Message | None, number: int | None) -> Offer | None:
    if asked is None or number is None or not 1 <= number <= len(asked.context["choices"]):
        return None
    chosen = asked.context["choices"][number - 1]["offer"]
    return Offer.objects.select_related("slot", "patient").get(pk=chosen)


def _ask_which(heard: InboundMessage, live: list[Offer], name: str, *, now: datetime) -> None:
    """Which of them, by time; where two are at the same time, for two of a family, only their links tell them apart."""
    if len({offer.slot.starts_at for offer in live[:CHOICES]}) < len(live[:CHOICES]):
        return _finish(heard, "alike", now=now)
    choices = [
        {
            "offer": offer.pk,
            "starts_at": offer.slot.starts_at.isoformat(),
            "zone": offer.slot.location.zone.key,
        }
        for offer in live[:CHOICES]
    ]
    _finish(heard, name, choices=choices, now=now)


def _not_understood(heard: InboundMessage, live: list[Offer], *, now: datetime) -> None:
    """With an offer open we say how to answer; else somebody reads it, and we answer once a day."""
    if live:
        return _finish(heard, "unclear", offer=live[0] if len(live) == 1 else None, now=now)
    lately = Message.objects.filter(
        contact_point=heard.contact_point_id, kind=Kind.ANSWER, created_at__gt=now - timedelta(days=1)
    )
    return _finish(heard, None if lately.exists() else "nothing", now=now)


def _decline(offer: Offer, *, now: datetime) -> Claim:
    with trail.acting(Actor(kind=ActorKind.PATIENT, ref=offer.patient_id)):
        return claims.decline(offer.pk, reason="", via="reply", now=now)


@transaction.atomic(durable=True)
def _finish(
    heard: InboundMessage,
    name: str | None,
    *,
    now: datetime,
    offer: Offer | None = None,
    meaning: Meaning | None = None,
    choices: list[dict[str, object]] | None = None,
) -> None:
    """Note that it was acted on, with its answer, in one transaction."""
    fields = {"handled_at": now, "offer": offer, "meaning": meaning or heard.meaning}
    if not InboundMessage.objects.filter(pk=heard.pk, handled_at=None).update(**fields):
        return
    if fields["meaning"] != heard.meaning:  # “1” means nothing before we know what was asked
        changes = {"meaning": fields["meaning"], "offer": offer.pk if offer else None}
        trail.record("message.understood", heard, now=now, clinic_id=heard.clinic_id, changes=changes)
    if name is not None:
        about = {"choices": choices} if choices else {}
        answer(heard, Kind.ANSWER, offer=offer, answer=name, now=now, **about)
    hint(heard.clinic_id, "board")
