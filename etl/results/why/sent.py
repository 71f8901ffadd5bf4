"""What became of something that is sent: how it stands, each time it was offered, what people decided of it."""

from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.results.why.shape import Listed, Row

_STANDS: Final = {
    "pending": "The next push sends it.",
    "sending": "It is being sent.",
    "accepted": "It was accepted.",
    "accepted_in_test": "It was accepted while the account was in test mode: it is sent again once that is live.",
}
_DECIDED: Final = {
    "registered": "registered at {title}",
    "not_registered": "not registered there, sent again",
    "resend": "offered again",
    "taken_back": "taken back",
}


def stands(item: Row) -> str:
    """How an item of the ledger stands, in a sentence: the one that it was given, else that of its status."""
    return item["explanation"] or _STANDS.get(item["status"], f"It is {item['status']}.")


def offered(session: Session, item_id: int, title: str) -> Listed:
    """Every time it was offered."""
    rows = db.rows(session, "results/why.attempts", item_id=item_id)
    return Listed(f"Offered to {title}, newest first", rows, f"It was never offered to {title}.")


def decided(session: Session, item_id: int, title: str) -> list[Row]:
    """What people decided of it."""
    rows = db.rows(session, "results/why.item_decisions", item_id=item_id)
    return [{**row, "decision": _DECIDED[row["decision"]].format(title=title)} for row in rows]
