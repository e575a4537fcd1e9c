"""What binds by law what is set on a page, in one sentence or two with its source. Engineering input, no legal advice.

Sources: Telephone Consumer Protection Act, 47 CFR 64.1200; HIPAA, 45 CFR 160 and 164; non-discrimination, 45 CFR 92.
What has hours, money or figures in it is enforced where it is said to be; `notifications.rules` and the forms hold it.
"""

CONSENT = "47 CFR 64.1200"
LEAST = "HIPAA asks for the least that is needed (45 CFR 164.502(b))"
BY_NOBODYS_ORDER = (
    "No law says whom to ask first, but nobody may be put last for age, sex, origin, disability or illness (45 CFR 92):"
    " nothing here looks at any of them. Consent, hours and limits hold whatever is set."
)
KEPT_EMPTY = (
    "No law closes a private practice on a holiday, and none makes you fill a time. The legal hours for texts hold on"
    " every day."
)
LEAST_IN_TEXTS = (
    f"{LEAST}, and a locked phone shows a text to anybody near. Each first text names you and says how to stop"
    f" ({CONSENT}); one that speaks of a discount needs consent to marketing in writing."
)
WORKS_THERE = f"{LEAST}: a text names a practitioner only to a number whose owner agreed to more detail."
TIME_OF_THE_PLACE = (
    f"Texts keep to the legal hours of the place, too: 8 AM to 9 PM by federal law ({CONSENT}(c)(1)); until 8 PM in"
    " Florida, Oklahoma and Washington; 9 AM to 9 PM in Texas, from noon on Sundays."
)
ASKS_THE_LEAST = f"{LEAST}: ask only what the visit needs. The answer is shown to staff alone and stands in no text."
CONNECTED = (
    "Whoever handles patients’ data for you signs a business associate agreement (45 CFR 164.504(e)). What comes in is"
    " believed only with a valid signature, and kept in the trail."
)
LEGAL: dict[str, str] = {  # the name of a URL → what binds there
    "clinic": f"A text has to say who writes ({CONSENT}). {LEAST}; a number hears more only where its owner agreed.",
    "launch": f"Consent, hours and limits hold in each of these steps ({CONSENT}); the carriers besides want a"
    " registered 10DLC brand and campaign before the first text.",
    **dict.fromkeys(("locations", "location", "location-new"), TIME_OF_THE_PLACE),
    **dict.fromkeys(("practitioners", "practitioner", "practitioner-new"), WORKS_THERE),
    **dict.fromkeys(("policies", "policy", "policy-new", "tiers", "score"), BY_NOBODYS_ORDER),
    **dict.fromkeys(("services", "service", "service-new", "service-basics"), ASKS_THE_LEAST),
    **dict.fromkeys(("wordings", "wording"), LEAST_IN_TEXTS),
    "contacting": f"Federal law: 8 AM to 9 PM where the patient is ({CONSENT}(c)(1)). Florida, Oklahoma and Washington:"
    " until 8 PM, and three in 24 hours. Texas: 9 AM to 9 PM, on Sundays from noon. Whoever says stop, in any"
    f" reasonable way, has to be left alone within ten business days ({CONSENT}(a)(10)); here it is at once.",
    "reminders": f"A reminder needs consent as every automatic text does, keeps to the legal hours ({CONSENT}) and ends"
    " with STOP. Consent to openings is not consent to reminders.",
    "still-wanted": f"The question is an automatic text as an offer is: consent, legal hours and limits hold"
    f" ({CONSENT}), and silence is no consent to anything, so nobody is taken off or put on for it.",
    "cancelling": "No federal law sets the fee, but Medicaid patients may not be charged for a visit they missed, and"
    " Medicare patients only as everybody else is. It is shown before anybody owes it.",
    "join-page": f"Nobody may be texted automatically before they agreed ({CONSENT}): hence the answer START. It is"
    " kept with the sentence they read, where it came from and when, for at least six years (45 CFR 164.316(b)(2)(i)).",
    "earlier-times": f"Only whoever agreed to hear of openings is put on the list ({CONSENT}); whoever says stop is"
    " asked no more.",
    **dict.fromkeys(("closures", "closure", "holidays"), KEPT_EMPTY),
    "surge-days": f"The law knows no days in demand: consent, hours and limits hold on them, too ({CONSENT}).",
    **dict.fromkeys(("connections", "connection", "connection-new"), CONNECTED),
    "imports": f"A number may be texted if its owner agreed: the file has to say when and how ({CONSENT}). {LEAST}:"
    " bring no more columns than these.",
    **dict.fromkeys(
        ("team", "member"),
        "HIPAA: one sign-in a person (45 CFR 164.312(a)(2)(i)), no more than their work needs (164.502(b)), and an end"
        " of it with their work (164.308(a)(3)(ii)(C)).",
    ),
    "start": "The law asks for consent before the first automatic text (47 CFR 64.1200) and for a business associate"
    " agreement with whoever carries it (45 CFR 164.504(e)); the carriers ask for a registered brand and campaign.",
    "checks": "HIPAA asks for audit controls and for the integrity of what is kept (45 CFR 164.312(b), (c)(1)): these"
    " are looked at by the system itself.",
}
