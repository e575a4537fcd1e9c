"""Wordings with {names} in them: filled in by name and by nothing else, whoever wrote them."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def names(wording: str) -> list[str]:
    """The names in it, in order."""
    return PLACEHOLDER.findall(wording)


def is_whole(wording: str) -> bool:
    """Whether every brace belongs to a name: no format, no attribute, nothing half open."""
    return not re.search(r"[{}]", PLACEHOLDER.sub("", wording))


def write(wording: str, facts: Mapping[str, str]) -> str | None:
    """The wording with the facts in it; None where one is not known. What a fact says is never read as a name."""
    if any(name not in facts for name in names(wording)):
        return None
    return PLACEHOLDER.sub(lambda found: facts[found[1]], wording)
