"""Every staff page in a real browser: no violation axe can find, and no sideways scrolling at 320 px."""

from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from matching.models import ExpressBooking, Offer, SentWave
from notifications import outages
from notifications.models import InboundMessage, Message
from tests import factories
from tests.factories import World
from tests.harness import Stack
from waitlist.models import (
    Appointment,
    CancellationFee,
    Closure,
    InboundEvent,
    MassCancellation,
    Slot,
    SurgeDay,
    User,
    Writeback,
)
from waitlist.states import Role, SlotState

LOOKS = (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 320))
ZOOMED = (640, 375)  # what 1280 px have room for at 200 %; a phone
PARTS = ("time", "practitioner", "service", "geography", "notice", "responsiveness", "fairness")


def busy_clinic() -> tuple[World, User, Slot]:
    """One of everything: asked, answered, filled, empty, a task, somebody who cannot be reached."""
    world, now = World(), timezone.now()
    slot = world.slot(
        now + timedelta(hours=30),
        state=SlotState.OFFERING,
        wave=1,
        opened_at=now,
        next_wave_at=now + timedelta(hours=1),
    )
    for n, status in enumerate(("sent", "delivered", "undelivered", "pending")):
        offer = world.offer(
            slot,
            offered_at=now,
            expires_at=now + timedelta(hours=2),
            parts=dict.fromkeys(PARTS, 1000 * n),
        )
        Message.objects.create(
            clinic=world.clinic,
            kind="offer",
            channel="sms",
            contact_point=offer.patient.contact_points.get(),
            patient=offer.patient,
            offer=offer,
            slot=slot,
            dedupe_key=f"offer:{offer.pk}",
            status=status,
            next_attempt_at=now + timedelta(days=1),
            created_at=now,
            sent_at=now,
            text="A time has opened. Reply YES or tap {link}",
        )
    SentWave.objects.create(slot=slot, number=1, sent_at=now, asked=4, excluded={"another_day": 4})
    empty = world.slot(
        now + timedelta(hours=40), state=SlotState.EXPIRED, opened_at=now, closed_at=now, closed_because="past"
    )
    SentWave.objects.create(slot=empty, number=1, sent_at=now, asked=0, excluded={"unreachable": 4})
    taken = world.slot(now + timedelta(hours=50), opened_at=now)
    booked = world.appointment(taken.starts_at, patient=factories.patient(world.clinic))
    Slot.objects.filter(pk=taken.pk).update(state=SlotState.FILLED, filled_by=booked, filled_at=now)
    world.appointment(taken.starts_at, patient=factories.patient(world.clinic), is_exclusive=False)
    Writeback.objects.create(
        clinic=world.clinic, appointment=booked, kind="booked", status="task", created_at=now, updated_at=now
    )
    for hours, kind in ((60, "booked"), (70, "moved")):  # of these nothing in writing went out
        unheard = world.appointment(now + timedelta(hours=hours), patient=factories.patient(world.clinic))
        Message.objects.create(
            clinic=world.clinic, kind=kind, channel="sms", patient=unheard.patient, appointment=unheard,
            dedupe_key=f"{kind}:untold", status="refused", refused_by="no_contact", next_attempt_at=now, created_at=now,
        )  # fmt: skip
    world.entry(status="paused", still_asked_at=now, silent_since=now)
    world.entry(availability=[(0b0011111, 540, 1020), (0b1100000, 600, 840)])
    world.entry(factories.patient(world.clinic, phone=None))
    InboundEvent.objects.create(
        connection=world.connection(), event_key="1", payload={}, status="rejected", received_at=now
    )
    InboundMessage.objects.create(
        clinic=world.clinic,
        contact_point=world.clinic.contact_points.filter(kind="phone").earliest("pk"),
        channel="sms",
        provider_id=f"SM-{world.clinic.pk}",
        text="Is there parking near you?",
        meaning="unclear",
        received_at=now,
        handled_at=now,
    )
    SurgeDay.objects.create(clinic=world.clinic, day=(now + timedelta(days=9)).date(), reason="Holiday")
    span = {"starts_at": taken.starts_at, "ends_at": taken.ends_at + timedelta(hours=2)}
    Closure.objects.create(clinic=world.clinic, reason="Training", **span)
    gone = world.appointment(now + timedelta(hours=70), status="cancelled", cancelled_at=now)
    freed = world.slot(gone.starts_at, opened_at=now, opened_because="cancelled", freed_by=gone)
    CancellationFee.objects.create(
        clinic=world.clinic, appointment=gone, rule="early", percent=50, price_cents=32000, cents=16000, owed_at=now
    )
    factories.service(world.clinic, minutes=30)
    world.appointment(taken.starts_at + timedelta(hours=1), patient=factories.patient(world.clinic))  # while closed
    a_link_each(world, taken, booked)
    outages.begin("sms", "by_hand", now=now)
    span = {"day": freed.starts_at.date(), "starts_at": freed.starts_at, "ends_at": freed.ends_at}
    MassCancellation.objects.create(clinic=world.clinic, practitioner=world.practitioner, noticed_at=now, **span)
    return world, factories.user(world.clinic, Role.ADMIN), slot


