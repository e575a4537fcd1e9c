"""A patient's own page in a real browser: from the number to the code to the change, with a script or without."""

import pytest
from django.urls import reverse

from matching import tokens
from notifications.models import ContactPoint, Passcode
from tests import factories
from tests.patient.own_pages import NUMBER, door
from tests.patient.situations import Clinic
from tests.patient.test_offer_browser import PHONE, SMALL, everybody_can_use
from waitlist.models import Clinic as ClinicRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic():
    made = Clinic(takes_joins=True)
    ContactPoint.objects.filter(users__patient=made.patient).update(value=NUMBER)
    return made


def go_in(page, live_server, clinic, *, look=lambda page: None):
    page.goto(live_server.url + door(clinic.clinic))
    look(page)
    page.get_by_label("Your mobile number").fill("(415) 555-0123")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("heading", name="Type the code").wait_for()
    look(page)
    page.get_by_label("The six digits").fill(tokens.passcode(str(Passcode.objects.latest("pk").public_id)))
    page.get_by_role("button", name="Open my page").click()
    page.get_by_role("heading", name="your place on the waitlist").wait_for()


def test_everybody_can_use_every_page(clinic, open_page, live_server):
    clinic.offered()
    ClinicRow.objects.update(content_level=2)
    paused = factories.entry(clinic.clinic, [factories.service(clinic.clinic, name="Facial")], clinic.patient)
    type(paused).objects.filter(pk=paused.pk).update(status="paused")

    def look(page):
        for details in page.locator("summary").all():
            details.click()
        everybody_can_use(page)

    for options in (PHONE, SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        go_in(page, live_server, clinic, look=look)
        urls = [door(clinic.clinic), reverse("my-stop", args=[clinic.clinic.slug])]
        urls += [reverse(name, args=[clinic.clinic.slug, clinic.wish.pk]) for name in ("my-wish", "my-leave")]
        for url in urls:
            page.goto(live_server.url + url)
            look(page)
        Passcode.objects.all().delete()


@pytest.mark.parametrize("script", [True, False])
def test_changed_paused_taken_up_and_closed(script, clinic, open_page, live_server):
    page = open_page(**PHONE, java_script_enabled=script)
    go_in(page, live_server, clinic)
    page.get_by_role("link", name="Change what or when").click()
    page.get_by_label("Sun").first.uncheck(force=True)
    page.get_by_label("How long before").select_option("1440")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_text("At least 1 day before").wait_for()
    page.get_by_text("Pause or leave").click()
    page.get_by_role("button", name="Pause for two weeks").click()
    page.get_by_text("Paused until").wait_for()
    page.get_by_role("button", name="Ask me again").click()
    page.get_by_text("You are asked again from now on.").wait_for()
    page.get_by_role("button", name="Close this page").click()
    page.get_by_role("button", name="Send me a code").wait_for()
    clinic.wish.refresh_from_db()
    assert (clinic.wish.status, clinic.wish.notice_minutes, clinic.wish.days) == ("active", 1440, 0b0111111)
