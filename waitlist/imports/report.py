"""What an import did, or why it did nothing."""

from dataclasses import dataclass, field

from waitlist.imports.table import Problem


@dataclass
class Report:
    """Counts of what was written; with `problems` nothing was."""

    kind: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    remarks: list[str] = field(default_factory=list)
    not_contactable: int | None = None
    problems: list[Problem] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The result in sentences."""
        if self.problems:
            count = len(self.problems)
            return [f"Nothing was imported: {count} problem{'' if count == 1 else 's'}."]
        counts = [(self.added, "added"), (self.changed, "changed"), (self.same, "already here")]
        done = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to do"
        said = [f"{self.rows} row{'' if self.rows == 1 else 's'} read: {done}."]
        if self.not_contactable is not None:
            one = self.not_contactable == 1
            who = "1 person cannot" if one else f"{self.not_contactable} people cannot"
            said.append(f"{who} be contacted about openings, for lack of a recorded consent.")
        return said + self.remarks
