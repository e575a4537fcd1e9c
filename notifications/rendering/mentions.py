"""Names in a wording: of practitioners, services and people, as whole words, whatever their accents."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from notifications.rendering import words
from notifications.rendering.placeholders import PLACEHOLDER

TITLES = frozenset("dr dra mr mrs ms mx sr sra srta prof md np rn pa dds dvm phd".split())
SHORTEST = 3  # letters of a part of a name that says whose it is


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """Those of the names that stand in the text: whole, or by a word of theirs that is no everyday word."""
    said = f" {' '.join(_words(text))} "
    return [name for name in names if any(f" {part} " in said for part in _parts(name))]


def _parts(name: str) -> set[str]:
    mine = _words(name)
    telling = {word for word in mine if len(word) >= SHORTEST and word not in TITLES and word not in everyday()}
    whole = " ".join(mine)
    return telling | ({whole} if len(mine) > 1 and not set(mine) <= everyday() | TITLES else set())


@cache
def everyday() -> frozenset[str]:
    """Words of our own wordings: a service called “First visit” does not make “visit” a name."""
    said = [
        wording
        for language in words.LANGUAGES.values()
        for table in (language.TEXTS, language.DETAILED, language.ANSWERS)
        for wordings in table.values()
        for wording in wordings
    ]
    said += [
        " ".join((mail.subject, mail.heading, *mail.lines))
        for language in words.LANGUAGES.values()
        for mail in language.MAILS.values()
    ]
    said += [name for language in words.LANGUAGES.values() for name in (*language.DAYS, *language.MONTHS)]
    return frozenset(word for wording in said for word in _words(wording))


def _words(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", PLACEHOLDER.sub(" ", text)).casefold()
    return re.findall(r"\w+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
