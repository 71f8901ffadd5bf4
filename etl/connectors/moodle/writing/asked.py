"""What a person asks for: which enrolments are sent now, and which leave their course.

What is asked for is a decision in the ledger: it stands there with who asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing import planning
from etl.connectors.moodle.writing.settings import written_sites
from etl.connectors.moodle.writing.targets import ACCOUNTS, ENROLMENTS, NO_LONGER, WITHDRAWALS
from etl.connectors.moodle.writing.wishes import WAITS
from etl.engine import ledger
from etl.errors import InvalidInput
from etl.load import audit

Items = dict[str, frozenset[int]]  # by site


@dataclass(frozen=True)
class Asked:
    """What is to be sent, and how much of it nobody had asked for before, nor goes by itself."""

    items: Items
    anew: int


_OFFERED_AGAIN: Final = ("withheld", "rejected")  # what is unknown is looked up first, asked for or not


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


def ask(session: Session, choice: Choice, by: str) -> Asked:
    """Have the enrolments of a choice sent, with the accounts that they need; what is on its way already stays so.

    What was refused before is offered again. An account that is needed anew has no item before the ledger is up to
    date once more. Raises InvalidInput where an enrolment that is named is not ready.
    """
    audit.by(session, by)
    refresh_all(session)
    waiting = _waiting(session, choice)
    if missing := sorted(set(choice.codes or ()) - {row["enrolment_code"] for row in waiting}):
        found = db.rows(session, "moodle/enrolments.state", enrolment_code=missing[0])
        raise InvalidInput(
            f"enrolment {missing[0]} is not ready: it is {found[0]['state'] if found else 'not listed'}"
        )
    anew = ledger.resend(session, [row["item_id"] for row in waiting if row["status"] in _OFFERED_AGAIN], by)
    refresh_all(session)
    return Asked(_by_site(_waiting(session, choice)), anew)


def take_back(session: Session, items: Items, by: str) -> int:
    """What was asked for and not sent is as it was before; returns how many enrolments and accounts that are."""
    audit.by(session, by)
    chosen = [item_id for of_site in items.values() for item_id in of_site]
    taken = ledger.take_back(session, chosen, by)
    refresh_all(session)
    return taken


def stop(session: Session, choice: Choice, by: str) -> int:
    """Stop what was asked for of a choice, also while another process sends it; returns how many were not sent.

    What an occurrence sends by itself goes on: ``switches.send_automatically`` stops that.
    """
    waiting = [row for row in _waiting(session, choice) if row["status"] == "pending"]
    return take_back(session, _by_site(waiting), by)


def ask_withdrawal(session: Session, codes: Sequence[str], how: str, by: str) -> Items:
    """Have transferred enrolments suspended or removed, withdrawn or not; returns what that is, by site.

    Raises InvalidInput, naming the first, where one of them cannot be.
    """
    audit.by(session, by)
    refresh_all(session)
    for site in written_sites(session):
        planning.want_withdrawals(session, site, codes, how)
    asked = {"withdrawals": WITHDRAWALS.kind, "how": how, "no_longer": NO_LONGER}
    rows = db.rows(session, "moodle/enrolments.leaving", codes=list(codes), **asked)
    if missing := sorted(set(codes) - {row["enrolment_code"] for row in rows}):
        raise InvalidInput(
            f"enrolment {missing[0]} was not transferred, left its course already, or the person stays in it by another"
            " enrolment"
        )
    ledger.resend(session, [row["item_id"] for row in rows if row["status"] != "unknown"], by)
    return _by_site(rows)


def occurrences(session: Session, codes: Sequence[str] | None = None) -> list[Mapping[str, Any]]:
    """Every linked occurrence, or these, with its courses, whether it sends by itself, and how many of its
    enrolments are ready, on their way, transferred or blocked.
    """
    of = None if codes is None else list(codes)
    return db.rows(session, "moodle/enrolments.occurrences", occurrences=of)


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
