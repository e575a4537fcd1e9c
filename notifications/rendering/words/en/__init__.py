"""English: how days and times are written, and the words that are asked for."""

from notifications.rendering.words.en.answers import ANSWERS
from notifications.rendering.words.en.detailed import DETAILED, DETAILED_ASKING, DETAILED_EARLIER, WHAT
from notifications.rendering.words.en.mails import (
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
from notifications.rendering.words.en.texts import (
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

NAME = "English"
IS_LATIN = True

SHORT_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MOMENT = "{short_day} {short_month} {date} {clock} {zone}"
LONG_MOMENT = "{day}, {month} {date} at {clock} {zone}"
THEIR_CLOCK = " ({clock} {zone})"
BY_TODAY, BY_DAY = "{clock}", "{short_day} {clock}"
OPENS = ("today at {clock}", "tomorrow at {clock}", "on {day} at {clock}")  # today, tomorrow, another day
UNTIL = "until {short_day} {short_month} {date}"
TWO_WEEKS = "for two weeks"
CHOICE = "{number} for {time}"
CHOICES = {"offer": "{number} to take {time}", "reminder": "{number} to confirm {time}"}
WAYS_OUT = ("STOP",)
YES_WORDS = ("YES",)
NO_WORDS = ("NO",)
CONFIRM_WORDS = ("YES",)
