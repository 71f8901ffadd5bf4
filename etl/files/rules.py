"""Rules between the columns of one line of a reference file (docs/reference-files.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

ADMINISTRATION: Final = "administration"  # the source of results that the administration holds already


@dataclass(frozen=True)
class Rule:
    """Which lines are ``wrong``, in which column, and why."""

    column: str
    reason: str
    wrong: Callable[[pd.DataFrame], "pd.Series[bool]"]


def in_order(first: str, last: str) -> Rule:
    """The first date does not lie after the last one."""
    return Rule(last, f"must not be before {first}", lambda lines: lines[first] > lines[last])


def numbers_in_order(least: str, most: str) -> Rule:
    """The first number is not above the other one."""
    return Rule(
        most, f"must not be less than {least}",
        lambda lines: pd.to_numeric(lines[least]) > pd.to_numeric(lines[most]),
    )  # fmt: skip


def given_where(column: str, other: str, value: str) -> Rule:
    """A column is filled in where another one has this value."""
    return Rule(
        column, f"must be filled in where {other} is {value}",
        lambda lines: lines[column].isna() & (lines[other] == value),
    )  # fmt: skip


def exactly_one(one: str, other: str) -> Rule:
    """Either the one or the other is given."""
    return Rule(
        one, f"give either this or {other}, not both and not neither",
        lambda lines: lines[one].isna() == lines[other].isna(),
    )  # fmt: skip


def at_most_one(one: str, other: str) -> Rule:
    """The one and the other are not given both."""
    return Rule(
        other, f"must be empty when {one} is given", lambda lines: lines[one].notna() & lines[other].notna()
    )


started_is_not_finished: Final = Rule(
    "finished_on",
    "must be empty: a started result has no finish date",
    lambda lines: (lines["status"] == "started") & lines["finished_on"].notna(),
)

not_the_administration: Final = Rule(
    "source",
    f"must not be {ADMINISTRATION}: results that the administration holds itself carry that name",
    lambda lines: lines["source"] == ADMINISTRATION,
)


def a_tree(code: str, parent: str) -> Rule:
    """Nothing lies, over its parents, in itself."""
    return Rule(parent, "lies in itself", lambda lines: _in_a_circle(lines[code], lines[parent]))


def _in_a_circle(codes: "pd.Series[str]", parents: "pd.Series[str]") -> "pd.Series[bool]":
    parent_of = dict(zip(codes, parents, strict=True))
    above = parents
    for _ in range(len(codes)):
        circled = above == codes
        above = above.map(parent_of).where(~circled, above)
        if (above.isna() | circled).all():
            break
    return above == codes
