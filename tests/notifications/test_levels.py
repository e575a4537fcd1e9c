"""Content levels: at 0 nobody and nothing is named, whatever they are called; 1 and 2 name what was agreed to."""

from random import Random

import pytest

from notifications import rendering
from notifications.rendering import links, words
from notifications.rendering.mentions import everyday, mentioned
from notifications.states import Kind
from tests.notifications.said import LANGUAGES, LONG_NAME, LONG_URL, NAMES, mails, message, name_of, texts

FIRST = "Wilhelmina Ana Li Zoë José Sam May Hope Grace Bo X Ñandú Óscar 李 Nguyễn O'Brien".split()
LAST = "Quimby Chen Vandersloot Ruiz García Ng Stone Baker D’Angelo Öztürk".split()
WHAT = "Botox Hydrafacial Laser Peel Filler Vasectomy Pap-Test HIV Depression Acné Depilación 光子嫩肤".split()
PLACES = "Annex Downtown Soho Oakland Piedmont Marina".split()


def named(case):
    """All a patient is shown of it: as text, or as subject, text and page."""
    if case.channel == "sms":
        return [links.fill_with_stand_in(rendering.render(case))]
    letter = rendering.letter(case)
    return [letter.subject, letter.text.replace(letter.unsubscribe_url, ""), letter.html]


def draw(random: Random) -> dict[str, str]:
    return {
        "first_name": random.choice(FIRST),
        "practitioner": f"{random.choice(('Dr ', 'Dra. ', ''))}{random.choice(LAST)}-{random.choice(LAST)}",
        "service": f"{random.choice(WHAT)} {random.choice(WHAT)}",
        "location": f"{random.choice(PLACES)} {random.randrange(100, 999)}",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_level_0_nobody_and_nothing_is_named(language, settings):
    """Every kind, every answer, both channels, whatever they are called; and each text is one segment."""
    settings.PUBLIC_URL = LONG_URL
    random = Random(20261126)
    for _ in range(20):
        names = draw(random)
        telling = [name for name in names.values() if name.casefold() not in everyday()]  # “May” is a month, too
        for case in (*texts(language, **names), *mails(language, **names)):
            for said in named(case):
                said = said.replace(LONG_NAME, "").replace(LONG_NAME.replace("&", "&amp;"), "")
                assert mentioned(said, telling) == [], (name_of(case), names)
            if case.channel == "sms":
                assert rendering.segments(rendering.render(case)) == 1, name_of(case)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_proof_itself_notices(language):
    """The same look finds names where they are allowed."""
    offer = message(language=language, may=2)
    assert set(mentioned(named(offer)[0], NAMES.values())) == set(NAMES.values()) - {"Annex"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2])
def test_more_is_said_where_they_agreed_in_two_segments_at_most(language, level, settings):
    settings.PUBLIC_URL = LONG_URL
    for case in texts(language, may=level):
        text = rendering.render(case)
        assert rendering.segments(text) <= 2, (name_of(case), text)
        if case.kind in words.of(language).DETAILED and not case.context.get("is_confirmed"):
            assert "Wilhelmina" in text and "Quimby" in text, (name_of(case), text)
            assert ("Hydrafacial" in text) == (level == 2), (name_of(case), text)
            assert "Annex" not in text
    for case in mails(language, may=level):
        letter = rendering.letter(case)
        assert "Wilhelmina" in letter.text
        if case.kind != "still":  # which is about no visit
            assert "Quimby" in letter.text
            assert ("Hydrafacial" in letter.html) == (level == 2)
        assert mentioned(letter.subject, NAMES.values()) == [], "a locked phone shows the subject"


def test_a_longer_text_states_what_the_short_one_leaves_to_the_page(settings):
    settings.PUBLIC_URL = "https://sb.example"
    text = rendering.render(message(may=2, clinic_name="Glow", service="Peel", practitioner="Dr Chen"))
    assert text == (
        "Glow: Wilhelmina, Wed Sep 23 10:30 AM AKDT (2:30 PM EDT) for Peel with Dr Chen is open. Reply YES or tap"
        " {link} to take it, by Wed 10:11 AM. NO to pass, STOP to opt out. This is automated; questions? Call (415)"
        " 555-0123."
    )
    booked = rendering.render(message("booked", may=1, code="WL-8934", patient_zone=""))
    assert "Your code is WL-8934" in booked and "EDT" not in booked


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_detail_ends_with_the_consent_to_it_or_when_the_clinic_says_less(channel):
    def says(case):
        return "Quimby" in " ".join(named(case))

    assert says(message(channel=channel, may=1))
    withdrawn = message(channel=channel, may=1)
    withdrawn.contact_point.granted = [f"offers:{channel}", "detail:voice"]
    less = message(channel=channel, may=1)
    less.clinic.content_level = 0
    assert not says(withdrawn) and not says(less) and not says(message(channel=channel, may=2, level=0))


def test_what_goes_to_everybody_alike_names_nobody_at_any_level():
    for kind in (Kind.STOPPED, Kind.OPT_IN):
        assert rendering.render(message(kind, may=2)) == rendering.render(message(kind))
