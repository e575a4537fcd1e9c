"""The documents name every column there is, and every answer of the door."""

from pathlib import Path

import pytest

from waitlist import imports

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("kind", imports.KINDS)
def test_every_column_is_documented(kind):
    text = (DOCS / "csv.md").read_text()
    required, optional = imports.columns(kind)
    row = next(line for line in text.splitlines() if line.startswith(f"| `{kind}` |"))
    for name in required:
        assert f"**`{name}`**" in row
    if kind == "waitlist":
        row += next(line for line in text.splitlines() if line.startswith("| `patients` |"))
    for name in optional:
        assert f"`{name}`" in row
