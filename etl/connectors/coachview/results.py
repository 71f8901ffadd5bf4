"""Registrations in the ledger of what is sent: which are due, and what Coachview is told.

See docs/connectors/coachview.md, Push. Everything here belongs to the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.coachview.messages import ResultMessage
from etl.connectors.coachview.reasons import REASONS
from etl.engine import ledger
from etl.engine.ledger import ChosenItems, DueItem, Target
from etl.load.runs import Counts

RESULTS: Final = Target(
    system="coachview",
    kind="registrations",
    resource="registration",
    details="ops.coachview_results",
    nothing_to_do=("request_finished",),
    reasons=REASONS,
)
_WHICH: Final = {"target": RESULTS.system, "kind": RESULTS.kind}


def refresh(session: Session, account: str) -> Counts:
    """Bring the ledger up to date with what is registered on open requests.

    What is with Coachview (sending, unknown, accepted) is left alone, also when something was added since: there is
    one call for a person and part, and never a second.
    """
    wished = db.query(session, "coachview/results.wished")
    ledger.stage(session, RESULTS, account, _items(wished))
    offered = ledger.offer(session, RESULTS, account, _ids(session, "changed", **_WHICH))
    entered = _ids(session, "enter", **_WHICH, offered=offered)
    ledger.withhold(session, RESULTS, ledger.unwished(session, RESULTS, account), "request_finished")
    return ledger.planned(session, RESULTS, len(wished), offered, entered)


def due(session: Session, account: str) -> list[DueItem]:
    """What a push deals with now."""
    return ledger.due(session, RESULTS, account)


def rows(session: Session, item_ids: Sequence[int]) -> list[ResultMessage]:
    """What Coachview is told of items."""
    return [
        ResultMessage(**row) for row in db.rows(session, "coachview/results.rows", item_ids=list(item_ids))
    ]


def registered_on(session: Session, item_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The request and part of each item."""
    found = db.rows(session, "coachview/results.registered_on", item_ids=list(item_ids))
    return {row["item_id"]: (row["request_code"], row["part_code"]) for row in found}


def decide(
    session: Session,
    item_id: int,
    decision: Literal["registered", "not_registered", "resend"],
    seen: tuple[str, int],
    by: str,
) -> None:
    """A person settles a result whose outcome is unknown, or has a rejected one offered again by the next push.

    ``seen``: the status and the attempts that the person saw. Raises InvalidInput, with what it is now, where something
    became of it meanwhile, or where it cannot be decided so.
    """
    ledger.check_as_seen(session, RESULTS, item_id, *seen)
    if decision == "resend":
        ledger.resend(session, ledger.find(session, RESULTS, ChosenItems(item_ids=[item_id])), by)
    else:
        ledger.settle(session, RESULTS, [item_id], decision == "registered", by)


def open_cases(session: Session, account: str) -> pd.DataFrame:
    """Items that a person may have to do something about, as rejections."""
    return ledger.open_cases(session, RESULTS, account)


def _items(wished: pd.DataFrame) -> pd.DataFrame:
    return wished.assign(
        business_key=ledger.business_keys(wished[["completion_id"]]),
        record_key=wished["request_code"] + "/" + wished["part_code"],
        if_unknown="read_back",
        status="pending",
        reason=None,
        explanation=None,
    )


def _ids(session: Session, name: str, **parameters: Any) -> list[int]:
    return [row["item_id"] for row in db.rows(session, f"coachview/results.{name}", **parameters)]
