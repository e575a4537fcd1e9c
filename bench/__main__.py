"""python -m bench bench|soak [name…]: run all measurements of a kind, or the named ones, one after the other."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(kind: str, names: list[str]) -> int:
    """The number of measurements that failed or missed a bar."""
    found = sorted(path.stem for path in HERE.glob(f"{kind}_*.py"))
    wanted = [module for module in found if not names or module in names or module.split("_", 1)[1] in names]
    if not wanted:
        print(f"No measurement {' '.join(names)} of kind {kind}: there are {', '.join(found) or 'none'}.")
        return 1
    failed = [
        module
        for module in wanted
        if subprocess.run([sys.executable, "-m", "bench.run", module], cwd=HERE.parent, check=False).returncode
    ]
    if failed:
        print(f"\nFailed or missed a bar: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
