"""What the tests of languages read: the words of the catalogues, and which templates patients see."""

import re
from pathlib import Path

from ops import translations

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
EXTENDS, INCLUDES = re.compile(r'{% extends "([^"]+)"'), re.compile(r'{% include "([^"]+)"')
SAME = {"am", "may", "mar"}  # the morning, a month, and a month or a Tuesday: in both


def patients_templates() -> list[str]:
    """Every template whose page stands in patient.html, and all they include; the demo speaks to who tries it out."""
    sources = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    theirs, found = {"patient.html"}, -1
    while len(theirs) != found:
        found = len(theirs)
        theirs |= {name for name, source in sources.items() if set(EXTENDS.findall(source)) & theirs}
        theirs |= {name for one in list(theirs) for name in INCLUDES.findall(sources[one])}
    return sorted(name for name in theirs if not name.startswith("demo/"))


def bare_words(source: str) -> list[str]:
    """The words of a template that no tag translates, between its elements and in what is read aloud."""
    source = re.sub(r"{#.*?#}", "", source)
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}", "\0", source, flags=re.S)
    spoken = re.findall(r'(?:aria-label|title|alt|placeholder|data-\w+)="([^"]*)"', source)
    spoken += re.findall(r'property="og:\w+" content="([^"]*)"', source)
    return re.findall(r"[^\W\d_]{2,}", " ".join([re.sub(r"<[^>]*>", " ", source), *spoken]))


def marks(text: str) -> tuple[list[str], list[str]]:
    """The facts a sentence takes in and its elements, which each language has to keep."""
    return sorted(re.findall(r"%\(\w+\)s|{\w+}|%%", text)), sorted(re.findall(r"</?\w+[^>]*>", text))


def words(text: str) -> set[str]:
    """The words of a sentence without its elements and facts."""
    text = re.sub(r"<[^>]*>|%\(\w+\)s|{\w+}", " ", text)
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", text)}


def told_apart(language: str = "es") -> tuple[set[str], set[str]]:
    """Words that stand in English sentences alone, and those of the other language alone."""
    english, other = set(), set()
    for one in translations.catalog(language):
        if one.id and one.context != "date":
            for text in one.id if isinstance(one.id, tuple) else (one.id,):
                english |= words(text)
            for text in one.string if isinstance(one.string, tuple | list) else (one.string,):
                other |= words(text)
    return english - other - SAME, other - english - SAME
