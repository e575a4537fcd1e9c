"""Which pages `make screenshots` takes pictures of, each with whoever may see it."""

from dataclasses import dataclass

DESK, MANAGER, ADMIN, COMPLIANCE = "front_desk", "manager", "admin", "compliance"


@dataclass(frozen=True)
class Shot:
    """One page: a path with {offer}, the newest open offer's link, {visit}, that of a visit, {link}, a booking link
    staff send for that offer's time, and {clinic}, a clinic's slug, filled in."""

    name: str
    path: str
    role: str = ""  # signs in first; empty: nobody
    clicks: tuple[str, ...] = ()  # selectors to click, one after the other, before the picture
    is_whole: bool = True  # on phone and tablet down to its end; else what fits, where something sticks to the bottom


OPEN_SLOT = "a[href^='/slots/']"
FIRST_ROW = ".rows a"
SHOTS = [
    Shot("offer", "{offer}", is_whole=False),
    Shot("offer-es", "{offer}?lang=es", is_whole=False),
    Shot("visit", "{visit}", is_whole=False),
    Shot("visit-cancel", "{visit}/cancel"),
    Shot("join", "/join/{clinic}/"),
    Shot("join-es", "/join/{clinic}/?lang=es"),
    Shot("my", "/my/{clinic}/"),
    Shot("phones", "/demo/phones/"),
    Shot("nowhere", "/o/nothing"),
    Shot("sign-in", "/sign-in/"),
    Shot("password", "/password/"),
    Shot("board", "/", DESK),
    Shot("day", "/day/", DESK),
    Shot("slot", "/", DESK, (OPEN_SLOT,)),
    Shot("slot-others", "/", DESK, (OPEN_SLOT, "#tab-others")),
    Shot("slot-messages", "/", DESK, (OPEN_SLOT, "#tab-messages")),
    Shot("slot-timeline", "/", DESK, (OPEN_SLOT, "#tab-timeline")),
    Shot("slot-link", "/", DESK, (OPEN_SLOT, "#link")),
    Shot("opening-new", "/openings/new/", DESK),
    Shot("appointments", "/appointments/", DESK),
    Shot("visits", "/appointments/over/", DESK),
    Shot("appointment-cancel", "/appointments/", DESK, ("a[href$='/cancel/']",)),
    Shot("waitlist", "/waitlist/", DESK),
    Shot("waitlist-resting", "/waitlist/?state=resting", DESK),
    Shot("entry", "/waitlist/", DESK, (".entries .acts a",)),
    Shot("person-new", "/waitlist/new/", DESK),
    Shot("patients", "/patients/", DESK),
    Shot("patient", "/patients/", DESK, (".table a",)),
    Shot("inbox", "/inbox/", DESK),
    Shot("calls", "/calls/", DESK),
    Shot("tasks", "/tasks/", DESK),
    Shot("fees", "/fees/", DESK),
    Shot("my-notices", "/notices/", DESK),
    Shot("tiers", "/settings/tiers/?preset=established", MANAGER),
    Shot("score", "/settings/score/", MANAGER),
    Shot("policies", "/settings/policies/", MANAGER),
    Shot("policy", "/settings/policies/", MANAGER, (FIRST_ROW,)),
    Shot("messages", "/settings/messages/", MANAGER),
    Shot("message", "/settings/messages/edit/?kind=offer&channel=sms&language=es&level=0", MANAGER),
    Shot("services", "/settings/services/", MANAGER),
    Shot("contacting", "/settings/contacting/", MANAGER),
    Shot("reminders", "/settings/reminders/", MANAGER),
    Shot("still-wanted", "/settings/still-wanted/", MANAGER),
    Shot("cancelling", "/settings/cancelling/", MANAGER),
    Shot("earlier-times", "/settings/earlier-times/", MANAGER),
    Shot("closures", "/settings/closures/", MANAGER),
    Shot("holidays", "/settings/holidays/", MANAGER),
    Shot("surge-days", "/settings/surge-days/", MANAGER),
    Shot("join-page", "/settings/join-page/", MANAGER),
    Shot("locations", "/settings/locations/", MANAGER),
    Shot("location", "/settings/locations/", MANAGER, (FIRST_ROW,)),
    Shot("practitioners", "/settings/practitioners/", MANAGER),
    Shot("settings", "/settings/", ADMIN),
    Shot("first-run", "/settings/start/", ADMIN),
    Shot("launch", "/settings/launch/", ADMIN),
    Shot("clinic", "/settings/clinic/", ADMIN),
    Shot("team", "/settings/team/", ADMIN),
    Shot("connections", "/settings/connections/", ADMIN),
    Shot("import", "/settings/import/", ADMIN),
    Shot("trail", "/trail/", COMPLIANCE),
    Shot("express", "{link}", is_whole=False),  # last: from then on the open time is kept for somebody
    Shot("express-es", "{link}?lang=es", is_whole=False),
    Shot("express-slot", "/", DESK, (OPEN_SLOT,)),
]
