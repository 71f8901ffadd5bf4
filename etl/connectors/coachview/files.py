"""The reference files of training requests: what learners asked for, and what is done of it already.

See docs/connectors/coachview.md.
"""

from typing import Final

import pandas as pd

from etl.files.columns import Column, File, key, reference, required
from etl.files.kinds import boolean, code, course_id, day, number, one_of
from etl.files.rules import Rule


def _differs(column: str, by: str) -> Rule:
    """One number is one person's: on every line that has it, the other one is the same."""

    def wrong(lines: pd.DataFrame) -> "pd.Series[bool]":
        others: pd.Series[int] = lines.groupby(by)[column].transform("nunique")
        return others > 1

    return Rule(column, f"another line has this {by} with another {column}", wrong)


_SOMEBODY: Final = Rule(
    "person_id",
    "give this, external_id or both",
    lambda lines: lines["person_id"].isna() & lines["external_id"].isna(),
)
_ONE_PART: Final = Rule(
    "course_id",
    "another part of this training is the same course",
    lambda lines: lines.duplicated(["training_code", "integration", "course_id"], keep=False),
)
_APPROVED_SINCE: Final = Rule(
    "approved_on",
    "must be empty where approved is false",
    lambda lines: lines["approved_on"].notna() & (lines["approved"] == "false"),
)

FILES: Final = (
    File(
        "trainings",
        ("training_code",),
        (key("training_code"), required("name")),
        about="Trainings that learners can ask for",
    ),
    File(
        "training_parts",
        ("part_code",),
        (
            key("part_code"),
            reference("training_code", "trainings"),
            required("name"),
            reference("integration", "integrations"),
            required("course_id", course_id),
        ),
        (_ONE_PART,),
        about="Their e-learning parts: which course of which e-learning system each of them is",
    ),
    File(
        "training_requests",
        ("request_code",),
        (
            key("request_code"),
            reference("training_code", "trainings"),
            Column("person_id", code),
            Column("external_id", code),
            Column("client_code", references="clients"),
            required("status", one_of("open", "finished", "cancelled")),
        ),
        (
            _SOMEBODY,
            _differs("external_id", by="person_id"),
            _differs("person_id", by="external_id"),
            _differs("client_code", by="person_id"),
            _differs("client_code", by="external_id"),
        ),
        about="Who asked for which training",
    ),
    File(
        "training_request_parts",
        ("request_code", "part_code"),
        (
            reference("request_code", "training_requests"),
            reference("part_code", "training_parts"),
            Column("result", number),
            required("finished", boolean),
            required("approved", boolean),
            Column("approved_on", day),
        ),
        (_APPROVED_SINCE,),
        about="Parts of requests of which the training administration holds something already; it stands",
    ),
)
