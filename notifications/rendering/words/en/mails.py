"""English e-mails, and what stands around them."""

from notifications.rendering.words.shape import LINK, Mail
from notifications.states import Kind

MAILS: dict[str, Mail] = {
    Kind.OFFER: Mail(
        "A time has opened up at {clinic}",
        "{long_when}",
        ("This time has just become free.", "It is yours if you answer by {deadline}."),
        "See it and answer",
    ),
    LINK: Mail(
        "Complete your booking at {clinic}",
        "{long_when}",
        ("We keep this time for you until {deadline}.", "Complete your booking by then: it takes a minute."),
        "Complete my booking",
    ),
    Kind.FOLLOW_UP: Mail(
        "Still open at {clinic}",
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
    Kind.MOVED: Mail(
        "Your visit at {clinic} has moved",
        "Your visit is now {long_when}",
        ("What we told you before no longer holds.", "If it does not suit you, please tell us."),
        "Details or changes",
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
    Kind.STILL: Mail(
        "Do you still want your place on the waitlist at {clinic}?",
        "Do you still want it?",
        (
            "You have been on our waitlist for a while. Tell us whether we should go on looking out for you.",
            "If we hear nothing, your place rests: you keep it, and we offer you no times until you tell us to.",
        ),
        "Answer",
    ),
    Kind.PASSCODE: Mail(
        "Your code for {clinic}",
        "{passcode}",
        (
            "This is your code to open your waitlist. It holds for 10 minutes.",
            "Tell it to nobody: we never ask for it. If you did not ask for it, do nothing.",
        ),
    ),
    Kind.DESK: Mail("A message from {clinic}", "A message from {clinic}", ()),
}
ASKS_EARLIER = "Would you come sooner? The button leads to where you can be told when an earlier time opens."
MOVES_VISIT = "You keep your later visit until you say yes. Then it moves to this time."
GREETING = "Hello {first_name},"
MAIL_WHAT = {1: "It is with {practitioner}.", 2: "It is {service} with {practitioner}."}
MAIL_ZONE2 = "On your own clock that is {clock2}."
AUTOMATED = "This message is automated."
MAIL_CODE = "Your booking code is {code}."
QUESTIONS, QUESTIONS_AT = "Questions? Call {phone}.", "Questions? Call {clinic}: {phone}"
NO_MORE = "No more e-mails like this"
