"""English."""

from matching.states import DeclineReason
from notifications.replies.words.table import Words

NOT = r"(?:do not|don t|dont|never|please no|quit|no)"
WRITING = r"(?:text|txt|contact|message|msg|call|write|email|e mail|send|notif\w*|alert|bother|bug|disturb)"
WRITTEN = r"(?:texts?|txts?|messages?|msgs?|sms|emails?|calls?|notifications?|alerts?|spam)"
SENDING = r"(?:texting|txting|messaging|msging|contacting|calling|sending|writing|emailing|spamming|bothering|bugging)"
OFFERS = r"(?:offers?|openings?|open times?|open slots?|slots|wait ?list (?:texts?|messages?|offers?|openings?))"
CANNOT = r"(?:can t|cannot|can not|cant|unable to|not able to|won t|not|busy)"
PART_OF_DAY = r"(?:mornings?|afternoons?|evenings?|nights?|weekdays|weekends?)"
WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
THESE = r"(?:(?:of|the|these|those|your|any|all|sending|send|texting|text|getting|me|us|with|about|for|more) )*"

WORDS = Words(
    yes=frozenset("yes y yep yeah yea yup ok okay sure book 👍".split()),
    no=frozenset("no n nope nah pass skip decline 👎".split()),
    fillers=frozenset(
        "please pls plz thanks thank you thx ty great perfect good sounds that this time works it me i ll"
        " d will take want the one for us cool love to".split()
    ),
    polite_no=frozenset(
        "not sorry can t cannot make today now right all any both of them either on number to option".split()
    ),
    not_a_no=frozenset("problem worries prob issue idea clue doubt preference rush hurry english understand".split()),
    everything=frozenset("all both any either".split()),
    confirm=frozenset("c confirm confirmed confirming confirms".split()),
    start=frozenset("start unstop".split()),
    help=frozenset("help info".split()),
    # Twilio's own words first; the others are said to it alone, too.
    stop=frozenset(
        "stop stopall unsubscribe cancel end quit revoke optout"
        " unsub stopp halt cease desist remove unenroll enough spam dnc dnd 🛑 📵 🚫".split()
    ),
    courtesy=frozenset("please pls plz thanks thank you thx ty now all already just immediately".split()),
    stop_parts=(
        r"\bstop\b",
        r"\bstop ?all\b",
        r"\bun ?sub\w*",
        r"\bopt(?:ed|ing)? ?(?:me )?out\b",
        r"\b(?:remove|delete|erase|drop) (?:me\b|my (?:number|phone|info|name)|this number)",
        r"\btake (?:me|my number|my name|this number|us) off\b",
        r"\bleave me (?:alone|be)\b",
        rf"\b{NOT} (?:ever |you )?{WRITING}\b(?! (?:me )?(?:before|until|later|till|if|unless)\b)",
        rf"\bno (?:more )?{WRITTEN}\b",
        r"\bno more(?: please| thanks| thank you)?(?= \.|$)",
        rf"\b(?:quit|cease|end|cancel|halt) (?:all |these |those |your |the |my )?(?:{SENDING}|{WRITTEN}"
        rf"|subscription)\b",
        r"\b(?:lose|forget) (?:my|this) number\b",
        r"\bwrong (?:number|person|phone)\b",
        r"\b(?:not|isn t|no) (?:longer )?(?:the right|my|his|her|their) (?:number|phone)\b",
        rf"\b(?:not|don t|dont) want (?:to (?:get|receive|hear)|{THESE}{WRITTEN})\b",
        r"\b(?:not|don t|dont) want (?:these|this|your\w*|them|any)(?: any ?more| anymore)?(?= \.|$)",
        r"\bno longer (?:wish|want) to (?:get|receive|hear)\b",
        r"\b(?:revoke|withdraw) (?:my )?(?:consent|permission)\b",
        r"\b(?:do not|don t|never|did not|didn t) (?:consent|agree to|sign(?:ed)? up|subscribe|ask(?:ed)? for)\b",
        r"\btoo many (?:texts?|messages?|msgs?|notifications?|offers)\b",
        r"\b(?:text\w*|messag\w*) (?:me )?too (?:much|often)\b",
        rf"\bnon ?stop {WRITTEN}\b",
        rf"\bnon ?stop {SENDING}\b",
        rf"\benough (?:already|with|of|{WRITTEN})\b",
        r"\b(?:this is|that s|it s|you re) (?:just )?(?:spam|harass\w*|annoying)\b",
        r"\b(?:go away|get lost|fuck off|f off|piss off|shut up|block(?:ed|ing)? you|report(?:ed|ing)? you)\b",
        r"\bi (?:want|d like|would like) to (?:quit|end this|be (?:removed|taken off))\b",
        r"\bdiscontinue\b",
        r"\bcease and desist\b",
    ),
    harmless=(
        r"\bstop(?:ping)? (?:by|in|over|off)\b(?! text| the way)",
        r"\bstop at (?!once)\w+",
        r"\bstop(?:ping)? for (?:gas|food|lunch|coffee|a)\b",
        r"\bstop (?:signs?|lights?|watch|gap|over)\b",
        r"\b(?:bus|train|truck|rest|pit|subway|metro|tram|shuttle|next|last|first|second|full|my|the|that|each|every"
        r"|which|what) stop\b(?! (?:to|it|this|text|messag|call|send|contact))",
        rf"\bnon ?stop\b(?! (?:{WRITTEN}|{SENDING}))",
        r"\bstop (?:taking|eating|drinking|smoking|using|wearing|driving|exercising|nursing|breastfeeding|my"
        r"|the med\w*)\b",
        r"\b(?:can t|cannot|can not) stop (?:bleeding|coughing|crying|itching|scratching|sneezing|vomiting|the \w+)\b",
        r"\b(?:bleeding|pain|swelling|cough\w*|itch\w*|headaches?|it) (?:won t|wont|will not|doesn t|does not"
        r"|didn t) stop\b",
        r"\b(?:do not|don t|dont) call(?: me)?(?: \.)? (?:just |please |only )?text\b",
        r"\bno more than\b",
        r"\bno (?:text|message|email|call|texts|messages|emails|calls) (?:yet|came|from you|received|arrived)\b",
        r"\b(?:never|did not|didn t) (?:text|call|message|email)(?:ed)?\b(?: me)? back\b",
        r"\bremove (?:my|the|a|this) (?:mole|tattoo|tattoos|wart|skin|hair|stitches|crown|tooth|filling)\b",
    ),
    offers_only=(
        rf"\b(?:stop|end|quit|cancel|no more) {THESE}{OFFERS}(?: (?:texts?|messages?|please))*",
        rf"^no {OFFERS}(?: please)?$",
        rf"\b{NOT} (?:want|need|send|text|offer) {THESE}{OFFERS}",
        r"\b(?:only|just) (?:want |send |need |keep |text |get |me |my |the |visit |appointment |appt )*"
        r"(?:reminders|reminder texts)\b(?: only)?",
        r"\b(?:appointment |appt |visit )?(?:reminders|reminder texts) only\b",
    ),
    keeps=(
        r"\b(?:keep|send|want|leave)(?: sending| getting)? (?:me )?(?:my |the )?(?:appointment |appt |visit"
        r" )?reminders?\b",
        r"\bnot (?:the |my )?(?:appointment |appt |visit )?reminders?\b",
    ),
    pause=(
        r"^(?:please |can you |could you |pls )*pause\b",
        r"\b(?:please|to|you|yes|ok) pause\b",
        r"\bnot for (?:a|the next|another|two|2|three|3|couple|few|at least|\d)\b[^.]*\b(?:weeks?|days|month)\b",
        r"\b(?:can t|cannot|busy|away|gone|off) for (?:the next |another )?(?:two|2|three|3|couple of|a couple"
        r" of|few|a few) weeks\b",
        r"\b(?:later|not(?: until)?(?: later)?) (?:this|next) month\b",
        r"^(?:no )?(?:maybe |try me |ask (?:me )?(?:again )?|check back |not until |after )*"
        r"(?:next month|in (?:a )?(?:two|2|three|3|few|couple(?: of)?) weeks)$",
        r"\b(?:i m|i am|we re|we are|currently|be|am|still|away) (?:away )?on (?:a )?(?:vacation|holidays?|a"
        r" trip|leave|maternity)\b",
        r"\b(?:i m|i am|we re|we are|currently|be|am|still) (?:traveling|travelling|overseas|abroad|out of"
        r" (?:town|state|the country))\b",
        r"^(?:no )?(?:on vacation|out of town|on holiday|traveling|travelling)\b",
    ),
    who=(
        r"\bwho(?: is|s| s)? (?:this|dis|that|it|texting(?: me)?)(?= \.|$| please| texting| and| from)",
        r"\bwho (?:are|r) (?:you|u|these|they)\b(?! (?:seeing|taking))",
        r"\bwho(?: is|s| s)? this\b(?= text| number| message)",
        r"\b(?:what|whose) (?:number|is this number|number is this)\b",
        r"\bwhat is this(?= \.|$)",
        r"\bdo i know you\b",
        r"\bhow did you get (?:my|this) number\b",
    ),
    yes_phrases=(r"(?:i ?ll|i will|we ?ll) take it", r"(?:please )?book (?:it|me)", r"count me in", r"sign me up"),
    no_phrases=(
        r"(?:sorry )?(?:i )?(?:can ?t|cannot|can not|won ?t)(?: make| do| come| take)(?: it| that| then| today|"
        r" this)*",
        r"(?:sorry )?not (?:today|now|right now|this time|for me|interested|available|possible|this week|tomorrow)"
        r"(?: sorry| thanks| thank you)*",
        r"(?:i m |i am )?(?:not (?:interested|available|free))(?: sorry| thanks| thank you| then| that day)*",
        r"(?:i m |i am )(?:good|all set|busy)(?: sorry| thanks| thank you| then| that day)*",
    ),
    keep_phrases=(
        r"(?:yes )?(?:please )?keep(?: (?:me|it|my (?:place|spot)))?(?: on)?(?: (?:the|your) (?:wait ?)?list)?"
        r"(?: please)?",
        r"(?:yes )?(?:i )?(?:m |am |do )?still(?: (?:want (?:it|this|my (?:place|spot))|interested|waiting))?"
        r"(?: thanks| thank you| please)*",
    ),
    confirm_phrases=(
        r"(?:(?:yes )?i ?ll be there|i will be there|see you (?:then|there|soon|tomorrow)|i confirm|i m coming)"
        r"(?: thanks| thank you)*",
    ),
    reasons={
        DeclineReason.NOT_NEEDED: (
            r"\bno longer (?:need\w*|necessary|interested|want (?:it|this|the appointment|an appointment))\b",
            r"\b(?:don t|dont|do not|doesn t) need (?:it|this|that|one|an appointment|the appointment|the appt"
            r"|to come)\b",
            r"\bnot needed\b",
            r"\balready (?:been |got |was |had |have |went )?(?:seen|treated|booked|scheduled|taken care of|"
            r"an appointment|one|it done)\b",
            r"\b(?:found|got|have|went|going|booked|seen|saw) (?:\w+ ){0,3}?(?:elsewhere|somewhere else|another"
            r" clinic)\b",
        ),
        DeclineReason.OTHER_PROVIDER: (
            r"\b(?:other|another|different) (?:provider|doctor|dr|practitioner|therapist|dentist|hygienist"
            r"|nurse|person)\b",
            r"\b(?:want|prefer|rather (?:see|have)|only (?:see|want|with)|like) (?:to see |with |it with )?"
            r"(?:dr|doctor|nurse)\b",
            r"\b(?:dr|doctor|nurse) \w+(?: \w+)? (?:instead|only)\b",
            r"\bnot with (?:dr|doctor|him|her|them|that)\b",
            r"\b(?:with|see|want) (?:somebody|someone) else\b",
            r"\bmy (?:own|usual|regular) (?:doctor|dr|provider|therapist)\b",
        ),
        DeclineReason.TOO_SOON: (
            r"\btoo soon\b",
            r"\b(?:not|can t|cannot|won t|unable)\b[^.]*\b(?:that|so) (?:soon|quickly|fast)\b",
            r"\b(?:too|such|very|so) (?:short|last minute)\b",
            r"\b(?:short|more|enough|longer) notice\b",
            r"\blast minute\b",
        ),
        DeclineReason.WRONG_TIME: (
            r"\b(?:wrong|bad|not a good|different|another) (?:time|day|hour)\b",
            rf"\b{CANNOT}\b[^.]*\b(?:at|for|on) (?:that|this) (?:time|hour|day)\b",
            rf"\b{CANNOT} (?:make |do |come |be there )?(?:it )?(?:at |on |in |before |after |until |the )*"
            rf"(?:\d|noon|{PART_OF_DAY}|{WEEKDAY}|then|that day|those|today|tomorrow|tonight)",
            rf"\b(?:{PART_OF_DAY}|{WEEKDAY}|(?:that|this) (?:time|day|hour|date)|that|this|time|\d+(?: ?[ap] ?m)?)"
            r" (?:don t|dont|doesn t|doesnt|do not|does not|won t|never|is not|isn t|are not|is no)"
            r" (?:work|good|ok|possible|suit|fit)",
            r"\b(?:doesn t|doesnt|does not|don t|won t) (?:work|suit|fit) (?:for )?(?:me|us|my schedule)\b",
            r"\btoo early\b",
            r"\btoo late (?:in the day|for me|for us|at night)\b",
            r"\b(?:that is|that s|it s) too late\b",
            r"\b(?:have|got) to work\b",
            r"\b(?:at )?(?:work|working|school|class|busy|away|out of town|on vacation|on holiday|traveling"
            r"|travelling)"
            rf" (?:then|that day|at that time|today|tomorrow|tonight|this weekend|on {WEEKDAY})",
            r"\bi work (?:then|that|until|till|mornings|days|nights|on)\b",
            rf"\bonly (?:do |in the |can do |free |available |on )*(?:{PART_OF_DAY}|{WEEKDAY}|after|before)\b",
        ),
    },
)
