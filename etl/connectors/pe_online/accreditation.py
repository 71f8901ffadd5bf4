"""Which results earn accreditation points, which are withheld and why.

See docs/connectors/pe_online.md, Who earns points.
"""

from typing import Final

import pandas as pd

from etl.connectors.pe_online import point_claims
from etl.connectors.pe_online.point_claims import AMBIGUOUS_LEARNER
from etl.transform.forms import of_form

RULE: Final = (
    "Who completes a course inside the period of an accreditation of an active profession group, both days included and"
    " in the time zone of the account, earns its points: once for each relation number, course and module in a period."
)
KEY: Final = ["org_id", *point_claims.EARNED]
DUE_COLUMNS: Final = [*KEY, *point_claims.OFFER, "status", "reason"]


def due_attendance(
    completions: pd.DataFrame,
    accreditations: pd.DataFrame,
    groups: pd.DataFrame,
    numbers: pd.DataFrame,
    timezone: str,
    held: pd.DataFrame = point_claims.NOTHING_HELD,
) -> pd.DataFrame:
    """Who passes a course inside an accreditation period of an active profession group earns points.

    Period and ``end_date`` are taken in ``timezone``, the account's; ``held`` is what the ledger holds already
    (columns of ``point_claims.HELD``). Rows that are to be sent are ``pending``; the others are ``withheld`` with
    a reason: no, a malformed or somebody else's relation number, or points that were claimed before.
    """
    earned = (
        completions[completions["passed"].astype(bool)]
        .merge(accreditations, on=["source", "source_course_id"])
        .merge(groups[groups["active"].astype(bool)], on="org_id")
    )
    earned["passed_at"] = pd.to_datetime(earned["completed_at"], utc=True).astype("datetime64[us, UTC]")
    passed_at = earned["passed_at"].dt.tz_convert(timezone)
    earned["end_date"] = [moment.isoformat() for moment in passed_at]
    earned["day"] = passed_at.dt.tz_localize(None).dt.normalize()
    due = _with_numbers(earned[point_claims.inside_period(earned["day"], earned)], numbers)
    claimed = point_claims.refused(due, held)
    due["reason"] = due["reason"].fillna(claimed)
    due["status"] = due["reason"].isna().map({True: "pending", False: "withheld"})
    # Two periods that touch may name the same PE course: that is one fact, under the newest mapping.
    due = due.sort_values(["status", "valid_from"], ascending=[True, False]).drop_duplicates(KEY)
    return due[DUE_COLUMNS].sort_values(KEY, ignore_index=True)


def _with_numbers(due: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    known = numbers.rename(columns={"scheme": "number_scheme", "value": "relation_number"})
    known["shared"] = known.duplicated(["number_scheme", "relation_number"], keep=False)
    found = due.merge(known, how="left", on=["client_code", "number_scheme"])
    found["reason"] = _reasons(found)
    return found


def _reasons(found: pd.DataFrame) -> "pd.Series[str]":
    """Why points for these relation numbers are withheld; one has to have the whole form of its register."""
    number = found["relation_number"].astype("str")
    formed = pd.Series(False, found.index)
    for pattern, rows in found.groupby("number_pattern").groups.items():
        formed[rows] = of_form(number[rows], str(pattern))
    reason = pd.Series(pd.NA, found.index, dtype="str")
    reason[found["shared"].eq(True)] = AMBIGUOUS_LEARNER
    reason[~formed] = "invalid_relation_number"
    reason[number.fillna("") == ""] = "no_relation_number"
    return reason
