"""What people agreed to, by version. A sentence once used is never changed: a new one gets a new version."""

from notifications.consent import own_page
from waitlist.models import Clinic

READ_ALOUD, JOIN_PAGE = "staff-read-2", "join-1"
JOIN_PAGE_IN = {"es": "join-1-es"}
PROMPT, PROMPT_IN = "prompt-1", {"es": "prompt-1-es"}
TEXTS = {
    READ_ALOUD: (
        "May we text, e-mail or call you when an earlier time opens up? Texts and calls may be automated, with a "
        "recorded or artificial voice. It is no condition of being treated here, message rates may apply, and you can "
        "stop it at any time: reply STOP, press 9 in a call, or tell us."
    ),
    "staff-read-1": (
        "May we text or e-mail you when an earlier time opens up? It may be automated, it is no condition of being "
        "treated here, message rates may apply, and you can stop it at any time by replying STOP."
    ),
    JOIN_PAGE: (
        "I agree that {clinic} may text me at this number when a time opens up, by automated means: at most {weekly} "
        "offers a week, plus answers to what I write. Message and data rates may apply. Reply STOP to end, HELP for "
        "help. I need not agree in order to be treated or to buy anything. If I gave an e-mail address, I agree to the "
        "same by e-mail."
    ),
    JOIN_PAGE_IN["es"]: (
        "Acepto que {clinic} me envíe mensajes de texto a este número cuando haya un horario libre, por medios "
        "automáticos: como máximo {weekly} ofertas por semana, más las respuestas a lo que yo escriba. Pueden "
        "aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP para ayuda. No necesito aceptar "
        "para recibir tratamiento ni para comprar nada. Si di una dirección de correo, acepto lo mismo por correo."
    ),
    PROMPT: (
        "I agree that {clinic} may text me at the number it has of me when a time opens up, by automated means: at "
        "most {weekly} offers a week, plus answers to what I write. Message and data rates may apply. Reply STOP to "
        "end, HELP for help. I need not agree in order to be treated or to buy anything."
    ),
    PROMPT_IN["es"]: (
        "Acepto que {clinic} me envíe mensajes de texto al número que tiene de mí cuando haya un horario libre, por "
        "medios automáticos: como máximo {weekly} ofertas por semana, más las respuestas a lo que yo escriba. Pueden "
        "aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP para ayuda. No necesito aceptar para "
        "recibir tratamiento ni para comprar nada."
    ),
    **own_page.TEXTS,
}


def join_version(language: str) -> str:
    """Which sentence the join page shows in this language: the same promise in each."""
    return JOIN_PAGE_IN.get(language, JOIN_PAGE)


def prompt_version(language: str) -> str:
    """The same of a page where somebody known is asked whether they want another time."""
    return PROMPT_IN.get(language, PROMPT)


def join_sentence(clinic: Clinic, version: str = JOIN_PAGE) -> str:
    """As it stands on this clinic's page now."""
    return TEXTS[version].format(clinic=clinic.name, weekly=clinic.offers_per_week)
