"""What the administration wishes for in Moodle: pure functions of its tables and of what was confirmed last.

Each gives rows for the ledger: the columns of an item's details, ``status`` (pending or withheld) and ``reason``.
"""

from typing import Final

import pandas as pd

ENROLMENT: Final = [
    "source_course_id",
    "enrolment_code",
    "client_code",
    "occurrence_code",
    "start_date",
    "status",
    "reason",
]
SENT: Final = ["username", "firstname", "middlename", "lastname", "email"]
PERSON: Final = ["client_code", "stored_id", *SENT, "suspended"]
WAITS: Final = "waits_for_person"  # nothing is wrong: somebody has it sent, or nobody
NOT_ACTIVE, GONE = "enrolment_not_active", "client_not_listed"
ARCHIVED, INCOMPLETE = "client_archived", "client_incomplete"
_NEEDED: Final = ["username", "firstname", "lastname", "email"]  # Moodle takes no account without them


def persons(clients: pd.DataFrame) -> pd.DataFrame:
    """The people of the administration as Moodle is told of them: ``PERSON``, user_id, and what was sent last.

    ``clients``: client_code, username, given_name, other_name, surname, email, archived, stored_id, user_id (of the
    account that is known; missing = none), sent_* and changes of it. The user name is the client's, else the address.
    """
    told = pd.DataFrame(
        {
            "client_code": clients["client_code"],
            "stored_id": clients["stored_id"],
            "username": clients["username"].fillna(clients["email"]).str.strip().str.lower(),
            "firstname": clients["given_name"].str.strip(),
            "middlename": clients["other_name"].str.strip().fillna(""),
            "lastname": clients["surname"].str.strip(),
            "email": clients["email"].str.strip(),
            "suspended": clients["archived"].astype(bool),
            "user_id": clients["user_id"],
            "changes": clients["changes"],
        }
    )
    sent = clients.filter(like="sent_")
    return told.join(sent.assign(sent_middlename=sent["sent_middlename"].fillna("")))


def enrolment_wishes(facts: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """``ENROLMENT``: which enrolments are to be transferred, and why the others are not; and ``wanted``: whether they
    would be, if only the person's account were known.

    ``facts``: one row for each enrolment of an occurrence and course that is linked to it: source_course_id,
    enrolment_code, client_code, occurrence_code, status, start_date, automatic, asked (by a person), transferred,
    account_status and account_reason (of the person's account, as the ledger has it). ``people``: see ``persons``.
    """
    rows = facts.merge(people, on="client_code", how="left", indicator="listed")
    known = rows["user_id"].notna()
    own = _first(
        (rows["status"] != "active", NOT_ACTIVE),
        (rows["listed"] == "left_only", GONE),
        (rows["suspended"].eq(True), ARCHIVED),
        (~known & rows["stored_id"].isna() & rows[_NEEDED].isna().any(axis=1), INCOMPLETE),
        (~(rows["automatic"] | rows["asked"]), WAITS),
    )
    blocked = ~known & rows["account_status"].isin(["rejected", "unknown"])
    reason = own.fillna(rows["account_reason"].where(blocked))
    return rows.assign(status=_status(reason), reason=reason, wanted=own.isna())[[*ENROLMENT, "wanted"]]


def account_wishes(enrolments: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """``PERSON``: whose account is to be found or made, for enrolments (see ``enrolment_wishes``) that wait for it."""
    waiting = enrolments.loc[enrolments["wanted"], "client_code"]
    return people.loc[people["client_code"].isin(waiting) & people["user_id"].isna(), PERSON]


def account_changes(people: pd.DataFrame) -> pd.DataFrame:
    """``PERSON``, change (its number) and changed (names of fields): of people whose account is known, what differs
    from what was sent last. What the administration does not know is not taken away, but for the middle name.
    """
    linked = people[people["user_id"].notna() & people["sent_suspended"].notna()]
    differs = pd.DataFrame(
        {
            name: linked[name].notna() & (linked[name] != linked[f"sent_{name}"])
            for name in [*SENT, "suspended"]
        }
    )
    differs = differs[differs.any(axis=1)]
    names = [[str(name) for name, other in row.items() if other] for row in differs.to_dict("records")]
    rows = linked.loc[differs.index]
    change = rows["changes"].astype("int64") + 1
    changed = pd.Series(names, rows.index, "object")
    return rows.assign(change=change, changed=changed)[[*PERSON, "change", "changed"]]


def withdrawal_wishes(facts: pd.DataFrame, on_withdrawal: str) -> pd.DataFrame:
    """``ENROLMENT`` and ``how`` (suspend or unenrol): what becomes of transferred enrolments that were withdrawn, or
    that a person takes out of the course (``asked_out``: how).

    What neither the setting nor a person says waits for a person. Nobody is taken out of a course by one enrolment who
    stays in it by another.
    """
    withdrawn, asked_out = facts["status"] == "withdrawn", facts["asked_out"].notna()
    staying = facts.loc[~(withdrawn | asked_out), ["source_course_id", "client_code"]].drop_duplicates()
    left = facts[facts["transferred"] & (withdrawn | asked_out)]
    stays = left.merge(staying, on=["source_course_id", "client_code"], how="left", indicator=True)["_merge"]
    leaving = left[stays.eq("left_only").to_numpy()]
    rows = leaving.merge(pd.DataFrame({"how": ["suspend", "unenrol"]}), how="cross")
    asked, out = rows["how"] == rows["asked_out"], rows["status"] == "withdrawn"
    said = out & (rows["how"] == on_withdrawal)
    offered = out & ((on_withdrawal != "unenrol") | (rows["how"] == "unenrol"))
    rows = rows[asked | offered]
    reason = pd.Series(WAITS, rows.index, dtype="str").mask(asked | said)
    return rows.assign(status=_status(reason), reason=reason)[[*ENROLMENT, "how"]]


def _status(reason: "pd.Series[str]") -> "pd.Series[str]":
    return reason.isna().map({True: "pending", False: "withheld"})


def _first(*rules: "tuple[pd.Series[bool], str | pd.Series[str]]") -> "pd.Series[str]":
    """The reason of the first rule that holds of each row; missing where none does."""
    index = rules[0][0].index
    reason = pd.Series(pd.NA, index, dtype="str")
    for holds, why in reversed(rules):
        reason = reason.mask(holds.astype(bool), why)
    return reason
