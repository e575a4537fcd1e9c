"""English. Of several wordings the first that fits is taken; each begins with whom it is from, none with a link or
ends with one, for phones preview those (decision R19)."""

from notifications.rendering.words.shape import Mail
from notifications.states import Kind

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
WHAT = {1: "with {practitioner}", 2: "for {service} with {practitioner}"}
WAYS_OUT = ("STOP",)
YES_WORDS = ("YES",)
CONFIRM_WORDS = ("YES",)

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
        "{clinic}: {when} was just taken. You keep your place. See {link} for more.",
        "{clinic}: {when} is taken. See {link} for more.",
    ),
    Kind.WITHDRAWN: (
        "{clinic}: sorry, {when} is no longer open. You keep your place in line.",
        "{clinic}: sorry, {when} is no longer open.",
    ),
    Kind.BOOKED: (
        "{clinic}: you are booked, {when}. Details or changes: {link} or call {phone}.",
        "{clinic}: you are booked, {when}. See {link} for details.",
        "{clinic}: booked, {when}. See {link} for more.",
    ),
    Kind.CHANGED: (
        "{clinic}: your visit {when} is changed, the time stays. Details: {link} or call {phone}.",
        "{clinic}: your visit {when} is changed. See {link} for details.",
        "{clinic}: changed, {when}. See {link} for more.",
    ),
    Kind.CANCELLED: (
        "{clinic}: your visit {when} is cancelled. You keep your place in line. Questions? Call {phone}.",
        "{clinic}: your visit {when} is cancelled. Questions? Call {phone}.",
    ),
    Kind.ENDED: (
        "{clinic}: your visit {when} is cancelled, as you asked. Details: {link} or call {phone}.",
        "{clinic}: your visit {when} is cancelled. See {link} for details.",
        "{clinic}: {when} is cancelled. See {link} for more.",
    ),
    Kind.LOST: (
        "{clinic}: we are sorry, your visit {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: sorry, your visit {when} is cancelled. See {link} for others.",
        "{clinic}: sorry, {when} is cancelled. See {link} for more.",
    ),
    Kind.GONE: (
        "{clinic}: your visit {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: your visit {when} is cancelled. See {link} for others.",
        "{clinic}: {when} is cancelled. See {link} for more.",
    ),
    Kind.APOLOGY: (
        "{clinic}: we are sorry, {when} was taken already and is not yours after all."
        " Other times: {link} or call {phone}.",
        "{clinic}: so sorry, {when} was taken already. Other times: {link} or call {phone}.",
        "{clinic}: so sorry, {when} was taken already. See {link} for more.",
    ),
    Kind.REMINDER: (
        "{clinic}: a reminder of your visit {when}. Reply C or YES to confirm. Changes: {link} or call {phone}."
        " STOP to end.",
        "{clinic}: your visit is {when}. Reply C or YES to confirm, or tap {link} for changes. STOP to end.",
        "{clinic}: your visit is {when}. Reply C or YES to confirm. Changes: {link} STOP ends",
        "{clinic}: your visit is {when}. Reply C or YES to confirm. Changes? Call {phone}. STOP to end.",
        "{clinic}: visit {when}. Reply C or YES to confirm. Changes? Call {phone}.",
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
# Where the patient agreed to detail: at level 1 {what} is “with …”, at level 2 “for … with …”. Two segments at most.
DETAILED: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} to take it, by {deadline}."
        " NO to pass, STOP to opt out. This is automated; questions? Call {phone}.",
        "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} by {deadline}."
        " NO to pass, STOP to end. Automated. {phone}",
        "{clinic}: {first_name}, {when} {what}. Reply YES or tap {link} by {deadline}. STOP ends. Automated.",
    ),
    Kind.RETRACTED: (
        "{clinic}: {first_name}, {when} {what} has just been taken. You keep your place in line. Other times: {link}"
        " or call {phone}. STOP to end. This is automated.",
    ),
    Kind.WITHDRAWN: (
        "{clinic}: {first_name}, we are sorry, {when} {what} is no longer open. You keep your place in line."
        " This is automated; questions? Call {phone}.",
    ),
    Kind.BOOKED: (
        "{clinic}: {first_name}, you are booked {when}{zone2} {what}. Your code is {code}. Details or changes: {link}"
        " or call {phone}. This is automated.",
        "{clinic}: {first_name}, you are booked {when}{zone2} {what}. Details or changes: {link} or call {phone}.",
    ),
    Kind.CHANGED: (
        "{clinic}: {first_name}, your visit {when}{zone2} is changed: it is {what} now. Your code is {code}. Details:"
        " {link} or call {phone}. This is automated.",
        "{clinic}: {first_name}, your visit {when} is changed: it is {what} now. Details: {link} or call {phone}.",
    ),
    Kind.CANCELLED: (
        "{clinic}: {first_name}, your visit {when} {what} is cancelled. You keep your place in line. This is automated;"
        " questions? Call {phone}.",
    ),
    Kind.ENDED: (
        "{clinic}: {first_name}, your visit {when} {what} is cancelled, as you asked. Details: {link} or call {phone}."
        " This is automated.",
    ),
    Kind.LOST: (
        "{clinic}: {first_name}, we are sorry, your visit {when} {what} is cancelled. Other times: {link} or call"
        " {phone}. This is automated.",
    ),
    Kind.GONE: (
        "{clinic}: {first_name}, your visit {when} {what} is cancelled. Other times: {link} or call {phone}."
        " This is automated.",
    ),
    Kind.APOLOGY: (
        "{clinic}: {first_name}, we are sorry, {when} {what} was taken already and is not yours after all. Other"
        " times: {link} or call {phone}. This is automated.",
    ),
    Kind.REMINDER: (
        "{clinic}: {first_name}, a reminder of your visit {when}{zone2} {what}. Reply C or YES to confirm. Your code is"
        " {code}. Changes: {link} or call {phone}. This is automated. STOP to end.",
        "{clinic}: {first_name}, your visit is {when}{zone2} {what}. Reply C or YES to confirm. Changes: {link} or call"
        " {phone}. STOP to end.",
        "{clinic}: {first_name}, your visit is {when}{zone2} {what}. Reply C or YES to confirm. Changes? Call {phone}."
        " This is automated. STOP to end.",
    ),
}
DETAILED_EARLIER = (
    "{clinic}: {first_name}, an earlier time {what} is open, {when}{zone2}. Reply YES or tap {link} by {deadline} to"
    " move your visit to it. NO to pass, STOP to opt out. This is automated; questions? Call {phone}.",
    "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} by {deadline} to move your visit"
    " there. STOP to end. Automated. {phone}",
    "{clinic}: {first_name}, move to {when} {what}? Reply YES or tap {link} by {deadline}. STOP ends. Automated.",
)
ANSWERS: dict[str, tuple[str, ...]] = {
    "yours": (
        "{clinic}: {when} is yours already. See {link} for details.",
        "{clinic}: {when} is yours. See {link} for more.",
    ),
    "taken": (
        "{clinic}: sorry, {when} is taken. Other times: {link} You keep your place in line.",
        "{clinic}: sorry, {when} is taken. See {link} for more.",
    ),
    "busy": (
        "{clinic}: somebody is just confirming {when}. Look at {link} again in a minute.",
        "{clinic}: somebody is confirming {when}. See {link} in a minute.",
    ),
    "held": (
        "{clinic}: {when} is held for you for a few minutes. Answer one question at {link} to have it.",
        "{clinic}: {when} is held for you. Finish at {link} now.",
    ),
    "finish": (
        "{clinic}: {when} is still open. Answer one question at {link} and it is yours.",
        "{clinic}: {when} is open. Finish at {link} now.",
    ),
    "expired": (
        "{clinic}: sorry, the time to answer for {when} is over. See {link} for other times.",
        "{clinic}: sorry, too late for {when}. See {link} for more.",
    ),
    "lost": (
        "{clinic}: {when} is cancelled. Other times: {link} or call {phone}.",
        "{clinic}: {when} is cancelled. See {link} for more.",
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
        "{clinic}: which one? NO and {choices}, or NO ALL.",
    ),
    "which_reminder": (  # both an offer and a reminder wait for a yes
        "{clinic}: a yes to what? Reply {acts}.",
        "{clinic}: which? Reply {acts}.",
        "{clinic}: a yes to which? Reply {choices}.",
    ),
    "alike": (
        "{clinic}: you have texts from us about the same time. Their links show for whom it is: please answer there.",
        "{clinic}: for whom? Please answer by the link in the text.",
    ),
    "confirmed": (
        "{clinic}: thank you, your visit {when} is confirmed. Changes: {link} or call {phone}.",
        "{clinic}: thank you, {when} is confirmed. Changes? Call {phone}.",
        "{clinic}: thank you, your visit is confirmed. Changes? Call {phone}.",
    ),
    "visit_no": (  # a no to a reminder cancels nothing
        "{clinic}: your visit {when} still stands. To move or cancel it, use the link we sent or call {phone}.",
        "{clinic}: your visit {when} still stands. To change it call {phone}.",
    ),
    "code": (  # they named it, and nothing else
        "{clinic}: {code} is {when}. Reply YES to take it, NO to pass, or see {link} for more.",
        "{clinic}: {when} is open. YES or NO? See {link} for more.",
    ),
    "noted": (
        "{clinic}: thank you, noted. See {link} for what that changes, and to take it back.",
        "{clinic}: thank you, noted. See {link} for what changes.",
    ),
    "open": (
        "{clinic}: thank you. No offer waits for your answer, but other times are open: see {link} for them.",
        "{clinic}: thank you. Other times are open: see {link} for them.",
    ),
    "open_call": (
        "{clinic}: thank you. No offer waits for your answer, but times are open. Call {phone}.",
        "{clinic}: thank you. Times are open. Call {phone}.",
    ),
    "paused": (
        "{clinic}: no texts about open times {until}. START brings them back sooner, STOP ends all. Call {phone}.",
        "{clinic}: no texts about open times {until}. START brings them back sooner.",
    ),
    "offers_stopped": (
        "{clinic}: no more texts about open times. You still hear of your visits. START brings them back, STOP ends"
        " all.",
        "{clinic}: no more texts about open times, only about your visits. START brings them back.",
    ),
    "who": (
        "This is {clinic}. We text you about open times and your visits. Questions? Call {phone}. STOP to opt out.",
        "This is {clinic}. Questions? Call {phone}. STOP to opt out.",
    ),
    "after_hours": (
        "{clinic}: thank you, we have your message. Somebody reads it {opens}. Urgent? Call {phone}.",
        "{clinic}: thank you. Somebody reads this {opens}.",
        "{clinic}: thank you. Somebody reads this when we are back. Urgent? Call {phone}.",
    ),
    "opted_in": (
        "{clinic}: you will get a text when a time opens up, at most 3 a week. Questions? Call {phone}. STOP to opt"
        " out.",
        "{clinic}: you will get texts when a time opens up. STOP to opt out.",
    ),
    "started": ("{clinic}: you will get texts about open times again. STOP to opt out.",),
    "help": (
        "{clinic}: we text you when a time opens up. Reply YES to take it, NO to pass, STOP to opt out. Call {phone}.",
        "{clinic}: texts about open times. STOP ends. Call {phone}.",
    ),
}

