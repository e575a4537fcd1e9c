"""What a call says: who calls first, our number last, times as people say them, and at level 0 nobody's name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rendering
from notifications.rendering import voice
from notifications.rendering.spoken_times import ZONE_NAMES, moment
from notifications.rules.places import STATE_ZONES
from tests.notifications.test_rendering import LONG_NAME, message

ENDINGS = [name for name in voice.ENGLISH if not name.startswith(("keys", "call"))]
SAID = [(name, language) for name in ENDINGS for language in voice.WORDS]


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


@pytest.mark.parametrize(
    ("utc", "zone", "english", "spanish"),
    [
        ("2026-12-11T22:00", "America/Los_Angeles", "Friday, December 11 at 2 PM, Pacific time",
         "el viernes 11 de diciembre a las 2 de la tarde, hora del Pacífico"),
        ("2026-12-11T14:30", "America/New_York", "Friday, December 11 at 9:30 AM, Eastern time",
         "el viernes 11 de diciembre a las 9:30 de la mañana, hora del Este"),
        ("2026-07-01T19:00", "America/Phoenix", "Wednesday, July 1 at noon, Arizona time",
         "el miércoles 1 de julio al mediodía, hora de Arizona"),
        ("2026-07-01T23:00", "Pacific/Honolulu", "Wednesday, July 1 at 1 PM, Hawaii time",
         "el miércoles 1 de julio a la 1 de la tarde, hora de Hawái"),
        ("2026-07-02T02:15", "America/Chicago", "Wednesday, July 1 at 9:15 PM, Central time",
         "el miércoles 1 de julio a las 9:15 de la noche, hora del Centro"),
        ("2026-07-01T10:00", "Europe/Lisbon", "Wednesday, July 1 at 11 AM, Lisbon time",
         "el miércoles 1 de julio a las 11 de la mañana, hora de Lisbon"),
    ],
)  # fmt: skip
def test_a_time_as_it_is_said(utc, zone, english, spanish):
    local = at(utc, zone)
    long_before = local.date() - timedelta(days=9)
    assert moment(local, zone, "en", today=long_before) == english
    assert moment(local, zone, "es", today=long_before) == spanish


def test_today_and_tomorrow_are_said():
    local = at("2026-12-11T22:00", "America/Los_Angeles")
    assert moment(local, "America/Los_Angeles", "en", today=local.date()).startswith("today, Friday")
    assert moment(local, "America/Los_Angeles", "es", today=local.date()).startswith("hoy viernes")
    yesterday = local.date() - timedelta(days=1)
    assert moment(local, "America/Los_Angeles", "en", today=yesterday).startswith("tomorrow, Friday")
    assert moment(local, "America/Los_Angeles", "es", today=yesterday).startswith("mañana viernes")


def test_every_zone_of_the_fifty_states_has_a_name():
    named = {zone for zones in STATE_ZONES.values() for zone in zones} - set(ZONE_NAMES)
    assert named <= {"America/Adak", "Pacific/Guam", "Pacific/Pago_Pago"}


def test_the_words_of_an_offer():
    assert rendering.render(message(channel="voice")) == (
        f"Hello, this is an automated call from {LONG_NAME}. A time has opened up:"
        " tomorrow, Wednesday, September 23 at 10:30 AM, Alaska time."
        " To take it, press 1. To pass, press 2. To get no more calls or texts from us, press 9."
        " To speak with us, call (415) 555-0123."
    )


def test_an_earlier_time_keeps_the_visit_they_have():
    said = rendering.render(message(channel="voice", moves_visit=True))
    assert "An earlier time" in said
    assert "To keep the visit you have, press 2." in said
    assert "To keep the visit you have, press 2." in voice.say("wrong", message(channel="voice", moves_visit=True))


@pytest.mark.parametrize(("name", "language"), SAID)
def test_every_sentence_is_whole(name, language):
    said = voice.say(name, message(channel="voice", language=language))
    assert "{" not in said and "  " not in said and said[0].isupper() and said.endswith((".", "!"))
    assert voice.tag(message(channel="voice", language=language)) == voice.TAGS[language]


def test_the_two_languages_say_the_same_things():
    assert voice.ENGLISH.keys() == voice.SPANISH.keys()
    assert all(voice.ENGLISH[name] != voice.SPANISH[name] for name in voice.ENGLISH)


@pytest.mark.parametrize("language", ["zh", "vi", "", "EN", "e"])
def test_a_language_without_words_hears_english(language):
    assert rendering.render(message(channel="voice", language=language)).startswith("Hello")


def test_without_a_number_of_ours_they_are_asked_to_call_all_the_same():
    nameless = message(channel="voice", clinic_phone="")
    nameless.clinic.phone = ""
    assert "To speak with us, call us." in voice.say("declined", nameless)


names = st.text(alphabet=st.characters(codec="utf-8", categories=("Lu", "Ll")), min_size=12, max_size=40)


@given(patient=names, service=names, practitioner=names, place=names)
def test_at_level_0_nothing_tells_who_or_what_for(patient, service, practitioner, place):
    theirs = {"first_name": patient, "service": service, "practitioner": practitioner, "location": place}
    for name, language in SAID:
        said = voice.say(name, message(channel="voice", language=language, **theirs))
        assert not [word for word in theirs.values() if word in said]
