"""What a person asks for: which enrolments are sent now, and what becomes of withdrawn ones.

What is asked for is a decision in the ledger: it stands there with who asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing import planning
from etl.connectors.moodle.writing.settings import written_sites
from etl.connectors.moodle.writing.targets import ACCOUNTS, ENROLMENTS, WITHDRAWALS
from etl.connectors.moodle.writing.wishes import WAITS
from etl.engine import ledger
from etl.errors import InvalidInput

Items = dict[str, frozenset[int]]  # by site


@dataclass(frozen=True)
class Choice:
    """Enrolments of these occurrences, or of these codes; None: all of them."""

    occurrences: Sequence[str] | None = None
    codes: Sequence[str] | None = None


def refresh_all(session: Session) -> None:
    """Bring the ledgers of all sites up to date; no call is made."""
    for site in written_sites(session):
        for _ in planning.refresh(session, site):
            pass


def ask(session: Session, choice: Choice, by: str) -> Items:
    """Have the enrolments of a choice sent, with the accounts that they need; returns what that is, by site.

    What was refused before is offered again. An account that is needed anew has no item before the ledger is up to
    date once more. Raises InvalidInput where an enrolment that is named is not ready.
    """
    refresh_all(session)
    waiting = _waiting(session, choice)
    if missing := sorted(set(choice.codes or ()) - {row["enrolment_code"] for row in waiting}):
        raise InvalidInput(f"enrolment {missing[0]} is not ready: look at etl moodle enrolments list")
    ledger.resend(session, [row["item_id"] for row in waiting if row["status"] != "pending"], by)
    refresh_all(session)
    return _by_site(_waiting(session, choice))


def take_back(session: Session, items: Items, by: str) -> int:
    """What was asked for and not sent is as it was before; returns how many enrolments and accounts that are."""
    chosen = [item_id for of_site in items.values() for item_id in of_site]
    taken = ledger.take_back(session, chosen, by)
    refresh_all(session)
    return taken


def ask_withdrawal(session: Session, codes: Sequence[str], how: str, by: str) -> Items:
    """Have withdrawn enrolments suspended or removed; returns what that is, by site."""
    refresh_all(session)
    asked = {"withdrawals": WITHDRAWALS.kind, "how": how}
    rows = db.rows(session, "moodle/enrolments.withdrawn", codes=list(codes), **asked)
    ledger.resend(session, [row["item_id"] for row in rows], by)
    return _by_site(rows)


def enrolments(session: Session, choice: Choice, state: str | None) -> list[Mapping[str, Any]]:
    """How the enrolments of a choice stand."""
    occurrences = None if choice.occurrences is None else list(choice.occurrences)
    return db.rows(session, "moodle/enrolments.list", occurrences=occurrences, state=state)


def _waiting(session: Session, choice: Choice) -> list[Mapping[str, Any]]:
    asked = {
        "occurrences": None if choice.occurrences is None else list(choice.occurrences),
        "codes": None if choice.codes is None else list(choice.codes),
    }
    kinds = {"enrolments": ENROLMENTS.kind, "accounts": ACCOUNTS.kind, "waits": WAITS}
    return db.rows(session, "moodle/enrolments.waiting", **asked, **kinds)


def _by_site(rows: Sequence[Mapping[str, Any]]) -> Items:
    sites = {row["source"] for row in rows}
    return {site: frozenset(row["item_id"] for row in rows if row["source"] == site) for site in sites}
