"""The stylesheets keep house: small rooms, each in a layer; colours in tokens only; no class without its other half."""

import re
from itertools import chain
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from config import styles

ROOT = Path(__file__).resolve().parents[1]
CSS = ROOT / "static/css"
ROOMS = sorted(CSS.glob("*/*.css"))
ENTRIES = [Path(finders.find(entry)) for entry in styles.ENTRIES]
SOURCES = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/*.js")] + [
    file for app in ("audit", "waitlist", "notifications", "matching", "config") for file in ROOT.glob(f"{app}/**/*.py")
]
OF_OTHERS = {"htmx-request"}  # set by htmx while it waits
A_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(", re.IGNORECASE)
A_CLASS = re.compile(r"\.(-?[a-z][\w-]*)", re.IGNORECASE)


def rules(file: Path) -> str:
    return styles.COMMENTS.sub("", file.read_text())


def selectors(file: Path) -> str:
    return " ".join(re.findall(r"([^{}]+){", rules(file)))


def imports(entry: Path) -> dict[Path, str]:
    """Its rooms, each with the layer it is in."""
    return {entry.parent / found["file"]: found["layer"] for found in styles.IMPORT.finditer(entry.read_text())}


def classes_in_templates() -> set[str]:
    """Those written out in full."""
    text = " ".join(file.read_text() for file in SOURCES if file.suffix == ".html")
    text = re.sub(r"{{.*?}}", "…", re.sub(r"{%.*?%}", " ", text))
    words = chain.from_iterable(found.split() for found in re.findall(r'class="([^"]*)"', text))
    return {word for word in words if "…" not in word}


@pytest.mark.parametrize("file", [*ROOMS, *ENTRIES], ids=lambda file: str(file.relative_to(CSS)))
def test_a_file_is_small_and_opens_with_what_it_is_for(file):
    text = file.read_text()
    assert text.startswith("/* ") and text.count("\n") < 120
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda file: file.name)
def test_every_rule_is_in_a_layer_that_its_entry_declares_first(entry):
    first, *rest = rules(entry).strip().splitlines()
    layers = re.fullmatch(r"@layer ([\w, ]+);", first)[1].split(", ")
    assert len(rest) == len(imports(entry))  # an entry holds nothing but imports, each into a layer
    named = list(imports(entry).values())
    assert list(dict.fromkeys(named)) == layers == sorted(set(named), key=layers.index)
    assert not any("@layer" in rules(room) or "@import" in rules(room) for room in imports(entry))


def test_every_room_is_in_some_entry():
    assert set(ROOMS) == set(chain.from_iterable(imports(entry) for entry in ENTRIES))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda file: file.name)
def test_colours_are_tokens_and_every_token_is_used(entry):
    tokens = [room for room, layer in imports(entry).items() if layer == "tokens"]
    others = {room.name: rules(room) for room in imports(entry) if room not in tokens}
    assert {name: found for name, text in others.items() if (found := A_COLOUR.findall(text))} == {}
    defined = {name for room in tokens for name in re.findall(r"(--[\w-]+):", room.read_text())}
    assert {name for text in others.values() for name in re.findall(r"var\((--[\w-]+)", text)} <= defined
    everywhere = "".join(room.read_text() for room in ROOMS)
    assert {name for name in defined if f"var({name})" not in everywhere} == set()


def test_every_class_of_a_stylesheet_is_used():
    text = " ".join(file.read_text() for file in SOURCES)
    words = set(re.findall(r"[\w-]+", text))
    endings = tuple(re.findall(r"}}(-\w+)", text))  # {{ tone }}-text
    named = set(A_CLASS.findall(" ".join(selectors(room) for room in ROOMS)))
    assert {name for name in named - words - OF_OTHERS if not name.endswith(endings)} == set()


def test_every_class_of_a_template_has_a_rule_or_a_reader():
    named = set(A_CLASS.findall(" ".join(selectors(room) for room in ROOMS)))
    scripts = " ".join(file.read_text() for file in SOURCES if file.suffix == ".js")
    assert {name for name in classes_in_templates() - named if name not in scripts} == set()


def test_an_entry_in_one_piece_holds_its_rooms_in_its_order():
    for entry in ENTRIES:
        whole = styles.read(entry)
        assert "@import" not in whole and "/*" not in whole
        assert re.findall(r"^@layer (\w+) {", whole, re.MULTILINE) == list(imports(entry).values())
        for room in imports(entry):
            assert styles.INDENTS.sub("\n", rules(room)).strip() in whole
