"""Rules between the columns of one line of a reference file (spec/reference.md, spec/pe_online.md)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from etl.reference.kinds import Kind, course_id, moodle_id

MOODLE: Final = "moodle:"  # begins the scheme of the user ids of a Moodle site
PUPIL_NUMBER: Final = "leerlingid"
_PUPIL_NUMBER_AT_SCHOOL: Final = PUPIL_NUMBER + r":[0-9]{2}[A-Z]{2}[0-9]{2}"
ADMINISTRATION: Final = "administration"  # the source of results that the administration holds already


@dataclass(frozen=True)
class Rule:
    """Which lines are ``wrong``, in which column, and why."""

    column: str
    reason: str
    wrong: Callable[[pd.DataFrame], "pd.Series[bool]"]


# Kinds that only some lines of a column have: which kind, and at which lines. The systems of sources are told by name.
Kinds = Callable[[pd.DataFrame, Mapping[str, str]], Iterator[tuple[Kind, "pd.Series[bool]"]]]


def ids_of_courses(
    lines: pd.DataFrame, systems: Mapping[str, str]
) -> Iterator[tuple[Kind, "pd.Series[bool]"]]:
    """Moodle's courses have numbers, InfoCaption's have numbers or names."""
    system = lines["source"].map(systems)
    yield moodle_id, system == "moodle"
    yield course_id, system == "infocaption"


def ids_of_users(lines: pd.DataFrame, systems: Mapping[str, str]) -> Iterator[tuple[Kind, "pd.Series[bool]"]]:
    """Moodle's users have numbers."""
    yield moodle_id, lines["scheme"].str.startswith(MOODLE, na=False)


def in_order(first: str, last: str) -> Rule:
    """The first date does not lie after the last one."""
    return Rule(last, f"must not be before {first}", lambda lines: lines[first] > lines[last])


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


pupil_numbers_name_a_school: Final = Rule(
    "scheme",
    f"must name the school by BRIN and location number, such as {PUPIL_NUMBER}:99QQ00",
    lambda lines: (
        lines["scheme"].str.startswith(f"{PUPIL_NUMBER}:")
        & ~lines["scheme"].str.fullmatch(_PUPIL_NUMBER_AT_SCHOOL)
    ),
)

one_pupil_a_number: Final = Rule(
    "value",
    "another line gives the same number of this scheme to another client",
    lambda lines: (
        (lines["scheme"].str.startswith(f"{PUPIL_NUMBER}:") | (lines["scheme"] == "eckid"))
        & lines.duplicated(["scheme", "value"], keep=False)
    ),
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