def a_link_each(world: World, taken: Slot, visit: Appointment) -> None:
    """A booking link that is out, and what was accepted with one."""
    now, until = timezone.now(), timezone.now() + timedelta(minutes=12)
    held = {"state": SlotState.HELD, "held_until": until, "wave": 1, "opened_at": now, "next_wave_at": None}
    entry = world.entry()
    slot = world.slot(now + timedelta(hours=90), held_by=entry.patient, **held)
    world.offer(slot, entry, offered_at=now, expires_at=until, link_sent_at=now)
    won = Offer.objects.create(
        slot=taken, patient=visit.patient, wave=1, state="accepted", offered_at=now, expires_at=until, link_sent_at=now
    )
    ExpressBooking.objects.create(
        clinic=world.clinic, offer=won, appointment=visit, name="Pat T.", email="pat@b.example", terms="One.\nTwo.",
        terms_sha256="0" * 64, language="es", remote_addr="203.0.113.9", device="Mozilla/5.0 (iPhone)", accepted_at=now,
    )  # fmt: skip


def addresses(world: World, slot: Slot) -> list[str]:
    entry = world.clinic.entries.latest("pk")
    one, asked = [slot.pk], slot.offers.earliest("pk")
    slot_page = reverse("slot", args=one)
    appointment = world.clinic.appointments.filter(filled_slot__isnull=False).get()
    paused = world.clinic.slots.get(freed_by__isnull=False)
    return [
        reverse("login"),
        "/",
        slot_page,
        f"{slot_page}?tab=others&q=Pat",
        f"{slot_page}?tab=messages",
        f"{slot_page}?tab=timeline",
        reverse("slot", args=[world.clinic.slots.get(state=SlotState.HELD).pk]),
        reverse("slot", args=[appointment.filled_slot.pk]),
        f"{reverse('slot', args=[appointment.filled_slot.pk])}?tab=timeline",
        reverse("slot-link", args=one),
        reverse("slot-link", args=[world.clinic.slots.get(state=SlotState.HELD).pk]),
        reverse("slot-book", args=one),
        reverse("slot-ask", args=one),
        reverse("slot-stop", args=one),
        reverse("appointments"),
        reverse("appointment-cancel", args=[appointment.pk]),
        reverse("appointment-cancel", args=[world.clinic.appointments.filter(status="booked").latest("starts_at").pk]),
        reverse("appointment-earlier", args=[appointment.pk]),
        reverse("waitlist"),
        reverse("entry-new"),
        reverse("entry-edit", args=[entry.pk]),
        reverse("entry-remove", args=[entry.pk]),
        reverse("patients"),
        reverse("patient", args=[entry.patient_id]),
        reverse("patient", args=[asked.patient_id]),
        reverse("patient-edit", args=[entry.patient_id]),
        reverse("opening-new"),
        reverse("day"),
        f"{reverse('day')}?date={appointment.starts_at.astimezone(world.location.zone):%Y-%m-%d}",
        reverse("tasks"),
        reverse("inbox"),
        reverse("inbox-thread", args=[world.clinic.inbound_messages.get().contact_point_id]),
        reverse("calls"),
        reverse("fees"),
        reverse("checks"),
        reverse("settings"),
        reverse("start"),
        reverse("launch"),
        reverse("clinic"),
        reverse("locations"),
        reverse("location", args=[world.location.pk]),
        reverse("practitioners"),
        reverse("practitioner", args=[world.practitioner.pk]),
        reverse("team"),
        reverse("member", args=[world.clinic.memberships.get().pk]),
        reverse("my-notices"),
        f"{reverse('tiers')}?preset=established",
        reverse("wordings"),
        f"{reverse('wording')}?kind=booked&channel=email&language=es&level=2",
        reverse("score"),
        reverse("policies"),
        reverse("policy-new"),
        f"{reverse('policy-new')}?from=broadcast",
        reverse("policy", args=[world.clinic.policy_id]),
        reverse("surge-days"),
        reverse("still-wanted"),
        reverse("closures"),
        reverse("closure", args=[world.clinic.closures.get().pk]),
        reverse("holidays"),
        reverse("cancelling"),
        reverse("earlier-times"),
        reverse("reminders"),
        reverse("join-page"),
        reverse("services"),
        reverse("service", args=[world.service.pk]),
        reverse("service-basics", args=[world.service.pk]),
        reverse("visits"),
        reverse("contacting"),
        reverse("reminders"),
        reverse("join-page"),
        reverse("imports"),
        reverse("connections"),
        reverse("connection", args=[world.clinic.connections.get().pk]),
        reverse("slot", args=[paused.pk]),
        reverse("slot-undo", args=[paused.pk]),
        reverse("slot-dry-run", args=[paused.pk]),
        reverse("slot-service", args=[appointment.filled_slot.pk]),
        "/nowhere/",
    ]


