"""Every module of ours has its place in the layers contract, and every named place is one line there."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["audit", "matching", "notifications", "waitlist"]
# Django's own furniture: what it declares is tied together by names, not by imports.
FURNITURE = {"apps", "migrations", "templatetags", "admin"}


def places() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    storeys = settings["contracts"][0]["layers"]
    return [name.strip(" ()") for storey in storeys for name in storey.replace(":", "|").split("|")]


def modules(folder: Path) -> set[str]:
    """By dotted name. A package is one where the contract names it; else each of its own has a place."""
    found = set()
    for path in folder.iterdir():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path.suffix == ".py" and path.stem not in FURNITURE | {"__init__"}:
            found.add(name)
        elif (path / "__init__.py").exists() and path.stem not in FURNITURE:
            found |= {name} if name in places() else modules(path)
    return found


def test_every_module_is_named_in_the_contract():
    found = set().union(*(modules(ROOT / room) for room in ROOMS))
    assert "matching.answering.booking" in found and "matching.views" in found
    assert found - set(places()) == set()


def test_no_module_has_two_places():
    assert sorted(places()) == sorted(set(places()))


def test_modules_stay_small():
    paths = [path for room in [*ROOMS, "config", "ops"] for path in (ROOT / room).rglob("*.py")]
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > 250 and "/migrations/" not in name} == {}
