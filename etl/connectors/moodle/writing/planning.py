"""The ledger of what is sent to a site, brought up to date with the administration (docs/connectors/moodle.md).

Everything here belongs to the caller's transaction; no call is made.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.reasons import REASONS
from etl.connectors.moodle.writing import course_planning, wishes
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import (
    ACCOUNTS,
    CHANGES,
    COURSE_CHANGES,
    ENROLMENTS,
    NO_LONGER,
    WITHDRAWALS,
)
from etl.engine import ledger
from etl.engine.ledger import Target
from etl.load.runs import Counts
from etl.transform.reasons import reason


def refresh(session: Session, site: WritingSettings) -> Iterator[tuple[Target, Counts]]:
    """Bring each kind of what is sent up to date, in the order in which it is sent.

    What is with the site (sending, unknown, accepted) is left alone.
    """
    people = wishes.persons(
        db.query(session, "moodle/people.clients", source=site.source, scheme=site.user_scheme)
    )
    facts = _facts(session, site)
    enrolments = wishes.enrolment_wishes(facts, people)
    accounts = wishes.account_wishes(enrolments, people)
    changes = wishes.account_changes(people)
    withdrawals = wishes.withdrawal_wishes(facts, site.on_withdrawal)
    course_planning.want_templates(session, site)
    yield COURSE_CHANGES, course_planning.follow(session, site)
    yield ACCOUNTS, _offer(session, site, ACCOUNTS, _persons(site, accounts, ["client_code", "stored_id"]))
    yield CHANGES, _offer(session, site, CHANGES, _persons(site, changes, ["client_code", "change"]))
    yield ENROLMENTS, _offer(session, site, ENROLMENTS, _enrolments(site, enrolments, []))
    yield WITHDRAWALS, _offer(session, site, WITHDRAWALS, _enrolments(site, withdrawals, ["how"]))


def want_withdrawals(session: Session, site: WritingSettings, codes: Sequence[str], how: str) -> None:
    """Bring into the ledger that these enrolments leave their course in this way, withdrawn or not."""
    facts = _facts(session, site)
    asked_out = facts["asked_out"].mask(facts["enrolment_code"].isin(codes), how)
    wished = wishes.withdrawal_wishes(facts.assign(asked_out=asked_out), site.on_withdrawal)
    _offer(session, site, WITHDRAWALS, _enrolments(site, wished, ["how"]))


def _facts(session: Session, site: WritingSettings) -> pd.DataFrame:
    kinds = {"kind": ENROLMENTS.kind, "accounts": ACCOUNTS.kind, "withdrawals": WITHDRAWALS.kind}
    return db.query(session, "moodle/enrolments.facts", source=site.source, **kinds)


def _offer(session: Session, site: WritingSettings, target: Target, wished: pd.DataFrame) -> Counts:
    of = {"target": target.system, "kind": target.kind}
    ledger.stage(session, target, site.source, wished)
    table = "people" if target.details == ACCOUNTS.details else "enrolments"
    offered = ledger.offer(session, target, site.source, _ids(session, f"{table}.changed", **of))
    entered = _ids(session, f"{table}.enter", **of, offered=offered)
    ledger.withhold(session, target, ledger.unwished(session, target, site.source), NO_LONGER)
    return ledger.planned(session, target, len(wished), offered, entered)


def _persons(site: WritingSettings, wished: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    changed = wished["changed"].map(_array) if "changed" in wished else None
    rows = wished.assign(source=site.source, changed=changed, status="pending", reason=None)
    return _items(rows, ["source", *key], rows["client_code"], ["source", *wishes.PERSON, "changed"])


def _enrolments(site: WritingSettings, wished: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    rows = wished.assign(source=site.source)
    columns = ["source", *wishes.ENROLMENT[:-2]]
    return _items(
        rows, ["source", "source_course_id", "enrolment_code", *key], rows["enrolment_code"], columns
    )


def _items(
    rows: pd.DataFrame, key: list[str], record_key: "pd.Series[str]", columns: list[str]
) -> pd.DataFrame:
    """As the ledger takes them."""
    items = rows.assign(
        business_key=ledger.business_keys(rows[key]),
        record_key=record_key,
        if_unknown="read_back",
        explanation=rows["reason"].map(lambda code: reason(code, REASONS), na_action="ignore"),
    )
    return items[[*ledger.ITEM, *columns]]


def _array(names: list[str]) -> str:
    """As PostgreSQL reads an array; the names are our own."""
    return "{" + ",".join(names) + "}"


def _ids(session: Session, name: str, **parameters: Any) -> list[int]:
    return [row["item_id"] for row in db.rows(session, f"moodle/{name}", **parameters)]
