"""Every language says everything English says, in its own way of writing days and times, and as short."""

from datetime import timedelta

import pytest
import smsutil

from notifications import rendering
from notifications.rendering import needs, sms, words
from notifications.rendering.placeholders import names
from notifications.replies.meaning import Meaning, understand
from notifications.states import Kind
from tests.notifications.said import LANGUAGES, LONG_NAME, LONG_URL, SENT, mails, message, name_of, texts
from waitlist.forms.people import LANGUAGES as ASKED_FOR

OTHERS = [language for language in LANGUAGES if language != "en"]
TABLES = ("TEXTS", "DETAILED", "ANSWERS", "MAILS")
every_text = pytest.mark.parametrize("case", [one for code in LANGUAGES for one in texts(code)], ids=name_of)
every_mail = pytest.mark.parametrize("case", [one for code in LANGUAGES for one in mails(code)], ids=name_of)


def public(module):
    return {name for name in vars(module) if name.isupper()}


@pytest.mark.parametrize("language", OTHERS)
def test_no_wording_is_missing(language):
    speaks = words.of(language)
    assert public(words.en) - public(speaks) == set()
    for table in TABLES:
        assert set(getattr(words.en, table)) - set(getattr(speaks, table)) == set(), table
        assert set(getattr(speaks, table)) - set(getattr(words.en, table)) == set(), table


def test_every_kind_that_goes_to_a_patient_has_its_words():
    without = {Kind.ANSWER, Kind.DESK, Kind.ALERT, Kind.TEST, Kind.WRITEBACK}  # by name; staff's own; no patient's
    assert set(words.en.TEXTS) == (set(Kind) | {needs.LINK}) - without - set(needs.MAIL_ONLY)
    assert set(words.en.MAILS) == set(words.en.TEXTS) - set(needs.TEXT_ONLY) | {Kind.DESK, *needs.MAIL_ONLY}
    fixed = {Kind.PASSCODE}  # no clinic words it anew
    assert set(needs.LABELS) == set(words.en.TEXTS) - fixed | {"earlier", *needs.MAIL_ONLY}


@pytest.mark.parametrize("language", OTHERS)
def test_the_first_wording_has_the_same_facts_in_every_language(language):
    speaks = words.of(language)
    for table in ("TEXTS", "DETAILED", "ANSWERS"):
        for kind, wordings in getattr(words.en, table).items():
            assert set(names(getattr(speaks, table)[kind][0])) == set(names(wordings[0])), (table, kind)


@every_text
def test_every_text_with_the_longest_values_is_one_segment(case, settings):
    settings.PUBLIC_URL = LONG_URL
    filled = rendering.fill(rendering.render(case), case)
    assert smsutil.is_valid_gsm(filled), filled
    assert rendering.segments(filled) == 1, (len(filled), filled)
    assert "{" not in filled


@every_text
def test_every_text_says_whom_it_is_from_and_shows_no_link_first_or_last(case, settings):
    settings.PUBLIC_URL = LONG_URL
    text = rendering.render(case)
    assert LONG_NAME.split()[0] in text[:25]
    assert not text.startswith("{link}") and not text.rstrip(" .,;:!").endswith("{link}")


@every_mail
def test_every_mail_is_whole(case):
    letter = rendering.letter(case)
    assert LONG_NAME in letter.subject and LONG_NAME in letter.text
    assert f'lang="{case.context["language"]}"' in letter.html
    assert "{" not in letter.subject + letter.text


def test_a_language_we_lack_is_answered_in_english():
    assert words.known("es-MX") == "es" and words.known("ES") == "es"
    assert {words.known(code) for code in ("vi", "", "x", "english")} == {"en"}
    assert rendering.render(message(language="vi")) == rendering.render(message(language="en"))
    assert set(words.LANGUAGES) <= {code for code, _ in ASKED_FOR}


def test_spanish_as_it_is_written(settings):
    settings.PUBLIC_URL = "https://sb.example"
    text = rendering.render(message(language="es", clinic_name="Glow", zone="America/Los_Angeles"))
    assert text == (
        "Glow: mié 23 sep 11:30 AM PDT esta libre. Responda SI o toque {link} hasta el mié 11:11 AM. STOP: no mas"
    )
    letter = rendering.letter(message(channel="email", language="es", zone="America/Los_Angeles"))
    assert "Miércoles 23 de septiembre a las 11:30 AM PDT" in letter.text
    assert "En su propio reloj: 2:30 PM EDT." in letter.text and "No más mensajes como este" in letter.text


def test_one_o_clock_is_singular_in_spanish():
    starts = "2026-12-11T21:05:00+00:00"
    letter = rendering.letter(message(channel="email", language="es", zone="America/Los_Angeles", starts_at=starts))
    assert "Viernes 11 de diciembre a la 1:05 PM PST" in letter.text


@pytest.mark.parametrize(
    ("hours", "en", "es"), [(1, "today", "hoy"), (23, "tomorrow", "mañana"), (70, "on Fri", "el vier")]
)
def test_when_somebody_reads_it(hours, en, es):
    opens_at = (SENT + timedelta(hours=hours)).isoformat()
    for language, said in (("en", en), ("es", es)):
        answer = message("answer", answer="after_hours", language=language, opens_at=opens_at, clinic_name="Glow")
        assert said in rendering.render(answer)


def test_without_desk_hours_it_names_none():
    assert "when we are back" in rendering.render(message("answer", answer="after_hours"))


def test_what_may_be_confirmed_and_taken_says_which_is_which(settings):
    settings.PUBLIC_URL = LONG_URL
    (asked,) = [one for one in texts("en") if one.context.get("answer") == "which_reminder"]
    assert "1 to take Wed" in rendering.render(asked) and "2 to confirm Wed" in rendering.render(asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_we_ask_for_are_understood(language):
    speaks = words.of(language)
    assert {understand(word).meaning for word in speaks.YES_WORDS} == {Meaning.YES}
    assert {understand(word).meaning for word in speaks.WAYS_OUT} == {Meaning.STOP}
    assert understand("NO").meaning == Meaning.NO
    assert any(word in sms.plain(rendering.render(message(language=language))) for word in speaks.YES_WORDS)


def test_what_staff_wrote_goes_in_their_words_and_says_whom_it_is_from():
    desk = message("desk", text="Hola, Ana: {service} mañana más tarde", clinic_name="Glow")
    assert rendering.render(desk) == "Glow: Hola, Ana: {service} mañana mas tarde"
    mail = rendering.letter(message("desk", "email", text="One.\n\nTwo."))
    assert "One." in mail.text and '<p style="margin:0 0 12px">Two.</p>' in mail.html


def test_a_visit_without_a_page_is_reminded_of_by_phone():
    reminder = message("reminder")
    reminder.offer = None
    text = rendering.render(reminder)
    assert "Reply C or YES" in text and "(415) 555-0123" in text and "{link}" not in text
