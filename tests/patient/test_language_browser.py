"""The pages in Spanish in a real browser: as readable as the English ones, and one tap to the other language."""

import pytest
from django.urls import reverse

from tests import factories
from tests.patient.situations import SITUATIONS, Clinic, link
from tests.patient.test_offer_browser import OVERFLOW, PHONE, SMALL, everybody_can_use

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Northern California Integrated Dermatology of Sacramento"
OVERLAP = """() => {
    const [one, other] = ["nav a", "header"].map((name) => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(name));
        return range.getClientRects();
    });
    return [...one].some((a) => [...other].some((b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
}"""


@pytest.mark.parametrize("name", ["swapped", "busy", "taken", "held", "expired"])
def test_everybody_can_use_it_in_spanish(name, open_page, live_server):
    clinic = Clinic()
    clinic.rename(clinic.patient, language="es", timezone="America/New_York")
    offer = SITUATIONS[name][1](clinic)
    for options in (SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options)
        page.goto(live_server.url + link(offer))
        page.locator("html[lang=es]").wait_for()
        for details in page.locator("summary").all():
            details.click()
        everybody_can_use(page)


@pytest.mark.parametrize("size", ["100%", "225%"])
def test_a_long_name_leaves_room_for_the_other_language(size, open_page, live_server):
    offer = Clinic(name=LONG).offered()
    page = open_page(**SMALL)
    page.goto(live_server.url + link(offer))
    page.evaluate(f"() => {{ document.documentElement.style.fontSize = '{size}'; }}")
    assert not page.evaluate(OVERLAP)
    assert page.evaluate(OVERFLOW) == 0


def test_a_name_under_the_link_would_be_seen(open_page, live_server):
    page = open_page(**SMALL)
    page.goto(live_server.url + link(Clinic(name=LONG).offered()))
    page.evaluate("() => { document.querySelector('header').style.paddingRight = 0; }")
    assert page.evaluate(OVERLAP)


@pytest.mark.parametrize("script", [True, False])
def test_one_tap_to_the_other_language_and_it_stays(script, open_page, live_server):
    offer = Clinic().offered()
    page = open_page(**PHONE, java_script_enabled=script)
    page.goto(live_server.url + link(offer))
    page.get_by_role("link", name="Español").click()
    page.get_by_role("heading", name="Sarah, hay un horario libre para usted").wait_for()
    if script:
        page.get_by_text("quedan 40 minutos").wait_for()
    page.get_by_role("button", name="Confirmar").click()
    page.get_by_role("heading", name="Su cita está reservada, Sarah").wait_for()


def test_the_join_page_in_spanish(open_page, live_server):
    world = factories.World(takes_joins=True)
    for options in (SMALL, {**PHONE, "color_scheme": "dark"}):
        page = open_page(**options, locale="es-US")
        page.goto(live_server.url + reverse("join", args=[world.clinic.slug]))
        page.locator("html[lang=es]").wait_for()
        everybody_can_use(page)
