"""What somebody agrees to on their own page, by what it allows and in which language. Never changed: a new sentence
gets a new version."""

from waitlist.models import Clinic

NO_CONDITION = "I need not agree in order to be treated or to buy anything."
NO_CONDITION_ES = "No necesito aceptar para recibir tratamiento ni para comprar nada."
SENTENCES: dict[str, dict[str, str]] = {
    "offers:sms": {
        "en": (
            "I agree that {clinic} may text me at this number when a time opens up, by automated means: at most"
            " {weekly} offers a week, plus answers to what I write. Message and data rates may apply. Reply STOP to"
            f" end, HELP for help. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que {clinic} me envíe mensajes de texto a este número cuando haya un horario libre, por medios"
            " automáticos: como máximo {weekly} ofertas por semana, más las respuestas a lo que yo escriba. Pueden"
            " aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP para ayuda."
            f" {NO_CONDITION_ES}"
        ),
    },
    "offers:voice": {
        "en": (
            "I agree that {clinic} may call me at this number when a time opens up, by automated means and with a"
            f" recorded or artificial voice. Press 9 in a call to end it. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que {clinic} me llame a este número cuando haya un horario libre, por medios automáticos y con una"
            f" voz grabada o artificial. Pulse 9 durante una llamada para terminar. {NO_CONDITION_ES}"
        ),
    },
    "offers:email": {
        "en": (
            "I agree that {clinic} may e-mail me at this address when a time opens up, by automated means. Every e-mail"
            f" has a link that ends them. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que {clinic} me escriba a esta dirección de correo cuando haya un horario libre, por medios"
            f" automáticos. Cada correo tiene un enlace para terminar. {NO_CONDITION_ES}"
        ),
    },
    "reminders:sms": {
        "en": (
            "I agree that {clinic} may text me at this number about my visits, by automated means: reminders, and what"
            " changes. Message and data rates may apply. Reply STOP to end, HELP for help."
            f" {NO_CONDITION}"
        ),
        "es": (
            "Acepto que {clinic} me envíe mensajes de texto a este número sobre mis citas, por medios automáticos:"
            " recordatorios y cambios. Pueden aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP"
            f" para ayuda. {NO_CONDITION_ES}"
        ),
    },
    "reminders:email": {
        "en": (
            "I agree that {clinic} may e-mail me at this address about my visits, by automated means: reminders, and"
            f" what changes. Every e-mail has a link that ends them. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que {clinic} me escriba a esta dirección de correo sobre mis citas, por medios automáticos:"
            f" recordatorios y cambios. Cada correo tiene un enlace para terminar. {NO_CONDITION_ES}"
        ),
    },
    "detail:sms": {
        "en": (
            "I agree that texts of {clinic} to this number name me, whom I see and what for. Whoever sees my phone"
            f" could read it. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que los mensajes de texto de {clinic} a este número digan mi nombre, con quién es mi cita y para"
            f" qué. Quien vea mi teléfono podría leerlo. {NO_CONDITION_ES}"
        ),
    },
    "detail:email": {
        "en": (
            "I agree that e-mails of {clinic} to this address name me, whom I see and what for. Whoever opens my mail"
            f" could read it. {NO_CONDITION}"
        ),
        "es": (
            "Acepto que los correos de {clinic} a esta dirección digan mi nombre, con quién es mi cita y para qué."
            f" Quien abra mi correo podría leerlo. {NO_CONDITION_ES}"
        ),
    },
}


def version(grant: str, language: str) -> str:
    """own-offers-sms-1-es: which sentence stands on the page for this purpose:channel in this language."""
    spoken = language if language in SENTENCES[grant] else "en"
    return f"own-{grant.replace(':', '-')}-1{'' if spoken == 'en' else f'-{spoken}'}"


TEXTS = {version(grant, language): said for grant, each in SENTENCES.items() for language, said in each.items()}


def sentence(clinic: Clinic, grant: str, language: str) -> str:
    """As it stands on this clinic's page now."""
    return TEXTS[version(grant, language)].format(clinic=clinic.name, weekly=clinic.offers_per_week)
