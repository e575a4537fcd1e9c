"""Texts at content level 0: each fits one segment, its wording giving way before its facts do (decision R19)."""

import unicodedata
from functools import lru_cache

import smsutil
from django.conf import settings

from matching import tokens
from notifications.models import Message
from notifications.rendering import facts
from notifications.states import Kind

TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
SHORTEST_NAME = 8

# The first wording that fits is taken; a clinic's long name is cut before the way out is.
TEXTS: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: a time has opened up, {when}. Reply YES or tap {link} to take it, by {deadline}."
        " NO to pass, STOP to opt out.",
        "{clinic}: {when} is open. Reply YES or tap {link} by {deadline}. NO to pass, STOP to end.",
        "{clinic}: {when} is open. Reply YES or tap {link} by {deadline}. STOP to end",
        "{clinic}: {when}. Reply YES or tap {link} by {deadline}. STOP ends",
    ),
    Kind.RETRACTED: (
        "{clinic}: {when} has just been taken. You keep your place in line. Other times: {link} STOP to end.",
        "{clinic}: {when} was just taken. You keep your place. More: {link}",
        "{clinic}: {when} is taken. More: {link}",
    ),
    Kind.WITHDRAWN: (
        "{clinic}: sorry, {when} is no longer open. You keep your place in line.",
        "{clinic}: sorry, {when} is no longer open.",
    ),
    Kind.BOOKED: (
        "{clinic}: you are booked, {when}. Details or changes: {link} or call {phone}.",
        "{clinic}: you are booked, {when}. Details: {link}",
        "{clinic}: booked, {when}. {link}",
    ),
    Kind.CHANGED: (
        "{clinic}: your visit {when} is changed, the time stays. Details: {link} or call {phone}.",
        "{clinic}: your visit {when} is changed. Details: {link}",
        "{clinic}: changed, {when}. {link}",
    ),
    Kind.CANCELLED: (
        "{clinic}: your visit {when} is cancelled. You keep your place in line. Questions? Call {phone}.",
        "{clinic}: your visit {when} is cancelled. Questions? Call {phone}.",
    ),
    Kind.ENDED: (
        "{clinic}: your visit {when} is cancelled, as you asked. Details: {link} or call {phone}.",
        "{clinic}: your visit {when} is cancelled. Details: {link}",
        "{clinic}: {when} is cancelled. {link}",
    ),
    Kind.LOST: (
        "{clinic}: we are sorry, your visit {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: sorry, your visit {when} is cancelled. Other times: {link}",
        "{clinic}: sorry, {when} is cancelled. More: {link}",
    ),
    Kind.GONE: (
        "{clinic}: your visit {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: your visit {when} is cancelled. Other times: {link}",
        "{clinic}: {when} is cancelled. More: {link}",
    ),
    Kind.APOLOGY: (
        "{clinic}: we are sorry, {when} was taken already and is not yours after all."
        " Other times: {link} or call {phone}.",
        "{clinic}: so sorry, {when} was taken already. Other times: {link} or call {phone}.",
        "{clinic}: so sorry, {when} was taken already. More: {link}",
    ),
    Kind.REMINDER: (
        "{clinic}: your visit is {when}. Reply C to confirm. To change it: {link} or call {phone}. STOP to opt out.",
        "{clinic}: your visit is {when}. Reply C to confirm. Changes: {link} STOP to end",
        "{clinic}: visit {when}. C to confirm, changes: {link} STOP ends",
    ),
    Kind.STOPPED: (
        "{clinic}: you will get no more texts from us. Reply START if you want them again. Questions? Call {phone}.",
        "{clinic}: you will get no more texts from us. START brings them back.",
    ),
    Kind.OPT_IN: (
        "{clinic}: reply START to get a text when a time opens up, at most 3 a week. Rates may apply. STOP to opt out.",
        "{clinic}: reply START for texts when a time opens, at most 3 a week. STOP ends.",
    ),
}
EARLIER = (  # an offer to somebody who holds a later visit: their yes moves it
    "{clinic}: an earlier time is open, {when}. Reply YES or tap {link} by {deadline} to move your visit to it."
    " NO to pass, STOP to opt out.",
    "{clinic}: {when} is open. Reply YES or tap {link} by {deadline} to move your visit there. STOP to end",
    "{clinic}: move your visit up to {when}? Reply YES or tap {link} by {deadline}. STOP ends",
    "{clinic}: move to {when}? Reply YES or tap {link} by {deadline}. STOP ends",
)
ANSWERS: dict[str, tuple[str, ...]] = {
    "yours": ("{clinic}: {when} is yours already. Details: {link}", "{clinic}: {when} is yours. {link}"),
    "taken": (
        "{clinic}: sorry, {when} is taken. You keep your place. Other times: {link}",
        "{clinic}: sorry, {when} is taken. More: {link}",
    ),
    "busy": (
        "{clinic}: somebody is just confirming {when}. Look again in a minute: {link}",
        "{clinic}: somebody is confirming {when}. {link}",
    ),
    "held": (
        "{clinic}: {when} is held for you for a few minutes. One question is left: {link}",
        "{clinic}: {when} is held for you. Finish here: {link}",
    ),
    "finish": (
        "{clinic}: {when} is still open. It is yours once you answer one question: {link}",
        "{clinic}: {when} is open. Finish here: {link}",
    ),
    "expired": (
        "{clinic}: sorry, the time to answer for {when} is over. Other times: {link}",
        "{clinic}: sorry, too late for {when}. More: {link}",
    ),
    "lost": (
        "{clinic}: {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: {when} is cancelled. More: {link}",
    ),
    "withdrawn": ("{clinic}: sorry, {when} is no longer open. You keep your place in line.",),
    "declined": ("{clinic}: thank you, we will ask somebody else for {when}. You keep your place in line.",),
    "passed": ("{clinic}: you had passed on {when}. To have it after all, call {phone}.",),
    "declined_all": ("{clinic}: thank you, we will ask somebody else. You keep your place in line.",),
    "unclear": (
        "{clinic}: sorry, we did not understand. Reply YES to take the time we offered, NO to pass, or call {phone}.",
        "{clinic}: sorry? Reply YES, NO or STOP, or call {phone}.",
    ),
    "conflict": ("{clinic}: sorry, {when} cannot be booked for you. Please call {phone}.",),
    "nothing": ("{clinic}: thank you. No open time is waiting for your answer. Questions? Call {phone}.",),
    "which": ("{clinic}: which one? Reply {choices}.",),
    "another": (
        "{clinic}: thank you. To take another open time as well, reply {choices}.",
        "{clinic}: thank you. For another time reply {choices}.",
    ),
    "which_no": (
        "{clinic}: pass on which one? Reply NO and a number ({choices}) or NO ALL.",
        "{clinic}: NO to which? {choices}, or NO ALL.",
    ),
    "alike": (
        "{clinic}: you have texts from us about the same time. Their links show for whom it is: please answer there.",
        "{clinic}: for whom? Please answer by the link in the text.",
    ),
    "which_reminder": (
        "{clinic}: an open time, or the visit you have? Reply with a number: {choices}.",
        "{clinic}: which one? Reply {choices}.",
    ),
    "confirmed": ("{clinic}: thank you, we look forward to seeing you {when}.", "{clinic}: see you {when}."),
    "visit_no": (
        "{clinic}: your visit {when} still stands. To move or cancel it, use the link we sent or call {phone}.",
        "{clinic}: your visit {when} still stands. To change it call {phone}.",
    ),
    "code": (
        "{clinic}: {when} is open. Reply YES to take it, NO to pass, or see {link}",
        "{clinic}: {when} is open. YES or NO? {link}",
    ),
    "noted": (
        "{clinic}: thank you, noted. What that changes, and how to take it back: {link}",
        "{clinic}: thank you, noted. What changes: {link}",
    ),
    "open": (
        "{clinic}: thank you. No offer waits for your answer, but other times are open: {link}",
        "{clinic}: thank you. Other times are open: {link}",
    ),
    "open_call": (
        "{clinic}: thank you. No offer waits for your answer, but times are open. Call {phone}.",
        "{clinic}: thank you. Times are open. Call {phone}.",
    ),
    "who": (
        "{clinic} here: somebody with this number asked us to text when a time opens. STOP ends it. Call {phone}.",
        "{clinic} here: texts about open times. STOP ends. Call {phone}.",
    ),
    "after_hours": (
        "{clinic}: thank you. Nobody is at the desk now. We read your text {opens}. Urgent? Call {phone}.",
        "{clinic}: thank you. We read your text {opens}.",
    ),
    "started": ("{clinic}: you will get texts about open times again. STOP to opt out.",),
    "help": (
        "{clinic}: we text you when a time opens up. Reply YES to take it, NO to pass, STOP to opt out. Call {phone}.",
        "{clinic}: texts about open times. STOP ends. Call {phone}.",
    ),
}


