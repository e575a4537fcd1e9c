"""A result as a table for people and as JSON for machines."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass
class Result:
    """Rows of equal columns, single facts beside them, and one sentence for every bar that was missed.

    `top` is what others look for by name at the top of the document.
    """

    rows: list[dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    top: dict[str, int] = field(default_factory=dict)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of the values do not exceed."""
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[percent - 1]


def shown(value: Any) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def table(rows: list[dict[str, Any]]) -> str:
    """Columns as wide as their widest cell, numbers to the right."""
    if not rows:
        return "(no rows)"
    names = list(rows[0])
    lines = [names] + [[shown(row[name]) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    numeric = [all(isinstance(row[name], int | float) for row in rows) for name in names]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def publish(name: str, title: str, result: Result, *, seconds: float) -> None:
    """Print the table and write bench/results/<name>.json."""
    print(f"\n{name}: {title}\n{table(result.rows)}")
    for fact, value in {**result.top, **result.facts}.items():
        print(f"{fact}: {shown(value)}")
    for sentence in result.missed:
        print(f"MISSED: {sentence}")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "name": name,
        "title": title,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "seconds": round(seconds, 1),
        **result.top,
        "rows": result.rows,
        "facts": result.facts,
        "missed": result.missed,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1, default=str) + "\n")
