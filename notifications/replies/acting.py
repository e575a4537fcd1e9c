"""Acting on a text: what it is about, what becomes of that, and what to answer."""

from datetime import datetime, timedelta

from matching import claims
from matching.claims import Claim
from matching.models import Offer
from notifications.models import InboundMessage, Message
from notifications.replies import closed, letting, named, openings, questions, still, stopping, taking, told, visits
from notifications.replies.finishing import finish
from notifications.replies.meaning import Meaning, Said, remembered, understand
from notifications.states import Kind

LEFT_OVER = timedelta(seconds=20)
STILL_MATTERS = timedelta(hours=24)
ONCE_A_DAY = timedelta(days=1)
WHO_STANDS = timedelta(days=7)


def unhandled(*, now: datetime, limit: int) -> list[int]:
    """Texts kept but not acted on: a worker died in between."""
    rows = InboundMessage.objects.filter(handled_at=None, received_at__range=(now - STILL_MATTERS, now - LEFT_OVER))
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:limit])


def handle(heard_id: int, *, now: datetime) -> None:
    """Do what was asked and answer it. Safe to repeat: a claim is claimed once, an answer exists once."""
    heard = InboundMessage.objects.select_related("clinic", "contact_point__clinic", "offer").get(pk=heard_id)
    said = remembered(heard.text, heard.meaning)
    if said.meaning in stopping.ENDINGS:  # honoured when the text was kept (replies.inbox)
        letting.let_go(heard.contact_point, via="reply", now=now)
        return finish(heard, None, now=now)
    if said.meaning in (Meaning.START, Meaning.HELP):
        name = stopping.welcome(heard) if said.meaning == Meaning.START else "help"
        return finish(heard, None if heard.already_answered else name, now=now)
    if said.meaning == Meaning.WHO:
        return finish(heard, None if _was_answered(heard, "who", since=now - WHO_STANDS) else "who", now=now)
    if heard.meaning in still.SAID:  # by this text, before we died
        return still.answered(heard, Meaning(heard.meaning), now=now)
    found = named.find(heard.contact_point, heard.text, now=now)
    return _about_something(heard, said, now=now) if found is None else _by_code(heard, found, now=now)


def _by_code(heard: InboundMessage, found: named.Named, *, now: datetime) -> None:
    """What their code names is what they mean; with no word that we know, how to answer."""
    said = understand(found.rest)
    if said.meaning in (Meaning.YES, Meaning.CONFIRM):
        mine = visits.reminder_of(heard, found.visit, now=now)
        if mine is not None:
            return visits.confirm(heard, mine, now=now)
        if found.offer is not None:
            return taking.take(heard, found.offer, now=now)
    if said.meaning == Meaning.NO and found.visit is not None:
        return visits.cannot_come(heard, found.visit, now=now)
    if said.meaning == Meaning.NO and found.offer is not None:
        return taking.turn_down(heard, found.offer, said, now=now)
    if found.offer is None:
        return _not_understood(heard, [], now=now)
    outcome = claims.outcome(found.offer, now=now)
    name = "code" if outcome == Claim.OPEN else taking.words(Meaning.NO, outcome)
    return finish(heard, name, offer=found.offer, now=now)


def _about_something(heard: InboundMessage, said: Said, *, now: datetime) -> None:
    point = heard.contact_point
    question = questions.asked(point, now=now)
    meaning = said.meaning
    if question is not None and meaning == Meaning.UNCLEAR and said.number is not None:
        meaning = questions.meant(question)
    live = told.live_offers(point, now=now)
    chosen = questions.chosen(question, said.number)
    if chosen is None and still.is_meant(heard, meaning, live, now=now):
        return still.answered(heard, meaning, now=now)
    if meaning == Meaning.KEEP or (chosen is None and still.is_for_staff(heard, meaning, live, now=now)):
        heard.meaning = meaning = Meaning.UNCLEAR
    if meaning == Meaning.UNCLEAR:
        return _not_understood(heard, live, now=now)
    if meaning == Meaning.NO and said.everything:
        for open_one in live:
            taking.decline(open_one, said, now=now)
        return finish(heard, "declined_all", now=now) if live else openings.say(heard, now=now)
    if isinstance(chosen, Message):
        return visits.answered(heard, chosen, meaning, now=now)
    if meaning == Meaning.CONFIRM:
        return visits.confirm_any(heard, now=now)
    if chosen is None and visits.are_meant(heard, meaning, live, now=now):
        return None
    if meaning == Meaning.YES:
        return taking.take(heard, chosen, now=now)
    return taking.say_no(heard, chosen, live, said, now=now)


def _not_understood(heard: InboundMessage, live: list[Offer], *, now: datetime) -> None:
    """With an offer open we say how to answer; at night, when somebody reads it; else what is open, once a day."""
    if live:
        return finish(heard, "unclear", offer=live[0] if len(live) == 1 else None, now=now)
    if (opening := closed.opening(heard.contact_point, now=now)) is not None:
        return finish(heard, closed.NAME, now=now, **opening)
    if _was_answered(heard, since=now - ONCE_A_DAY):
        return finish(heard, None, now=now)
    return openings.say(heard, now=now)


def _was_answered(heard: InboundMessage, name: str = "", *, since: datetime) -> bool:
    """Whether this number has had an answer, or this one, since then."""
    answers = Message.objects.filter(contact_point=heard.contact_point_id, kind=Kind.ANSWER, created_at__gt=since)
    return (answers.filter(context__answer=name) if name else answers).exists()
