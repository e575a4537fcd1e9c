"""Wordings by language: one module of data each, all with the same names. A language joins by its module here."""

from types import ModuleType

from notifications.rendering.words import en, es

LANGUAGES: dict[str, ModuleType] = {"en": en, "es": es}


def known(language: str) -> str:
    """The language we have words in for somebody who speaks this one: “es” for es-MX, English for those we lack."""
    code = language.replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else "en"


def of(language: str) -> ModuleType:
    """The words of this language, else English."""
    return LANGUAGES[known(language)]
