"""English texts where the patient agreed to detail, in two segments at most. {what} is what each level adds."""

from notifications.rendering.words.shape import LINK
from notifications.states import Kind

WHAT = {1: "with {practitioner}", 2: "for {service} with {practitioner}"}
DETAILED: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} to take it, by {deadline}."
        " NO to pass, STOP to opt out. This is automated; questions? Call {phone}.",
        "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} by {deadline}."
        " NO to pass, STOP to end. Automated. {phone}",
        "{clinic}: {first_name}, {when} {what}. Reply YES or tap {link} by {deadline}. STOP ends. Automated.",
    ),
    LINK: (
        "{clinic}: {first_name}, we keep {when}{zone2} {what} for you. Complete your booking at {link} by {deadline}."
        " STOP to opt out. This is automated; questions? Call {phone}.",
        "{clinic}: {first_name}, we keep {when} {what} for you. Book it at {link} by {deadline}. STOP ends. Automated.",
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
    Kind.MOVED: (
        "{clinic}: {first_name}, your visit {what} has moved: it is now {when}{zone2}. Your code is {code}. Details:"
        " {link} or call {phone}. This is automated.",
        "{clinic}: {first_name}, your visit {what} has moved: it is now {when}. Details: {link} or call {phone}.",
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
DETAILED_ASKING = (
    "{clinic}: {first_name}, your visit is {when}{zone2} {what}. Reply C or YES to confirm. Changes, or an earlier"
    " time? See {link} or call {phone}. This is automated. STOP to end.",
)
DETAILED_EARLIER = (
    "{clinic}: {first_name}, an earlier time {what} is open, {when}{zone2}. Reply YES or tap {link} by {deadline} to"
    " move your visit to it. NO to pass, STOP to opt out. This is automated; questions? Call {phone}.",
    "{clinic}: {first_name}, {when}{zone2} {what} is open. Reply YES or tap {link} by {deadline} to move your visit"
    " there. STOP to end. Automated. {phone}",
    "{clinic}: {first_name}, move to {when} {what}? Reply YES or tap {link} by {deadline}. STOP ends. Automated.",
)
