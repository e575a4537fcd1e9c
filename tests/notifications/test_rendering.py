"""What a text says: one segment, links only as {link}, and at level 0 nobody's name and no service."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from matching import tokens
from matching.models import Offer
from notifications import rendering
from notifications.models import Message
from notifications.rendering.sms import ANSWERS, TEXTS
from waitlist.models import Clinic

STARTS = datetime(2026, 9, 23, 18, 30, tzinfo=UTC)  # Wed Sep 23 10:30 AM AKDT: no moment is written longer
SENT = STARTS - timedelta(hours=30)
LONG_NAME = "Evergreen Dermatology & Laser"
LONG_URL = "https://standby.radiancemedspa.com"


def facts(**fields):
    return {
        "clinic_name": LONG_NAME,
        "clinic_phone": "+14155550123",
        "starts_at": STARTS.isoformat(),
        "zone": "America/Anchorage",
        "patient_zone": "America/New_York",
        "minutes": 45,
        "service": "Hydrafacial Deluxe",
        "practitioner": "Dr Quimby-Vandersloot",
        "location": "Annex",
        "price_cents": 32000,
        "first_name": "Wilhelmina",
        "expires_at": (STARTS - timedelta(minutes=19)).isoformat(),
        "level": 0,
        "language": "en",
        "opens_at": STARTS.isoformat(),
        "opens_zone": "America/Anchorage",
        "passcode": "00000000-0000-4000-8000-000000000000",
        **fields,
    }


def message(kind="offer", channel="sms", **context):
    return Message(
        clinic=Clinic(name=LONG_NAME, phone="+14155550123"),
        kind=kind,
        channel=channel,
        context=facts(**context),
        next_attempt_at=SENT,
        offer=Offer(public_id="abcd2345"),
        contact_point_id=1,
    )


CHOICES = [{"starts_at": STARTS.isoformat(), "zone": "America/Anchorage"}] * 3
EVERY_TEXT = [
    *(message(kind) for kind in TEXTS),
    message(moves_visit=True),
    *(message("answer", answer=answer, choices=CHOICES) for answer in ANSWERS),
]


def names(case):
    return case.context.get("answer") or case.kind


@pytest.mark.parametrize("case", EVERY_TEXT, ids=names)
def test_every_text_with_the_longest_values_is_one_segment(case, settings):
    settings.PUBLIC_URL = LONG_URL
    filled = rendering.fill(rendering.render(case), case)
    assert len(smsutil.split(filled).parts) == 1, (len(filled), filled)
    assert "{" not in filled


def test_an_offer_says_what_it_must_in_the_order_that_matters(settings):
    settings.PUBLIC_URL = LONG_URL
    text = rendering.render(message())
    parts = ["Evergreen", "Wed Sep 23 10:30 AM AKDT", "Reply YES", "{link}", "by Wed 10:11 AM", "STOP"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert not text.endswith("{link}"), "a link at the end would be previewed"


@pytest.mark.parametrize("clinic_name", ["Glow", LONG_NAME])
def test_who_holds_a_later_visit_reads_that_a_yes_moves_it(clinic_name, settings):
    settings.PUBLIC_URL = LONG_URL
    text = rendering.render(message(clinic_name=clinic_name, moves_visit=True))
    assert "move" in text and "STOP" in text and not text.endswith("{link}")
    letter = rendering.letter(message(channel="email", clinic_name=clinic_name, moves_visit=True))
    assert "until you say yes" in letter.text


def test_a_short_name_gets_the_kind_wording(settings):
    settings.PUBLIC_URL = "https://sb.example"
    assert rendering.render(message(clinic_name="Glow", zone="America/Los_Angeles")) == (
        "Glow: Wed Sep 23 11:30 AM PDT is open. Reply YES or tap {link} by Wed 11:11 AM. NO to pass, STOP to end."
    )


@pytest.mark.parametrize("case", [message("opt_in"), message("answer", answer="joined")], ids=names)
@pytest.mark.parametrize("language", ["en", "es"])
def test_how_many_a_week_is_the_clinics_own_figure(case, language):
    case.context |= {"clinic_name": "Glow", "language": language}
    case.clinic.offers_per_week = 5
    assert re.search(r"at most 5 a week|max. 5 por semana", rendering.render(case))


def test_a_deadline_today_needs_no_day(settings):
    text = rendering.render(message(expires_at=(SENT + timedelta(minutes=15)).isoformat()))
    assert "by 4:45 AM" in text


def test_typography_and_accents_cost_no_second_segment():
    text = rendering.render(message(clinic_name="L’Été – Bőr"))
    assert text.startswith("L'Été - Bor:")
    assert smsutil.is_valid_gsm(text)


def test_another_script_stays_readable():
    assert rendering.render(message(clinic_name="光明诊所")).startswith("光明诊所: ")


def test_a_zone_without_a_name_is_written_by_its_hours():
    assert "3:30 PM GMT-3" in rendering.render(message(clinic_name="Glow", zone="America/Sao_Paulo"))


def test_the_link_is_the_offers_own_and_never_stored():
    offer = message()
    text = rendering.render(offer)
    assert tokens.link("abcd2345") in rendering.fill(text, offer)
    assert "/o/" not in text


names_of_people = st.text(alphabet="qxzjkv", min_size=4, max_size=12)


@given(person=names_of_people, doctor=names_of_people, service=names_of_people, kind=st.sampled_from(list(TEXTS)))
def test_at_level_0_nobody_and_nothing_is_named(person, doctor, service, kind):
    said = rendering.render(message(kind, first_name=person, practitioner=doctor, service=service, location=service))
    assert not any(word in said.lower() for word in (person, doctor, service))


@pytest.mark.parametrize("kind", "offer retracted withdrawn booked changed moved cancelled apology".split())
def test_an_e_mail_says_the_same_and_names_nobody(kind):
    mail = message(kind, channel="email")
    letter = rendering.letter(mail)
    for said in (letter.subject, letter.text, letter.html):
        assert "Wilhelmina" not in said
        assert "Quimby" not in said
        assert "Hydrafacial" not in said
    assert LONG_NAME in letter.text
    assert "&amp;" in letter.html
    assert "&amp;" not in letter.text
    assert rendering.render(mail) == letter.stored
    assert "/o/" not in letter.stored
    assert (tokens.link("abcd2345") in letter.text) == (tokens.link("abcd2345") in letter.html)
