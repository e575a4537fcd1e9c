"""What Twilio asks and tells us of a call: who picked up, which key was pressed, how it ended. Nothing unsigned is
heard, and nothing acts on a GET."""

import re
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from twilio.twiml.voice_response import Say, VoiceResponse

from notifications import calls
from notifications.calls import SILENCE, Spoken, Stage
from notifications.models import Message
from notifications.rendering import voice
from notifications.webhooks.door import of_twilio

VOICES = {"en-US": "Polly.Joanna", "es-US": "Polly.Lupe"}
WAITS_SECONDS = 6
NUMBER = re.compile(r"(\(\d{3}\) \d{3}-\d{4})")


@of_twilio
def picked_up(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Somebody, or something, answers the call."""
    message = calls.find(public_id)
    if message is None:
        return _say(SILENCE)
    said = calls.pick_up(
        message, call_id=_call_id(request), answered_by=request.POST.get("AnsweredBy", ""), now=timezone.now()
    )
    return _say(said, message)


@of_twilio
def key(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A key was pressed, or none for some seconds."""
    message = calls.find(public_id)
    if message is None:
        return _say(SILENCE)
    stage = Stage(said=_number(request, "said"), wrong=_number(request, "wrong"))
    pressed = request.POST.get("Digits", "")[:1]
    return _say(calls.press(message, pressed, stage, call_id=_call_id(request), now=timezone.now()), message)


@of_twilio
def call_ended(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How it ended. A call we do not know is none of our business, and no fault of Twilio's."""
    calls.ended(
        public_id,
        call_id=_call_id(request),
        status=request.POST.get("CallStatus", ""),
        sip=request.POST.get("SipResponseCode", ""),
        answered_by=request.POST.get("AnsweredBy", ""),
        now=timezone.now(),
    )
    return HttpResponse(status=200)


def _say(said: Spoken, message: Message | None = None) -> HttpResponse:
    """As TwiML: said within the wait for a key, so that nobody has to hear it out; without a stage, then hung up."""
    answer = VoiceResponse()
    if message is not None and said.stage is not None:
        asked = urlencode({"said": said.stage.said, "wrong": said.stage.wrong})
        answer.gather(
            input="dtmf",
            num_digits=1,
            timeout=WAITS_SECONDS,
            action=f"{settings.PUBLIC_URL}/api/twilio/call/{message.public_id}/key/?{asked}",
            method="POST",
            action_on_empty_result=True,
        ).append(_spoken(said.words, voice.tag(message)))
    elif message is not None and said.words:
        answer.append(_spoken(said.words, voice.tag(message), said.slowly))
    if said.stage is None:
        answer.hangup()
    return HttpResponse(str(answer), content_type="text/xml")


def _spoken(words: str, language: str, slowly: str = "") -> Say:
    """Read out, a phone number digit by digit, what is to be written down slowly."""
    say = Say(voice=VOICES[language], language=language)
    marked = re.compile(f"{NUMBER.pattern}|({re.escape(slowly)})") if slowly else NUMBER
    for part in filter(None, marked.split(words)):
        if NUMBER.fullmatch(part):
            say.say_as(part, interpret_as="telephone")
        elif part == slowly:
            say.prosody(part, rate="slow")
        else:
            say.append(part)
    return say


def _call_id(request: HttpRequest) -> str:
    return request.POST.get("CallSid", "")[:64]


def _number(request: HttpRequest, name: str) -> int:
    """Of a stage, from the address we made ourselves."""
    value = request.GET.get(name, "")
    return min(int(value), 9) if value.isdecimal() and len(value) < 3 else 1
