"""What the patients' pages say, gathered from templates and code into locale/*/LC_MESSAGES: a .po to translate in, and
the .mo Django reads, written by Babel since GNU gettext may be absent.

    make messages
"""

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("audit", "config", "matching", "notifications", "waitlist")
PLAIN = {"gettext", "gettext_lazy", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
COUNTED = {"ngettext", "ngettext_lazy"}
HEAD = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
Said = tuple[str | None, str | tuple[str, str]]  # its context, and the words; with a plural where they are counted


def found() -> dict[Said, set[str]]:
    """Everything our own templates and modules ask to have translated, and where."""
    said: dict[Said, set[str]] = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for one in of_template(path.relative_to(ROOT / "templates").as_posix()):
            said.setdefault(one, set()).add(path.relative_to(ROOT).as_posix())
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for one in of_module(path.read_text()):
                said.setdefault(one, set()).add(path.relative_to(ROOT).as_posix())
    return said


def of_template(name: str) -> Iterator[Said]:
    """What the translate and blocktranslate tags of one template ask for."""
    nodes: Any = get_template(name).template.nodelist  # type: ignore[attr-defined]
    for plain in nodes.get_nodes_by_type(TranslateNode):
        words = plain.filter_expression.var.literal
        if isinstance(words, str):
            yield _context(plain), str(words).replace("%", "%%")
    for block in nodes.get_nodes_by_type(BlockTranslateNode):
        singular, _ = block.render_token_list(block.singular)
        if block.plural:
            yield _context(block), (singular, block.render_token_list(block.plural)[0])
        else:
            yield _context(block), singular


def of_module(source: str) -> Iterator[Said]:
    """What one module asks for, by the names gettext has in Django."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if node.func.id in PLAIN and len(words) == 1:
            yield None, words[0]
        elif node.func.id in IN_CONTEXT and len(words) == 2:
            yield words[0], words[1]
        elif node.func.id in COUNTED and len(words) == 2:
            yield None, (words[0], words[1])
        elif node.func.id == "npgettext" and len(words) == 3:
            yield words[0], (words[1], words[2])


class Lean(Catalog):
    """Without the dates and the tool's version in its head, which would change with every run."""

    def __init__(self, language: str) -> None:
        super().__init__(language, charset="utf-8", fuzzy=False, header_comment=f"# The patients' pages: {language}.")

    def __iter__(self) -> Iterator[Message]:
        lines = [f"{name}: {value}\n" for name, value in self.mime_headers if name in HEAD]
        yield Message("", "".join(lines))
        yield from self._messages.values()


def catalog(language: str) -> Catalog:
    """The .po of this language as it is now; empty where there is none."""
    path = po(language)
    if not path.exists():
        return Lean(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def write(language: str) -> list[str]:
    """Bring both files up to what is asked for: what is gone leaves, what is new waits empty. Returns what waits."""
    old, new, path = catalog(language), Lean(language), po(language)
    for (context, words), where in sorted(found().items(), key=lambda pair: (min(pair[1]), str(pair[0]))):
        known = old.get(words if isinstance(words, str) else words[0], context)
        new.add(words, known.string if known else None, [(name, 0) for name in sorted(where)], context=context)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=110, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(language))
    return [str(one.id) for one in new if one.id and not _is_whole(one.string)]


def compiled(language: str) -> bytes:
    """The .mo that this .po makes, the same bytes every time; what is fuzzy or empty stays out."""
    lean, file = Lean(language), BytesIO()
    for one in catalog(language):
        if one.id and not one.fuzzy:
            lean.add(one.id, one.string, context=one.context)
    write_mo(file, lean)
    return file.getvalue()


def _is_whole(words: Any) -> bool:
    return all(words) if isinstance(words, tuple | list) else bool(words)


def _context(node: Any) -> str | None:
    return node.message_context.var if node.message_context else None


def main() -> int:
    django.setup()
    waits = {code: write(code) for code, _ in settings.LANGUAGES if code != "en"}
    for language, words in waits.items():
        print(f"{po(language).relative_to(ROOT)}: {len(words)} to translate", *words, sep="\n  ")
    return 1 if any(waits.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
