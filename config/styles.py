"""Stylesheets: an entry for each audience in static/css/, which imports its rooms, each into a cascade layer.

Fetching them one after the other would double the wait for the first words. So the patients' stands in each page,
named to the content security policy by its hash (no other style may stand in a page); the others' are found as one
file (config.finders).
"""

import base64
import hashlib
import re
from pathlib import Path

ENTRIES = ("css/staff.css", "css/patient.css", "css/phones.css")
WHOLE = {"css/staff.whole.css": "css/staff.css", "css/phones.whole.css": "css/phones.css"}
IMPORT = re.compile(r'^@import "(?P<file>[\w/.]+)" layer\((?P<layer>\w+)\);$', re.MULTILINE)
COMMENTS = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
INDENTS = re.compile(r"\n\s*")


def read(entry: Path) -> str:
    """An entry with its rooms in place of their imports, without comments and indents."""

    def room(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{(entry.parent / found['file']).read_text()}}}"

    return INDENTS.sub("\n", COMMENTS.sub("", IMPORT.sub(room, entry.read_text()))).strip()


def source(css: str) -> str:
    """As the policy's style-src names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"
