"""Spanish, as patients in the United States are written to: its days and times, and the words that are asked for."""

from notifications.rendering.words.es.answers import ANSWERS
from notifications.rendering.words.es.detailed import DETAILED, DETAILED_ASKING, DETAILED_EARLIER, WHAT
from notifications.rendering.words.es.mails import (
    ASKS_EARLIER,
    AUTOMATED,
    GREETING,
    MAIL_CODE,
    MAIL_WHAT,
    MAIL_ZONE2,
    MAILS,
    MOVES_VISIT,
    NO_MORE,
    QUESTIONS,
    QUESTIONS_AT,
)
from notifications.rendering.words.es.texts import (
    ASKING_CONFIRMED,
    ASKING_REMINDER,
    CONFIRMED_REMINDER,
    EARLIER,
    TEXTS,
)

__all__ = [
    "ANSWERS",
    "ASKING_CONFIRMED",
    "ASKING_REMINDER",
    "ASKS_EARLIER",
    "AUTOMATED",
    "BY_DAY",
    "BY_TODAY",
    "CHOICE",
    "CHOICES",
    "CONFIRMED_REMINDER",
    "CONFIRM_WORDS",
    "DAYS",
    "DETAILED",
    "DETAILED_ASKING",
    "DETAILED_EARLIER",
    "EARLIER",
    "GREETING",
    "IS_LATIN",
    "LONG_MOMENT",
    "MAILS",
    "MAIL_CODE",
    "MAIL_WHAT",
    "MAIL_ZONE2",
    "MOMENT",
    "MONTHS",
    "MOVES_VISIT",
    "NAME",
    "NO_MORE",
    "NO_WORDS",
    "OPENS",
    "QUESTIONS",
    "QUESTIONS_AT",
    "SHORT_DAYS",
    "SHORT_MONTHS",
    "TEXTS",
    "THEIR_CLOCK",
    "TWO_WEEKS",
    "UNTIL",
    "WAYS_OUT",
    "WHAT",
    "YES_WORDS",
]

NAME = "Spanish"
IS_LATIN = True

SHORT_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
SHORT_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
MOMENT = "{short_day} {date} {short_month} {clock} {zone}"
LONG_MOMENT = "{day} {date} de {month} a {the} {clock} {zone}"
THEIR_CLOCK = " ({clock} {zone})"
BY_TODAY, BY_DAY = "{the} {clock}", "el {short_day} {clock}"
OPENS = ("hoy a {the} {clock}", "mañana a {the} {clock}", "el {day} a {the} {clock}")
UNTIL = "hasta el {short_day} {date} {short_month}"
TWO_WEEKS = "por dos semanas"
CHOICE = "{number} para {time}"
CHOICES = {"offer": "{number} para tomar {time}", "reminder": "{number} para confirmar {time}"}
WAYS_OUT = ("STOP",)
YES_WORDS = ("SI", "SÍ", "YES")
NO_WORDS = ("NO",)
CONFIRM_WORDS = ("SI", "SÍ", "YES")
