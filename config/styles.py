"""The stylesheet of patients' pages. It stands in each page: on a slow network, fetching it would double the wait for
the first words. The content security policy names it by its hash, so no other style may stand in a page.
"""

import base64
import hashlib
import re
from pathlib import Path

FILES = ("tokens.css", "offer.css")
COMMENTS = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
INDENTS = re.compile(r"\n\s*")


def read(folder: Path) -> str:
    """Its files as one, without comments and indents."""
    whole = "\n".join((folder / name).read_text() for name in FILES)
    return INDENTS.sub("\n", COMMENTS.sub("", whole)).strip()


def source(css: str) -> str:
    """As the policy's style-src names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"
