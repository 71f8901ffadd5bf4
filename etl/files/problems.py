"""What is wrong with a reference set: where and why, never the value (it may be a name)."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, order=True)
class Problem:
    """One wrong place. ``line`` is 0 and ``column`` empty where the whole file or line is meant."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        column = f", {self.column}" if self.column else ""
        return f"{self.file}{line}{column}: {self.reason}"


def at_lines(file: str, lines: "pd.Index[int]", column: str, reason: str) -> list[Problem]:
    """The same problem at several lines."""
    return [Problem(file, int(line), column, reason) for line in lines]
