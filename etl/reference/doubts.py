"""What may be imported and is perhaps not meant: warnings, with place and consequence. They stop nothing."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from etl.connectors.registry import CONNECTORS
from etl.engine.connector import load
from etl.files.problems import Problem, at_lines
from etl.reference.beside import Beside
from etl.reference.training_doubts import training_doubts
from etl.transform import forms
from etl.transform.normal_form import folded
from etl.words import counted

_MANY: Final = 10  # rows closed, below which a share says nothing
_NUMBERS: Final = "client_numbers.csv"
_ACCREDITATIONS: Final = "accreditations.csv"
_WITH_USERS: Final = [one for one in CONNECTORS if one.user_id]


def doubts(beside: Beside) -> list[Problem]:
    """Everything of a sound set that a person may want to look at, file by file and line by line."""
    found = list(beside.reference_set.warnings)
    if "clients" in beside.reference_set.frames:
        found += _spelt_twice(beside.reference_set.frames["clients"])
    if {"client_numbers", "profession_groups"} & set(beside.reference_set.frames):
        found += _about_numbers(beside)
    if "accreditations" in beside.reference_set.frames:
        found += _without_points(beside)
    found += training_doubts(beside)
    for connector in CONNECTORS:
        if connector.doubts and beside.session is not None:
            found += load(connector.doubts)(beside.reference_set.frames, beside.session)
    return sorted(set(found))  # what the warehouse holds has no lines, so that one sentence may come often


def large_close(filename: str, rows: int, closed: int) -> list[Problem]:
    """A file that leaves out more than a tenth of what the table lists was perhaps cut off."""
    if closed == 0 or (rows > 0 and (closed < _MANY or closed * 10 <= rows + closed)):
        return []
    return [
        Problem(filename, 0, "", f"closes {counted(closed, 'row')} and states {rows:,}: is the file whole?")
    ]


def take_over(filename: str, rows: int) -> list[Problem]:
    """A person's word is taken over a system's, and then the system's later ones are not."""
    if not rows:
        return []
    words = counted(
        rows,
        "row that a system states: it stands as it is here",
        "rows that a system states: they stand as they are here",
    )
    return [Problem(filename, 0, "", f"changes {words}, whatever it says later")]


def _spelt_twice(clients: pd.DataFrame) -> Iterator[Problem]:
    """Codes that are one to the matching of learners, which knows no capitals."""
    same = folded(clients["client_code"])
    lines = clients.index[same.duplicated(keep=False)].to_series()
    first = lines.groupby(same[lines]).transform("min")
    for line, first_line in first[first != lines].items():
        reason = (
            f"is the code of line {first_line} in other capitals or accents: its learners are not told apart"
        )
        yield Problem("clients.csv", int(str(line)), "client_code", reason)


def _about_numbers(beside: Beside) -> Iterator[Problem]:
    groups = beside.lines("profession_groups", ["number_scheme", "number_pattern"])
    numbers = beside.reference_set.frames.get("client_numbers")
    if numbers is None:
        numbers = beside.lines("client_numbers", ["client_code", "scheme", "value"])
        numbers.index = pd.Index([0] * len(numbers))  # the warehouse has no lines
    yield from _without_form(numbers, groups)
    yield from _nobody_reads(numbers, beside)
    yield from _shared(numbers, set(groups["number_scheme"]))


def _without_form(numbers: pd.DataFrame, groups: pd.DataFrame) -> Iterator[Problem]:
    for scheme, pattern in groups.drop_duplicates().itertuples(index=False):
        values = numbers.loc[numbers["scheme"] == scheme, "value"]
        lines = values.index[~forms.of_form(values, pattern)]
        reason = f"does not have the form that {scheme} asks for: no points are sent for it"
        yield from at_lines(_NUMBERS, lines, "value", reason)


def _nobody_reads(numbers: pd.DataFrame, beside: Beside) -> Iterator[Problem]:
    for one in _WITH_USERS:
        read = {f"{one.system}:{source}" for source, system in beside.systems.items() if system == one.system}
        theirs = numbers["scheme"].str.lower().str.startswith(f"{one.system}:", na=False)
        lines = numbers.index[theirs & ~numbers["scheme"].isin(read)]
        reason = f"names no {one.title} source of sources.csv: the number is not used"
        yield from at_lines(_NUMBERS, lines, "scheme", reason)
    for one in CONNECTORS:
        for scheme, reason in one.unused_numbers.items():
            yield from at_lines(_NUMBERS, numbers.index[numbers["scheme"] == scheme], "scheme", reason)


def _shared(numbers: pd.DataFrame, schemes: set[str]) -> Iterator[Problem]:
    """One number at two people: points would be somebody else's, and a learner would be two clients."""
    of_users = tuple(f"{one.system}:" for one in _WITH_USERS)
    matters = numbers["scheme"].isin(schemes) | numbers["scheme"].str.startswith(of_users, na=False)
    used = numbers[matters]
    same = used[used.duplicated(["scheme", "value"], keep=False)]
    lines = same.index.to_series()
    first = lines.groupby([same["scheme"], same["value"]]).transform("min")
    for line, first_line in first[first != lines].items():
        reason = (
            f"is the number of another client too (line {first_line}): nothing is recorded or sent for either"
        )
        yield Problem(_NUMBERS, int(str(line)), "value", reason)


def _without_points(beside: Beside) -> Iterator[Problem]:
    """Accredited courses of systems of which only passes are known, not completions with their moment."""
    accreditations = beside.reference_set.frames["accreditations"]
    systems = accreditations["source"].map(beside.systems)
    for one in CONNECTORS:
        if one.is_source and not one.completions:
            lines = accreditations.index[systems == one.system]
            reason = (
                f"is a source of {one.title}, of which no completions are recorded: nobody gets these points"
            )
            yield from at_lines(_ACCREDITATIONS, lines, "source", reason)
