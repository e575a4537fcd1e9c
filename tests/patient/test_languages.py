"""Patients' pages in English and Spanish: whole in each, as the page, the patient or the browser asks."""

import re
from html.parser import HTMLParser

import pytest
from django.core.signing import Signer
from django.test import Client as Browser
from django.urls import reverse

from matching import tokens
from notifications.models import Join
from notifications.rendering import UNSUBSCRIBE_SALT
from tests import factories
from tests.patient.catalogues import told_apart, words
from tests.patient.situations import SITUATIONS, Clinic, at, link
from tests.patient.test_offer_pages import STATIC
from tests.tables import fingerprints

pytestmark = pytest.mark.django_db(transaction=True)
SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
ENGLISH_ALONE, SPANISH_ALONE = told_apart()
ALONE = {"en": SPANISH_ALONE, "es": ENGLISH_ALONE}  # by language what has no place on its pages
OURS = "Radiance Med Spa Downtown Market Street San Francisco Dr Chen Ruiz Botox Facial Filler Sarah Miller"


class Said(HTMLParser):
    """Everything a page says, to the eye and to the ear, but for the other languages' names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(re.sub(r"<(nav|style).*?</\1>", "", html, flags=re.S))

    def handle_starttag(self, tag, attributes):
        spoken = ("aria-label", "data-clock", "data-minutes", "data-hours", "data-over")
        self.texts += [value for name, value in attributes if name in spoken and value]
        if tag == "meta" and dict(attributes).get("property", "").startswith("og:"):
            self.texts.append(dict(attributes)["content"])

    def handle_data(self, data):
        self.texts.append(data)


def assert_speaks(response, language: str, *names: str) -> None:
    """All of it is in this language, and light; `names` are the clinic's and the patient's own words."""
    html = response.content.decode()
    used = set(re.findall(r"/static/([\w.]+)", html))
    assert len(response.content) + sum((STATIC / file).stat().st_size for file in used) < 30_000
    assert f'<html lang="{language}">' in html
    assert response.headers["Content-Language"] == language
    said = words(re.sub(r"WL-\w+", "", " ".join(Said(html).texts))) - words(" ".join([OURS, *names]))
    assert said & ALONE[language] == set()


def speaking(language: str) -> Clinic:
    clinic = Clinic()
    clinic.rename(clinic.patient, language=language)
    return clinic


def names(clinic: Clinic) -> list[str]:
    """Of whoever and whatever the factories named."""
    theirs = clinic.clinic
    return [one.name for rows in (theirs.practitioners, theirs.services) for one in rows.all()]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_situation_in_each_language(situation, language):
    clinic = speaking(language)
    outcome, make = SITUATIONS[situation]
    response = Browser().get(link(make(clinic)))
    assert f'data-outcome="{outcome}"' in response.content.decode()
    assert_speaks(response, language, *names(clinic))


ANSWERS = [
    ("open", "claim", {}),
    ("open", "claim", {"slot": "none of ours"}),
    ("busy", "claim", {}),
    *[("open", "decline", {"reason": reason}) for reason in ("too_soon", "wrong_time", "other_provider", "not_needed")],
    *[("open", "decline", {"reason": reason}) for reason in ("pause", "stop", "")],
    *[("taken", "decline", {"reason": reason}) for reason in ("pause", "stop")],
    ("declined", "undo", {}),
    ("held", "let-go", {}),
    ("held", "details", {"details": "x" * 1001}),
    ("taken", "reserve", {"how": "ask"}),
    ("busy", "reserve", {"how": "ask"}),
    ("busy", "reserve", {"how": "book"}),
    ("expired", "reserve", {"how": "ask"}),
    ("swapped", "keep", {"entry": "0"}),
    ("swapped", "service", {"service": "0"}),
    ("open", "service", {"service": "0"}),
    ("open", "zone", {"zone": "Mars/Base"}),
    ("open", "zone", {"zone": "Asia/Tokyo"}),
    ("yours", "cancel", {}),
    ("yours", "cancel-visit", {"cents": "0"}),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("situation", "step", "fields"), ANSWERS)
def test_every_answer_in_each_language(situation, step, fields, language):
    clinic = speaking(language)
    response = Browser().post(f"{link(SITUATIONS[situation][1](clinic))}/{step}", fields)
    assert_speaks(response, language, *names(clinic))


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_visit_from_the_reminder_to_its_end(language):
    clinic = speaking(language)
    visit = clinic.appointment(at(4, 14), patient=clinic.patient)
    home, browser = f"/v/{tokens.make_visit(visit.pk)}", Browser()
    for page in (home, f"{home}/cancel"):
        assert_speaks(browser.get(page), language, *names(clinic))
    answers = [("confirm", {}), ("confirm", {"at": "2001-01-01T00:00:00Z"}), ("earlier", {}), ("zone", {"zone": "?"})]
    for step, fields in [*answers, ("cancel", {}), ("cancel", {})]:
        assert_speaks(browser.post(f"{home}/{step}", fields), language, *names(clinic))


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_join_page_its_errors_and_what_comes_next(language):
    world = factories.World(takes_joins=True)
    page, said = reverse("join", args=[world.clinic.slug]), (world.clinic.name, world.service.name)
    browser = Browser(headers={"Accept-Language": language})
    assert_speaks(browser.get(page), language, *said)
    assert_speaks(browser.get(f"{page}sent/"), language, *said)
    wrong = {"phone": "800 555 0123", "email": "x", "t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "1", "timezone": "Mars"}
    for fields in (wrong, {**wrong, "first_name": "Ana", "last_name": "Pop", "language": "en"}):
        assert_speaks(browser.post(page, fields), language, *said, "Mars x")


def test_who_joins_in_spanish_agrees_in_spanish_and_is_written_to_in_it():
    world = factories.World(takes_joins=True)
    page = reverse("join", args=[world.clinic.slug])
    browser = Browser(headers=SPANISH)
    assert '<option value="es" selected>' in browser.get(page).content.decode()
    fields = {
        "first_name": "Ana", "last_name": "Pop", "phone": "(415) 555-0123", "language": "es", "agrees": "on",
        "timezone": "America/Los_Angeles", "services": [world.service.pk], "website": "",
        "t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "1", "t-0-days": ["0"], "t-0-starts": "09:00", "t-0-ends": "17:00",
    }  # fmt: skip
    assert browser.post(page, fields).status_code == 302
    join = Join.objects.get()
    assert join.text_version == "join-1-es" and join.text.startswith("Acepto que")
    assert join.entry.patient.language == "es"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_way_out_of_e_mails(language):
    patient = factories.patient(factories.clinic(), email="ana@example.com", language=language)
    point = patient.contact_points.get(kind="email")
    page = reverse("unsubscribe", args=[Signer(salt=UNSUBSCRIBE_SALT).sign(f"{point.pk}:offers")])
    assert_speaks(Browser().get(page), language, patient.clinic.name)
    for what in ("purpose", "again", "email", "again", "all", "again"):
        assert_speaks(Browser().post(page, {"what": what}), language, patient.clinic.name)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", ["/o/nothing", "/v/nothing", "/join/nowhere/", "/unsubscribe/nothing/"])
def test_a_dead_link_speaks_to_a_patient(path, language):
    response = Browser(headers={"Accept-Language": language}).get(path)
    assert response.status_code == 404 and "/static/offer.js" in response.content.decode()
    assert_speaks(response, language)


@pytest.mark.parametrize("path", ["/o/x;%20path=/;%20max-age=99999999", "/o/%E4%B8%AD"])
def test_a_choice_holds_for_the_very_link_whatever_it_looks_like(path):
    response = Browser().get(f"{path}?lang=es")
    (cookie,) = response.cookies.values()
    assert re.fullmatch(r"/o/[\w%]+", cookie["path"]) and cookie["max-age"] == ""


def test_errors_of_a_patient_s_page_speak_their_language_and_staff_s_stay_english():
    world = factories.World(takes_joins=True)
    strict = Browser(enforce_csrf_checks=True, headers=SPANISH)
    response = strict.post(reverse("join", args=[world.clinic.slug]))
    assert response.status_code == 403
    assert_speaks(response, "es")
    strict.force_login(factories.user(world.clinic, "manager"))
    assert "Nothing here" in strict.get("/slots/999999999/").text
    assert '<html lang="en">' in strict.get("/").content.decode()


class TestWhoseLanguage:
    def test_the_patient_s_own_before_the_browser_s(self):
        offer = SITUATIONS["open"][1](speaking("en"))
        assert_speaks(Browser(headers=SPANISH).get(link(offer)), "en")

    def test_the_browser_s_where_the_patient_s_is_none_of_ours(self):
        offer = SITUATIONS["open"][1](speaking("vi"))
        assert_speaks(Browser(headers=SPANISH).get(link(offer)), "es")
        assert_speaks(Browser(headers={"Accept-Language": "vi"}).get(link(offer)), "en")

    def test_what_they_choose_on_the_page_before_all_and_for_the_visit(self):
        offer, browser = SITUATIONS["open"][1](speaking("en")), Browser()
        assert 'href="?lang=es"' in browser.get(link(offer)).content.decode()
        before = fingerprints()
        assert_speaks(browser.get(link(offer) + "?lang=es"), "es")
        assert fingerprints() == before
        assert_speaks(browser.get(link(offer)), "es")
        assert_speaks(browser.post(link(offer) + "/claim"), "es")
        browser.get(link(offer) + "/claim?lang=en")  # the address an answer's page stands at
        assert_speaks(browser.get(link(offer)), "en")

    def test_a_choice_holds_for_this_link_alone_and_until_the_browser_closes(self):
        browser, clinic = Browser(), speaking("en")
        offer, other = clinic.offered(), clinic.offered(clinic.offering(at(5, 9)))
        cookie = browser.get(link(offer) + "?lang=es").cookies["language"]
        assert (cookie.value, cookie["path"], cookie["max-age"]) == ("es", link(offer), "")
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        assert cookie["path"] != link(other)

    def test_a_choice_goes_with_them_to_another_of_their_links(self):
        clinic, browser = speaking("en"), Browser()
        offer = SITUATIONS["yours"][1](clinic)
        offer.slot.refresh_from_db()
        home = f"/v/{tokens.make_visit(offer.slot.filled_by_id)}"
        assert browser.get(f"{home}/cancel").headers["Location"] == f"{link(offer)}/cancel-visit"
        assert_speaks(browser.get(f"{home}?lang=es"), "es")
        assert_speaks(browser.get(f"{home}/cancel", follow=True), "es", *names(clinic))
        assert_speaks(browser.get(f"{link(offer)}/cancel-visit"), "es", *names(clinic))

    def test_the_calendar_file_is_in_it(self):
        offer = SITUATIONS["yours"][1](speaking("en"))
        assert "DESCRIPTION:Questions or changes" in Browser().get(f"{link(offer)}/appointment.ics").text
        assert "DESCRIPTION:Preguntas o cambios" in Browser().get(f"{link(offer)}/appointment.ics?lang=es").text

    @pytest.mark.parametrize("wrong", ["", "xx", "es\r\nX: y", "../en", "e" * 5000])
    def test_a_language_we_lack_is_no_choice(self, wrong):
        offer = SITUATIONS["open"][1](speaking("es"))
        response = Browser().get(link(offer), {"lang": wrong})
        assert not response.cookies.get("language")
        assert_speaks(response, "es")

    def test_it_is_said_to_caches(self):
        offer = SITUATIONS["open"][1](speaking("es"))
        assert {"Accept-Language", "Cookie"} <= set(Browser().get(link(offer)).headers["Vary"].split(", "))


def test_dates_and_money_are_written_as_spanish_in_the_united_states_writes_them():
    clinic = speaking("es")
    text = " ".join(Said(Browser().get(link(clinic.offered())).content.decode()).texts)
    day = at(4, 14)
    months = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
    days = "lunes martes miércoles jueves viernes sábado domingo".split()
    assert f"{days[day.weekday()]} {day.day} de {months[day.month - 1]}" in text
    assert "2:00 PM" in text and "hora del Pacífico" in text and "$320" in text
    assert f"Confirmar  {days[day.weekday()][:3]} 2:00 PM" in re.sub(r"(?<=Confirmar)\s+", "  ", text)
