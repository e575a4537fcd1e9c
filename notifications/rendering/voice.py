"""What an automated call says, at content level 0: clinic, day, time and zone, the keys, where to call us.

Nothing names patient, provider or service. Who calls is said first and our number in the end, as the law has it
(47 CFR 64.1200(b)). Languages there are no words in yet hear English.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from notifications.models import Message
from notifications.rendering import facts
from notifications.rendering.spoken_times import moment

TAGS = {"en": "en-US", "es": "es-US"}
ENGLISH: Mapping[str, str] = {
    "offer": "Hello, this is an automated call from {clinic}. A time has opened up: {when}. {keys}"
    " To speak with us, {call}.",
    "earlier": "Hello, this is an automated call from {clinic}. An earlier time has opened up: {when}. {keys}"
    " To speak with us, {call}.",
    "keys": "To take it, press 1. To pass, press 2. To get no more calls or texts from us, press 9.",
    "keys_earlier": "To move your visit to it, press 1. To keep the visit you have, press 2."
    " To get no more calls or texts from us, press 9.",
    "who": "Hello, this is an automated call from {clinic}. To hear it, press any key.",
    "again": "Once more: {when} has opened up at {clinic}. {keys} To speak with us, {call}.",
    "wrong": "Sorry, that key does nothing here. {keys}",
    "goodbye": "That is fine. You keep your place in line. To speak with us, {call}. Goodbye.",
    "not_now": "Sorry to have disturbed you. Goodbye.",
    "booked": "Thank you, it is yours: {when}. Once more: {when}. We look forward to seeing you. For questions or"
    " changes, {call}. Goodbye.",
    "yours": "It is yours already: {when}. Once more: {when}. For questions or changes, {call}. Goodbye.",
    "taken": "Sorry, {when} has just been taken. You keep your place in line. To speak with us, {call}. Goodbye.",
    "busy": "Somebody else is just confirming {when}. It may still come free. {keys}",
    "busy_bye": "Somebody else is just confirming {when}. You keep your place in line."
    " To speak with us, {call}. Goodbye.",
    "held": "Thank you. We keep {when} for you for a few minutes. One question is left: we are texting you a link"
    " to answer it. To speak with us, {call}. Goodbye.",
    "held_call": "Thank you. We keep {when} for you for a few minutes. One question is left: to answer it, {call}."
    " Goodbye.",
    "finish": "{when} is still open, and yours once you answer one question: we are texting you a link."
    " To speak with us, {call}. Goodbye.",
    "finish_call": "{when} is still open, and yours once you answer one question: to do so, {call}. Goodbye.",
    "expired": "Sorry, the time to answer for {when} is over. You keep your place in line."
    " To speak with us, {call}. Goodbye.",
    "withdrawn": "Sorry, {when} is no longer open. You keep your place in line. To speak with us, {call}. Goodbye.",
    "declined": "Thank you, we will ask somebody else. You keep your place in line. To speak with us, {call}. Goodbye.",
    "passed": "You have passed on {when}. To have it after all, {call}. Goodbye.",
    "conflict": "Sorry, {when} cannot be booked for you. To speak with us, {call}. Goodbye.",
    "lost": "Sorry, {when} is cancelled. To speak with us, {call}. Goodbye.",
    "stopped": "You will get no more calls or texts from {clinic} at this number, and no offers by"
    " e-mail. To speak with us, {call}. Goodbye.",
    "call": "call {phone}",
    "call_us": "call us",
}
SPANISH: Mapping[str, str] = {
    "offer": "Hola, esta es una llamada automática de {clinic}. Se ha liberado un horario: {when}. {keys}"
    " Para hablar con nosotros, {call}.",
    "earlier": "Hola, esta es una llamada automática de {clinic}. Se ha liberado un horario más temprano: {when}."
    " {keys} Para hablar con nosotros, {call}.",
    "keys": "Para tomarlo, oprima 1. Para dejarlo pasar, oprima 2."
    " Para no recibir más llamadas ni mensajes nuestros, oprima 9.",
    "keys_earlier": "Para cambiar su cita a ese horario, oprima 1. Para conservar la cita que tiene, oprima 2."
    " Para no recibir más llamadas ni mensajes nuestros, oprima 9.",
    "who": "Hola, esta es una llamada automática de {clinic}. Para escucharla, oprima cualquier tecla.",
    "again": "Una vez más: en {clinic} se ha liberado {when}. {keys} Para hablar con nosotros, {call}.",
    "wrong": "Lo sentimos, esa tecla no sirve aquí. {keys}",
    "goodbye": "Está bien. Usted conserva su lugar en la lista. Para hablar con nosotros, {call}. Adiós.",
    "not_now": "Disculpe la molestia. Adiós.",
    "booked": "Gracias, es suyo: {when}. Una vez más: {when}. Lo esperamos. Para preguntas o cambios, {call}. Adiós.",
    "yours": "Ya es suyo: {when}. Una vez más: {when}. Para preguntas o cambios, {call}. Adiós.",
    "taken": "Lo sentimos, alguien acaba de tomar {when}. Usted conserva su lugar en la lista."
    " Para hablar con nosotros, {call}. Adiós.",
    "busy": "Otra persona está confirmando {when}. Todavía puede quedar libre. {keys}",
    "busy_bye": "Otra persona está confirmando {when}. Usted conserva su lugar en la lista."
    " Para hablar con nosotros, {call}. Adiós.",
    "held": "Gracias. Le guardamos {when} unos minutos. Falta una pregunta: le enviamos por mensaje un enlace"
    " para contestarla. Para hablar con nosotros, {call}. Adiós.",
    "held_call": "Gracias. Le guardamos {when} unos minutos. Falta una pregunta: para contestarla, {call}. Adiós.",
    "finish": "{when} sigue libre, y es suyo en cuanto conteste una pregunta: le enviamos un enlace por mensaje."
    " Para hablar con nosotros, {call}. Adiós.",
    "finish_call": "{when} sigue libre, y es suyo en cuanto conteste una pregunta: para eso, {call}. Adiós.",
    "expired": "Lo sentimos, ya pasó el tiempo para contestar por {when}. Usted conserva su lugar en la lista."
    " Para hablar con nosotros, {call}. Adiós.",
    "withdrawn": "Lo sentimos, {when} ya no está disponible. Usted conserva su lugar en la lista."
    " Para hablar con nosotros, {call}. Adiós.",
    "declined": "Gracias, preguntaremos a otra persona. Usted conserva su lugar en la lista."
    " Para hablar con nosotros, {call}. Adiós.",
    "passed": "Usted dejó pasar {when}. Si lo quiere después de todo, {call}. Adiós.",
    "conflict": "Lo sentimos, no podemos reservarle {when}. Para hablar con nosotros, {call}. Adiós.",
    "lost": "Lo sentimos, {when} está cancelado. Para hablar con nosotros, {call}. Adiós.",
    "stopped": "No recibirá más llamadas ni mensajes de {clinic} en este número, ni ofertas por correo."
    " Para hablar con nosotros, {call}. Adiós.",
    "call": "llame al {phone}",
    "call_us": "llámenos",
}
WORDS = {"en": ENGLISH, "es": SPANISH}


def render(message: Message) -> str:
    """What whoever picks up hears first, kept with the message."""
    return say("earlier" if message.context.get("moves_visit") else "offer", message)


def say(name: str, message: Message) -> str:
    """One of the sentences of a call, in the patient's language."""
    language = of(message)
    words, known = WORDS[language], facts.of(message)
    phone = known["phone"]
    filled = words[name].format(
        clinic=known["clinic"],
        when=when(message),
        keys=words["keys_earlier" if message.context.get("moves_visit") else "keys"],
        call=words["call" if phone else "call_us"].format(phone=phone),
    )
    return filled[:1].upper() + filled[1:]


def of(message: Message) -> str:
    """The language its words are in."""
    language = str(message.context.get("language", ""))[:2]
    return language if language in WORDS else "en"


def tag(message: Message) -> str:
    """The same for a voice that reads them."""
    return TAGS[of(message)]


def when(message: Message) -> str:
    """Day, time and zone of what it is about, as they are said."""
    context, language = message.context, of(message)
    if "starts_at" not in context:
        return ""
    zone = ZoneInfo(context["zone"])
    starts_at = datetime.fromisoformat(context["starts_at"]).astimezone(zone)
    return moment(starts_at, context["zone"], language, today=message.next_attempt_at.astimezone(zone).date())
