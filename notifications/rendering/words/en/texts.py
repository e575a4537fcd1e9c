"""English texts at level 0, each in one segment. Of several wordings the first that fits is taken; each begins with
whom it is from, and none begins or ends with a link, for phones preview those (decision R19)."""

from notifications.rendering.words.shape import LINK
from notifications.states import Kind

TEXTS: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: a time has opened up, {when}. Reply YES or tap {link} to take it, by {deadline}."
        " NO to pass, STOP to opt out.",
        "{clinic}: {when} is open. Reply YES or tap {link} by {deadline}. NO to pass, STOP to end.",
        "{clinic}: {when} is open. Reply YES or tap {link} by {deadline}. STOP to end",
        "{clinic}: {when}. Reply YES or tap {link} by {deadline}. STOP ends",
    ),
    LINK: (
        "{clinic}: we keep {when} for you. Complete your booking at {link} by {deadline}, or it goes to somebody else."
        " STOP to opt out.",
        "{clinic}: we keep {when} for you. Complete your booking at {link} by {deadline}. STOP to end.",
        "{clinic}: {when} is kept for you. Book it at {link} by {deadline}. STOP ends",
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
    Kind.MOVED: (
        "{clinic}: your visit has moved, it is now {when}. Details: {link} or call {phone}.",
        "{clinic}: your visit is now {when}. See {link} for details.",
        "{clinic}: now {when}. See {link} for more.",
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
    Kind.STILL: (
        "{clinic}: do you still want your place on our waitlist? Reply YES to keep it or NO to leave, or see {link} for"
        " more. STOP to opt out.",
        "{clinic}: still want your place on our waitlist? Reply YES or NO, or see {link} STOP to end.",
        "{clinic}: still on our waitlist? Reply YES or NO, or see {link} STOP ends",
    ),
    Kind.STOPPED: (
        "{clinic}: no more texts from us, and no offers by e-mail. Reply START if you want them again. Questions? Call"
        " {phone}.",
        "{clinic}: you will get no more texts from us. Reply START if you want them again. Questions? Call {phone}.",
        "{clinic}: you will get no more texts from us. START brings them back.",
    ),
    Kind.OPT_IN: (
        "{clinic}: reply START to get a text when a time opens up, at most {weekly} a week. Rates may apply. STOP to"
        " opt out.",
        "{clinic}: reply START for texts when a time opens, at most {weekly} a week. STOP ends.",
    ),
    Kind.PASSCODE: (
        "{clinic}: {passcode} is your code to open your waitlist. It holds for 10 minutes. Tell it to nobody. If you"
        " did not ask for it, do nothing.",
        "{clinic}: {passcode} is your code to open your waitlist, for 10 minutes. Tell it to nobody.",
    ),
}
CONFIRMED_REMINDER = (  # they have said that they will be there
    "{clinic}: see you {when}. If anything has changed: {link} or call {phone}. STOP to end.",
    "{clinic}: see you {when}. Changes: {link} or call {phone}.",
    "{clinic}: see you {when}. Changes? Call {phone}.",
)
ASKING_REMINDER = (  # they could have it earlier; where no such wording fits, it is not said
    "{clinic}: your visit is {when}. Reply C or YES to confirm. Changes, or an earlier time? {link} STOP to end.",
    "{clinic}: visit {when}. Reply C or YES to confirm. Changes or sooner? {link} STOP ends",
    "{clinic}: visit {when}. Reply C to confirm. Changes or sooner? {link} STOP ends",
    "{clinic}: visit {when}. C confirms. Changes or sooner? {link} STOP ends",
    "{clinic}: visit {when}. C confirms. Sooner? {link} STOP ends",
)
ASKING_CONFIRMED = (
    "{clinic}: see you {when}. Changes, or would you come earlier? {link} STOP to end.",
    "{clinic}: see you {when}. Changes or sooner? {link} STOP ends",
)
EARLIER = (  # an offer to somebody who holds a later visit: their yes moves it
    "{clinic}: an earlier time is open, {when}. Reply YES or tap {link} by {deadline} to move your visit to it."
    " NO to pass, STOP to opt out.",
    "{clinic}: {when} is open. Reply YES or tap {link} by {deadline} to move your visit there. STOP to end",
    "{clinic}: move your visit up to {when}? Reply YES or tap {link} by {deadline}. STOP ends",
    "{clinic}: move to {when}? Reply YES or tap {link} by {deadline}. STOP ends",
)
