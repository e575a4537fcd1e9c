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


def test_every_module_is_named_in_the_contract():
    found = {
        f"{room}.{path.stem}"
        for room in ROOMS
        for path in (ROOT / room).iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in FURNITURE | {"__init__"}
    }
    assert found - set(places()) == set()


def test_no_module_has_two_places():
    assert sorted(places()) == sorted(set(places()))


def test_modules_stay_small():
    paths = [path for room in [*ROOMS, "config", "ops"] for path in (ROOT / room).rglob("*.py")]
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > 250 and "/migrations/" not in name} == {}