MAILS: dict[str, Mail] = {
    Kind.OFFER: Mail(
        "A time has opened up at {clinic}",
        "{long_when}",
        ("This time has just become free.", "It is yours if you answer by {deadline}."),
        "See it and answer",
    ),
    Kind.FOLLOW_UP: Mail(
        "Still open at {clinic}: {when}",
        "{long_when}",
        ("We texted you about this time some hours ago. It is still open.", "Whoever answers first has it."),
        "See it and answer",
    ),
    Kind.RETRACTED: Mail(
        "That time at {clinic} is taken",
        "Somebody was a moment faster",
        ("{long_when} has just been taken.", "You keep your place in line."),
        "See other times",
    ),
    Kind.WITHDRAWN: Mail(
        "That time at {clinic} is no longer open",
        "That time is no longer open",
        ("{long_when} is no longer open. We are sorry.", "You keep your place in line."),
    ),
    Kind.BOOKED: Mail(
        "You are booked at {clinic}",
        "You are booked: {long_when}",
        ("We look forward to seeing you.", "The visit is attached for your calendar."),
        "Details or changes",
    ),
    Kind.CHANGED: Mail(
        "Your visit at {clinic} is changed",
        "Your visit on {long_when} is changed",
        ("The time is the same as before.", "The visit is attached for your calendar."),
        "See what it is now",
    ),
    Kind.CANCELLED: Mail(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled, as you asked.", "You keep your place in line."),
    ),
    Kind.ENDED: Mail(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled, as you asked.", "What our terms say about it stands on your page."),
        "See the details",
    ),
    Kind.LOST: Mail(
        "We are sorry: your visit at {clinic} is cancelled",
        "We are sorry",
        ("We had to cancel {long_when}. You owe nothing for it.", "You keep your place in line."),
        "See other times",
    ),
    Kind.GONE: Mail(
        "Your visit at {clinic} is cancelled",
        "Your visit is cancelled",
        ("{long_when} is cancelled. You owe nothing for it.", "You keep your place in line."),
        "See other times",
    ),
    Kind.APOLOGY: Mail(
        "We are sorry: that time at {clinic} was taken already",
        "We are sorry",
        ("{long_when} had been given away in our calendar, so it is not yours after all.",),
        "See other times",
    ),
    Kind.REMINDER: Mail(
        "Your visit at {clinic}",
        "{long_when}",
        ("This is a reminder of your visit.", "Please confirm it, or tell us if you cannot come."),
        "Confirm or change it",
    ),
    Kind.DESK: Mail("A message from {clinic}", "A message from {clinic}", ()),
}
MOVES_VISIT = "You keep your later visit until you say yes. Then it moves to this time."
GREETING = "Hello {first_name},"
MAIL_WHAT = {1: "It is with {practitioner}.", 2: "It is {service} with {practitioner}."}
MAIL_ZONE2 = "On your own clock that is {clock2}."
AUTOMATED = "This message is automated."
MAIL_CODE = "Your booking code is {code}."
QUESTIONS, QUESTIONS_AT = "Questions? Call {phone}.", "Questions? Call {clinic}: {phone}"
NO_MORE = "No more e-mails like this"
