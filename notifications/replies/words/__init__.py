"""The words people answer with, one module a language; their patterns are searched together."""

import re

from notifications.replies.words import chinese, english, spanish, vietnamese
from notifications.replies.words.table import Words

LANGUAGES: tuple[Words, ...] = (english.WORDS, spanish.WORDS, chinese.WORDS, vietnamese.WORDS)


def every(name: str) -> frozenset[str]:
    """The single words of this name in every language."""
    return frozenset[str]().union(*(getattr(language, name) for language in LANGUAGES))


def pattern(name: str, *, accented: bool | None = None) -> re.Pattern[str]:
    """The patterns of this name, of every language or of those written with or without their accents."""
    mine = [one for one in LANGUAGES if accented is None or one.is_accented == accented]
    parts = [part for language in mine for part in getattr(language, name)]
    return re.compile("|".join(parts) or r"(?!)")


def reasons(*, accented: bool) -> dict[str, re.Pattern[str]]:
    """Each reason of a no with what says it; the first that is found counts."""
    mine = [one.reasons for one in LANGUAGES if one.is_accented == accented]
    names = dict.fromkeys(name for table in mine for name in table)
    return {name: re.compile("|".join(part for table in mine for part in table.get(name, ()))) for name in names}