def test_every_page(stack: Stack, browser_page: Page, sign_in):
    world, user, slot = busy_clinic()
    page, found = browser_page, dict[str, str]()
    for path in addresses(world, slot):
        page.goto(f"{stack.url}{path}")
        if path == reverse("login"):
            sign_in(page, stack.url, user)
        for details in page.locator("main summary").all():
            details.click()
        look(page, path, found)
    page.goto(f"{stack.url}{reverse('slot-book', args=[slot.pk])}?q=Pat")
    page.locator(f'button[name=patient][value="{world.clinic.patients.latest("pk").pk}"]').click()
    page.get_by_label("Why book it all the same?").wait_for()
    look(page, "the soft lock", found)
    page.goto(f"{stack.url}{reverse('slot-link', args=[slot.pk])}?q=Pat")
    page.locator(f'button[name=patient][value="{world.clinic.patients.latest("pk").pk}"]').click()
    page.get_by_label("Why keep it for them all the same?").wait_for()
    look(page, "a link over offers that are out", found)
    assert found == {}


def look(page: Page, name: str, found: dict[str, str]) -> None:
    """The page as it stands there, in both themes, wide and narrow."""
    for scheme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour half-way to another
        report = Axe().run(page)
        if report.violations_count:
            found[f"{name}, {scheme}, {width}"] = report.generate_report()
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{name} scrolls sideways at {width}"] = ""
    for width in ZOOMED:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{name} scrolls sideways at {width}"] = ""


def test_the_front_desk_works_by_keyboard(stack: Stack, browser_page: Page, sign_in):
    world, user, _ = busy_clinic()
    sign_in(browser_page, stack.url, user)
    browser_page.goto(f"{stack.url}/waitlist/")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.textContent") == "Skip to the page"
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("nobody of that name")
    browser_page.keyboard.press("Enter")
    browser_page.get_by_text("Nobody found").wait_for()
    browser_page.keyboard.press("n")
    browser_page.wait_for_url("**/waitlist/new/")
    expect(browser_page.get_by_label("Phone")).to_be_focused()
    for words in ("+1 628 555 0177", "ana@mail.example", "Ana", "Pérez"):
        browser_page.keyboard.type(words)
        browser_page.keyboard.press("Tab")
    browser_page.get_by_role("checkbox", name=world.service.name).focus()
    browser_page.keyboard.press("Space")
    browser_page.get_by_label("Yes to texts").focus()
    browser_page.keyboard.press("Space")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("main")).to_contain_text("Ana Pérez is on the waitlist.")


def test_what_a_manager_types_is_added_up_and_counted_at_once(stack: Stack, browser_page: Page, sign_in):
    world, user, _ = busy_clinic()
    patient = factories.patient(world.clinic, visits=3, past_visits=3)
    sign_in(browser_page, stack.url, user)
    browser_page.goto(f"{stack.url}{reverse('score')}")
    browser_page.get_by_label("Time", exact=True).fill("25")
    expect(browser_page.locator("#total")).to_have_text("These add up to 95; they have to add up to 100.")
    browser_page.get_by_label("Notice", exact=True).fill("15")
    expect(browser_page.locator("#total")).to_have_text("These add up to 100.")
    browser_page.goto(f"{stack.url}{reverse('tiers')}")
    browser_page.get_by_label("Gold visits").fill("3")
    browser_page.keyboard.press("Tab")
    expect(browser_page.locator("#counted")).to_contain_text("1 patient would change tier. Nothing is saved yet.")
    patient.refresh_from_db()
    assert patient.tier == "3silver"
