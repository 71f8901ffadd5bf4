"""Which results earn accreditation points, which are withheld and why (spec/pe_online.md)."""

import re
from typing import Final

import pandas as pd

KEY: Final = [
    "org_id",
    "client_code",
    "source",
    "source_course_id",
    "pe_course_id",
    "external_course_code",
    "pe_module_id",
    "external_module_code",
]
DUE_COLUMNS: Final = [
    *KEY,
    "course_type",
    "pe_edition_id",
    "external_edition_id",
    "pe_meeting_id",
    "external_meeting_id",
    "relation_number",
    "end_date",
    "status",
    "reason",
]


def due_attendance(
    completions: pd.DataFrame,
    accreditations: pd.DataFrame,
    groups: pd.DataFrame,
    numbers: pd.DataFrame,
    timezone: str,
) -> pd.DataFrame:
    """Who passes a course inside an accreditation period of an active profession group earns points.

    Period and ``end_date`` are taken in ``timezone``, the account's. Rows with a usable relation number are
    ``pending``; the others are ``withheld`` with the reason no_relation_number or invalid_relation_number.
    """
    earned = (
        completions[completions["passed"].astype(bool)]
        .merge(accreditations, on=["source", "source_course_id"])
        .merge(groups[groups["active"].astype(bool)], on="org_id")
    )
    passed_at = pd.to_datetime(earned["completed_at"], utc=True).dt.tz_convert(timezone)
    earned["end_date"] = [moment.isoformat() for moment in passed_at]
    due = earned[_inside_period(passed_at, earned)]
    # Two periods that touch may name the same PE course: that is one fact, under the newest mapping.
    due = due.sort_values("valid_from", ascending=False).drop_duplicates(KEY)
    return _with_numbers(due, numbers)[DUE_COLUMNS].sort_values(KEY, ignore_index=True)


def _inside_period(passed_at: pd.Series, earned: pd.DataFrame) -> pd.Series:
    day = passed_at.dt.tz_localize(None).dt.normalize()
    valid_from, valid_to = pd.to_datetime(earned["valid_from"]), pd.to_datetime(earned["valid_to"])
    inside: pd.Series = (day >= valid_from) & (valid_to.isna() | (day <= valid_to))
    return inside


def _with_numbers(due: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    known = numbers.rename(columns={"scheme": "number_scheme", "value": "relation_number"})
    found = due.merge(known, how="left", on=["client_code", "number_scheme"])
    pairs = zip(found["relation_number"], found["number_pattern"], strict=True)
    found["reason"] = pd.Series([_reason(number, pattern) for number, pattern in pairs], dtype="str")
    found["status"] = found["reason"].isna().map({True: "pending", False: "withheld"})
    return found


def _reason(number: object, pattern: str) -> str | None:
    """Why points for this relation number are withheld; it has to have the whole form of its register."""
    if not isinstance(number, str) or not number:
        return "no_relation_number"
    return None if re.fullmatch(pattern, number, re.ASCII) else "invalid_relation_number"
