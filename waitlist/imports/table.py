"""A CSV file as rows that know their line, whatever program wrote it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

MAX_BYTES = 5 * 1024 * 1024
DELIMITERS = ",;\t"
BY_COMMAND = ", or with manage.py import_csv"


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, and where: the line as an editor counts it, and the column by name (empty: the whole line)."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.text}"


class Unreadable(Exception):
    """The file as a whole cannot be read; its problems say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


@dataclass(frozen=True)
class Row:
    """One record: the line it begins on, and its cells by column."""

    line: int
    cells: dict[str, str]


def read(raw: bytes, *, required: Sequence[str], optional: Sequence[str], most_rows: int) -> list[Row]:
    """The records of the file. Blank lines are passed over; an unknown or doubled column makes it Unreadable."""
    text = _decode(raw)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip(DELIMITERS + " ")), "")
    if not first:
        raise Unreadable(Problem(1, "", "The file is empty."))
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    line = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells) and header is None:
                header = _header(cells, line, required, optional)
            elif any(cells) and header is not None:
                rows.append(_row(cells, header, line))
            if len(rows) > most_rows:
                raise Unreadable(Problem(line, "", f"More than {most_rows:,} rows: import it in parts{BY_COMMAND}."))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(Problem(line, "", f"This is not CSV: {error}.")) from None
    return rows


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Unreadable(Problem(1, "", f"A file may have {MAX_BYTES // 1024 // 1024} MB; import it in parts."))
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(Problem(line, "", "This is not UTF-8: save the file as “CSV UTF-8”.")) from None
    if "\x00" in text:
        raise Unreadable(Problem(1, "", "This is not a text file."))
    return text


def _header(cells: list[str], line: int, required: Sequence[str], optional: Sequence[str]) -> list[str]:
    names = ["_".join(cell.lower().split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = [*required, *optional]
    problems = [
        Problem(line, name or "(no name)", f"There is no such column here. There are: {', '.join(known)}.")
        for name in names
        if name not in known
    ]
    problems += [Problem(line, name, "This column is there twice.") for name in known if names.count(name) > 1]
    problems += [Problem(line, name, "This column is missing.") for name in required if name not in names]
    if problems:
        raise Unreadable(*problems)
    return names


def _row(cells: list[str], header: list[str], line: int) -> Row:
    if any(cells[len(header) :]):
        raise Unreadable(Problem(line, "", f"There are {len(cells)} cells, but {len(header)} columns."))
    cells += [""] * (len(header) - len(cells))
    return Row(line, dict(zip(header, cells, strict=False)))
