"""Periods that were decided on less than all courses are corrected, as if all had been read at once.

A period stands against what is new: a course linked later, a pass entered after its course had been read. It does
not stand against a pass that was there and could not be read (docs/results.md, Competences wait for their courses).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

PERSON: Final = ["client_code", "competence_code"]
_COURSE: Final = ["source", "source_course_id"]
_NO_DAY, _NO_END = pd.Timestamp.min, pd.Timestamp.max


@dataclass(frozen=True)
class Corrections:
    """The people (of PERSON) who are concerned, their periods that fall, and the candidates given instead."""

    people: pd.MultiIndex
    fallen: pd.DataFrame  # rows of held
    given: pd.DataFrame  # rows of candidates


def corrections(candidates: pd.DataFrame, held: pd.DataFrame, readings: pd.DataFrame) -> Corrections:
    """Whose periods began later than they would have, had every course been readable when they were decided.

    ``candidates``: the period that each pass would give, with passed_at, recorded_at (of the pass) and linked_at
    (of its course). ``held``: periods with recorded_at; missing = the administration's own, which always stand.
    ``readings``: source, source_course_id, read_at: when courses were read whole. All times are UTC.
    """
    pairs = candidates.merge(held, on=PERSON, suffixes=("", "_held"))
    earlier = (pairs["valid_from"] < pairs["valid_from_held"]) & (
        pairs["linked_at"] <= pairs["recorded_at_held"]
    )
    unknown = pairs["recorded_at"] > pairs["recorded_at_held"]
    overlapping = pairs["valid_to"].isna() | (pairs["valid_from_held"] <= pairs["valid_to"])
    people = pd.MultiIndex.from_frame(pairs.loc[earlier & unknown & overlapping, PERSON].drop_duplicates())
    theirs = _of(candidates, people)
    if theirs.empty:
        return Corrections(people, held.iloc[:0], theirs)
    passes = theirs.assign(read_after=_next_reading(theirs, readings))
    fallen, given = _walked(passes, _of(held, people))
    return Corrections(people, held.loc[fallen], candidates.loc[given])


def _next_reading(candidates: pd.DataFrame, readings: pd.DataFrame) -> pd.Series:
    """When the course of each candidate was read whole for the first time after it was passed; missing = not yet."""
    asked = candidates[[*_COURSE, "passed_at"]].reset_index(names="row").sort_values("passed_at")
    found = pd.merge_asof(
        asked,
        readings.sort_values("read_at"),
        left_on="passed_at",
        right_on="read_at",
        by=_COURSE,
        direction="forward",
        allow_exact_matches=False,
    )
    return found.set_index("row")["read_at"].reindex(candidates.index)


def _of(rows: pd.DataFrame, people: pd.MultiIndex) -> pd.DataFrame:
    return rows[pd.MultiIndex.from_frame(rows[PERSON]).isin(people)]


def _walked(passes: pd.DataFrame, periods: pd.DataFrame) -> tuple[list[Any], list[Any]]:
    """Labels of the periods that fall and of the passes that count; person by person, since they are few."""
    fallen: list[Any] = []
    given: list[Any] = []
    theirs = dict(iter(periods.groupby(PERSON)))
    for who, rows in passes.groupby(PERSON):
        for label, is_pass in _changes(list(rows.itertuples()), list(theirs[who].itertuples())):
            (given if is_pass else fallen).append(label)
    return fallen, given


def _changes(passes: Sequence[Any], periods: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
    """In the order of their first days, the periods of one person that fall, and the passes that count (True).

    A pass goes before the periods that it overlaps when it was there as they were decided, and was not known. Once
    one has fallen, what was known counts anew, until the chain leads to a period that stands.
    """
    days = [(one.valid_from, False, one) for one in periods] + [(one.valid_from, True, one) for one in passes]
    last_day = given_until = _NO_DAY
    parted = False
    for start, is_pass, one in sorted(days, key=lambda day: day[:2]):  # of one day, what is held comes first
        if not is_pass:
            parted = start <= given_until
            if parted:
                yield one.Index, False
            else:
                last_day = max(last_day, _end(one))
        elif start > last_day and all(_goes_before(one, held, parted) for held in _ahead(one, periods)):
            yield one.Index, True
            last_day = given_until = _end(one)


def _ahead(one: Any, periods: Sequence[Any]) -> list[Any]:
    return [held for held in periods if one.valid_from < held.valid_from <= _end(one)]


def _goes_before(one: Any, held: Any, parted: bool) -> bool:
    """Whether a pass was there when a period was decided, and either not yet readable or (``parted``) known."""
    decided_at = held.recorded_at
    if pd.isna(decided_at) or one.linked_at > decided_at:
        return False
    if one.recorded_at <= decided_at:
        return parted
    return bool(one.passed_at <= decided_at and not one.read_after <= decided_at)  # not a time: not read yet


def _end(one: Any) -> pd.Timestamp:
    return _NO_END if pd.isna(one.valid_to) else one.valid_to
