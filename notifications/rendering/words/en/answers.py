"""English answers to what somebody wrote, by name."""

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
    "complete": (
        "{clinic}: {when} is kept for you. Complete your booking at {link} to have it.",
        "{clinic}: {when} is kept. Finish at {link} now.",
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
    "to_join": ("{clinic}: to join the waitlist, reply START. Questions? Call {phone}.",),
    "still_kept": ("{clinic}: thank you, you keep your place on our waitlist. STOP to opt out.",),
    "still_left": (
        "{clinic}: you are off our waitlist, as you asked. If that was a mistake, please call {phone}.",
        "{clinic}: you are off our waitlist, as you asked. Call {phone}.",
    ),
    "still_whose": (  # several people of one number were asked
        "{clinic}: we asked more than one person at this number. Please answer by the link in each text, or call"
        " {phone}.",
        "{clinic}: for whom? Please answer by the link in each text, or call {phone}.",
    ),
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
    "code": (
        "{clinic}: {when} is open. Reply YES to take it or NO to pass, or see {link} for more.",
        "{clinic}: {when} is open. YES or NO? See {link} for more.",
    ),
    "visit_no": (
        "{clinic}: your visit {when} still stands. To move or cancel it, use the link we sent or call {phone}.",
        "{clinic}: your visit {when} still stands. To change it call {phone}.",
    ),
    "noted": (
        "{clinic}: thank you, noted. See {link} for what that changes and how to take it back.",
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
        "{clinic}: no more texts or e-mails about open times. You still hear of your visits. START brings them back,"
        " STOP ends all.",
        "{clinic}: no more offers, only news of your visits. START brings them back.",
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
    "joined": (
        "{clinic}: you will get texts when a time opens, at most {weekly} a week. Change it at {mine} STOP to end.",
        "{clinic}: you will get a text when a time opens up, at most {weekly} a week. Questions? Call {phone}. STOP to"
        " opt out.",
        "{clinic}: you will get texts when a time opens up. STOP to opt out.",
    ),
    "started": ("{clinic}: you will hear of open times again. STOP to opt out.",),
    "help": (
        "{clinic}: we text you when a time opens up. Reply YES to take it, NO to pass, STOP to opt out. Call {phone}.",
        "{clinic}: texts about open times. STOP ends. Call {phone}.",
    ),
}
