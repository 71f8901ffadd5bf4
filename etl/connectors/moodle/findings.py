"""What the connection test of a Moodle site finds: notes, problems, and capabilities that are missing somewhere."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from etl.connections import CheckReport

_NAMED: Final = 5  # courses or activities named in one line


@dataclass
class Findings:
    """What was found so far; the same thing in several places is one line."""

    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    found: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    noted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lacks(self, capability: str, effect: str, where: str) -> None:
        """A capability without which something is left out."""
        self.wrong(f"Missing capability {capability}: {effect}", where)

    def wrong(self, what: str, where: str) -> None:
        """Something by which results get lost, with what to do."""
        self.found[what].append(where)

    def note(self, what: str, where: str) -> None:
        """Something to know, by which nothing gets lost."""
        self.noted[what].append(where)

    def report(self) -> CheckReport:
        """All of it, the verdict last."""
        found = [f"{line} ({_some(where)})" for line, where in self.found.items()]
        noted = [f"{line} ({_some(where)})" for line, where in self.noted.items()]
        ok = not (self.problems or found)
        verdict = ["Nothing is missing for reading results."] if ok else []
        return CheckReport(ok, [*self.notes, *noted, *self.problems, *found, *verdict])


def _some(places: list[str]) -> str:
    rest = len(places) - _NAMED
    return ", ".join(places[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
