"""Every word of a patient's page has its translation: none missing, unsure, left over, or not compiled."""

import gettext
from pathlib import Path

import django
import pytest
from django.conf import settings

from notifications.rendering import words
from ops import translations
from tests.patient.catalogues import TEMPLATES, bare_words, marks, patients_templates

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def strings(one) -> list[tuple[str, str]]:
    """Each form of a message with its translation."""
    if isinstance(one.id, tuple):
        return [(one.id[-1], text) for text in one.string]
    return [(one.id, one.string)]


def test_pages_speak_the_languages_of_the_texts():
    assert {code for code, _ in settings.LANGUAGES} == set(words.LANGUAGES)


@pytest.mark.parametrize("name", patients_templates())
def test_no_word_of_a_template_stands_outside_a_tag_that_translates_it(name):
    bare = bare_words((TEMPLATES / name).read_text())
    assert set(bare) <= {"min", "WL"}, "a unit and a code: the same in Spanish"


def test_a_bare_word_would_be_seen():
    assert bare_words('<p>{% translate "Yes" %} now</p>') == ["now"]
    assert bare_words('<a aria-label="Go {{ there }}">{{ name }}</a>') == ["Go"]
    assert {"matching/offer/open.html", "matching/offer/_facts.html", "notifications/join.html"} <= set(
        patients_templates()
    )


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_has_what_is_asked_for_and_nothing_else(self, language):
        known = {(one.context, one.id) for one in translations.catalog(language) if one.id}
        assert known == set(translations.found()), "run: make messages"

    def test_is_whole_and_sure(self, language):
        for one in translations.catalog(language):
            if one.id:
                assert not one.fuzzy, one.id
                assert all(text for _, text in strings(one)), one.id

    def test_keeps_every_fact_and_element(self, language):
        for one in translations.catalog(language):
            for asked, text in strings(one) if one.id else ():
                assert marks(asked) == marks(text), asked

    def test_is_compiled_as_it_stands(self, language):
        compiled = translations.po(language).with_suffix(".mo").read_bytes()
        assert compiled == translations.compiled(language), "run: make messages"

    def test_takes_no_word_of_django_s_own_to_mean_another(self, language):
        path = Path(django.__path__[0]) / "conf" / "locale" / language / "LC_MESSAGES" / "django.mo"
        with path.open("rb") as file:
            theirs = gettext.GNUTranslations(file)
        for one in translations.catalog(language):
            if isinstance(one.id, str) and one.id and not one.context:
                assert theirs.gettext(one.id) in (one.id, one.string), one.id


def test_what_code_and_templates_ask_for_is_found():
    source = 'gettext("a"); pgettext("in", "b"); ngettext("c", "d", 2); gettext(x); other("e")'
    source += '; npgettext("in", "c", "d", 2)'
    said = [(None, "a"), ("in", "b"), (None, ("c", "d")), ("in", ("c", "d"))]
    assert list(translations.of_module(source)) == said
    found = translations.found()
    assert (None, "You go on waiting for <b>%(services)s</b> as well.") in found
    assert (None, ("Free to cancel for %(minutes)s minute", "Free to cancel for %(minutes)s minutes")) in found
