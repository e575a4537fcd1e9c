"""What people agreed to, by version. A sentence once used is never changed: a new one gets a new version."""

from waitlist.models import Clinic

READ_ALOUD, JOIN_PAGE = "staff-read-2", "join-1"
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
}


def join_sentence(clinic: Clinic) -> str:
    """As it stands on this clinic's page now."""
    return TEXTS[JOIN_PAGE].format(clinic=clinic.name, weekly=clinic.offers_per_week)
