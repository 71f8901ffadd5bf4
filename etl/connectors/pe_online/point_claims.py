"""Points are claimed once, for PE-Online cannot take one back (docs/connectors/pe_online.md, Points are claimed once).

A pass earns points when it is the first one in an accreditation period: of its learner, and of its relation number,
whatever source course it was. A pass that was sent under one PE course is not sent under another by itself.
"""

from typing import Final

import pandas as pd

PASS: Final = ["client_code", "source", "source_course_id", "passed_at"]
EARNED: Final = [*PASS, "pe_course_id", "external_course_code", "pe_module_id", "external_module_code"]
OFFER: Final = [
    "course_type",
    "pe_edition_id",
    "external_edition_id",
    "pe_meeting_id",
    "external_meeting_id",
    "relation_number",
    "end_date",
]
HELD: Final = [*EARNED, *OFFER, "status", "released"]
NOTHING_HELD: Final = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in HELD}
    | {
        "passed_at": pd.Series(dtype="datetime64[us, UTC]"),
        "course_type": pd.Series(dtype="int64"),
        "released": pd.Series(dtype="bool"),
    }
)
ALREADY_CLAIMED: Final = "points_claimed_already"
AMBIGUOUS_LEARNER: Final = "ambiguous_learner"
OTHER_COURSE: Final = "sent_under_another_course"

_CLASSROOM: Final = (1, 4)  # each edition or meeting of these is accredited by itself
_OWN_CODES: Final = {"course": "external_course_code", "module": "external_module_code"}
_SENT: Final = ("sending", "unknown", "accepted")  # points may be booked
_CLAIM: Final = (*_SENT, "accepted_in_test")
_POINT: Final = ["course", "part"]
_FACT: Final = [*PASS, *_POINT]


def inside_period(day: "pd.Series[pd.Timestamp]", periods: pd.DataFrame) -> "pd.Series[bool]":
    """Does the day lie in valid_from .. valid_to (no end: open), both days whole?"""
    valid_from, valid_to = pd.to_datetime(periods["valid_from"]), pd.to_datetime(periods["valid_to"])
    inside: pd.Series[bool] = (day >= valid_from) & (valid_to.isna() | (day <= valid_to))
    return inside


def refused(earned: pd.DataFrame, held: pd.DataFrame) -> "pd.Series[str]":
    """Why a pass earns no points of its own, row by row; missing where it does.

    ``earned``: one row for each pass and accreditation whose period holds it, with ``day`` and
    ``relation_number``; ``held``: the ledger. What a person released is not held back by an earlier claim.
    """
    ledger = _named(held)
    ledger["day"] = pd.to_datetime(ledger["end_date"].str[:10], errors="coerce")
    rows = _named(earned).merge(ledger[[*_FACT, "status", "released"]], how="left", on=_FACT)
    claims = _claims(rows, ledger)
    reason = pd.Series(pd.NA, index=rows.index, dtype="str")
    reason[(_first(rows, claims, "client_code")[PASS] != rows[PASS]).any(axis=1)] = ALREADY_CLAIMED
    reason[_replaced(rows, ledger) | _in_second_place(rows)] = OTHER_COURSE
    owner = _first(rows, claims, "relation_number")["client_code"]
    reason[owner.notna() & (owner != rows["client_code"])] = AMBIGUOUS_LEARNER
    reason[rows["released"].eq(True)] = pd.NA
    return reason.set_axis(earned.index)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """With one text for the course and one for the part of it: the module, or of a classroom course the meeting."""
    module, edition, meeting = (_either(frame, what) for what in ("module", "edition", "meeting"))
    classroom = frame["course_type"].isin(_CLASSROOM)
    return frame.assign(
        course=_either(frame, "course"), part=module.where(~classroom, module + "/" + edition + "/" + meeting)
    )


def _either(frame: pd.DataFrame, what: str) -> "pd.Series[str]":
    """The number of PE-Online, else the provider's own code, else nothing."""
    code = frame[_OWN_CODES.get(what, f"external_{what}_id")].astype("str")
    return frame[f"pe_{what}_id"].astype("str").fillna("code " + code).fillna("")


def _claims(rows: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Each pass and point, in the order in which they claim: what was sent, what the ledger holds, what is new."""
    sent = ledger[ledger["status"].isin(_CLAIM)].assign(rank=0)
    others = rows.assign(rank=rows["status"].isna().map({False: 1, True: 2}))
    claims = pd.concat([sent, others])[[*_FACT, "relation_number", "day", "rank"]].drop_duplicates(_FACT)
    return claims.sort_values(["rank", "passed_at", "source", "source_course_id"], ignore_index=True)


def _first(rows: pd.DataFrame, claims: pd.DataFrame, whose: str) -> pd.DataFrame:
    """For each row the first claim in its period by the same client or number; missing where there is none."""
    by = [whose, *_POINT]
    known = rows[rows[whose].notna()]
    pairs = known[[*by, "valid_from", "valid_to"]].reset_index(names="row")
    pairs = pairs.merge(claims[[*by, "day"]].reset_index(names="claim"), on=by)
    pairs = pairs[inside_period(pairs["day"], pairs)]
    return claims.reindex(pairs.groupby("row")["claim"].min().reindex(rows.index)).set_axis(rows.index)


def _replaced(rows: pd.DataFrame, ledger: pd.DataFrame) -> "pd.Series[bool]":
    """Was a pass in the same period sent under a course or module that is accredited for it no more?"""
    sent = ledger[ledger["status"].isin(_SENT)].merge(
        rows[_FACT].drop_duplicates(), how="left", on=_FACT, indicator=True
    )
    gone = sent[sent["_merge"] == "left_only"]
    pairs = pd.concat(_sent_to(rows, gone, whose) for whose in ("client_code", "relation_number"))
    other = (pairs["course"] != pairs["course_gone"]) | (pairs["part"] != pairs["part_gone"])
    found = pairs[other & inside_period(pairs["day"], pairs)]
    return rows.index.to_series().isin(found["row"])


def _sent_to(rows: pd.DataFrame, sent: pd.DataFrame, whose: str) -> pd.DataFrame:
    """Each row beside what was sent for the same source course, to the same client or number."""
    by = [whose, "source", "source_course_id"]
    known = rows[rows[whose].notna()]
    pairs = known[[*by, *_POINT, "valid_from", "valid_to"]].reset_index(names="row")
    return pairs.merge(sent[[*by, *_POINT, "day"]], on=by, suffixes=("", "_gone"))


def _in_second_place(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Of the courses that one pass is accredited under, all but one: the one that was sent, else the newest."""
    order = rows.assign(sent=rows["status"].isin(_SENT)).sort_values(["sent", "valid_from"], ascending=False)
    chosen = order.drop_duplicates(PASS)[[*PASS, "course"]].rename(columns={"course": "chosen"})
    return rows[PASS].merge(chosen, how="left", on=PASS)["chosen"] != rows["course"]