def render(message: Message) -> str:
    """The text with {link} for the link: in one segment wherever its facts can be."""
    if message.kind == Kind.DESK:
        return plain(f"{facts.of(message)['clinic']}: {message.context['text']}")
    wordings = ANSWERS[message.context["answer"]] if message.kind == Kind.ANSWER else TEXTS[message.kind]
    if message.kind == Kind.OFFER and message.context.get("moves_visit"):
        wordings = EARLIER
    known = {name: plain(value) for name, value in facts.of(message).items()}
    for wording in wordings:
        if fits(text := wording.format(**known)):
            return text
    for name in shorter(known["clinic"]):
        if fits(text := wordings[-1].format(**{**known, "clinic": name})):
            return text
    return wordings[-1].format(**known)


def fill(text: str, message: Message) -> str:
    """The text as it goes out, its link filled in."""
    if "{link}" not in text:
        return text
    if message.kind == Kind.REMINDER and message.appointment_id is not None:
        return text.replace("{link}", tokens.visit_link(message.appointment_id))
    if message.offer is None:
        raise ValueError(f"{message} has a link and no offer.")
    return text.replace("{link}", tokens.link(message.offer.public_id))


def fits(text: str) -> bool:
    """Whether it is one segment with a link of the length ours have."""
    return segments(text) == 1


def segments(text: str) -> int:
    """How many a carrier counts, and charges for, with a link of the length ours have for {link}."""
    stand_in = f"{settings.PUBLIC_URL}/o/{'x' * 31}"
    return len(smsutil.split(text.replace("{link}", stand_in)).parts)


@lru_cache(maxsize=2_000)
def plain(text: str) -> str:
    """The same without letters that would halve the room, where those of GSM-7 can say it."""
    text = text.translate(TYPOGRAPHY)
    letters = "".join(letter if smsutil.is_valid_gsm(letter) else _base(letter) for letter in text)
    return letters if smsutil.is_valid_gsm(letters) else text


def shorter(name: str) -> list[str]:
    """A name cut at its words' ends, longest first; never below what can be recognised."""
    words = name.split()
    cuts = [" ".join(words[:count]) for count in range(len(words) - 1, 0, -1)]
    return [cut.rstrip(" &,-/") for cut in cuts if len(cut) >= SHORTEST_NAME] + [name[: 2 * SHORTEST_NAME].rstrip()]


def _base(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
