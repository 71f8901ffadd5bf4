"""What became of items that were offered to a target, as its connector says it and as the ledger keeps it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Connection as Session


class TargetAccount(Protocol):
    """The connection under which is sent."""

    @property
    def conn_id(self) -> str:
        """The connection's id."""

    @property
    def mode(self) -> str:
        """``test`` (what is accepted is sent again once the account is live) or ``live``."""

    @property
    def retry_days(self) -> int:
        """How long, since it was due first, a rejected item that may be accepted later is offered again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one item, and the status it gets in the ledger."""

    status: str
    reason: str | None = None
    explanation: str | None = None
    retry: bool = False  # a rejected one may be accepted later
    error_code: str | None = None
    cause: str | None = None  # why there is no usable answer, or why nothing was sent
    not_processed: bool = False  # the target did not look at the item: it is as it was


@dataclass(frozen=True)
class Answered:
    """What became of the items of a call; ``keep`` writes what else is known of it since, with the outcomes."""

    call_id: UUID
    outcomes: Mapping[int, Outcome]
    keep: Callable[[Session], None] | None = None


def statuses(outcomes: Mapping[int, Outcome], account: TargetAccount) -> dict[int, str]:
    """How items stand in the ledger once these outcomes are recorded."""
    return {item_id: _status(outcome, account) for item_id, outcome in outcomes.items()}


def _status(outcome: Outcome, account: TargetAccount) -> str:
    in_test = outcome.status == "accepted" and account.mode == "test"
    return "accepted_in_test" if in_test else outcome.status


def recorded(outcomes: Mapping[int, Outcome], account: TargetAccount) -> str:
    """Outcomes as the ledger's statements take them: a JSON list."""
    rows = [_recorded(item_id, outcome, account) for item_id, outcome in outcomes.items()]
    return msgspec.json.encode(rows).decode()


def _recorded(item_id: int, outcome: Outcome, account: TargetAccount) -> dict[str, Any]:
    status = _status(outcome, account)
    return {
        "item_id": item_id,
        "status": status,
        "reason": outcome.reason,
        "explanation": outcome.explanation,
        "cause": outcome.cause,
        "retry": outcome.retry,
        "attempt": "not_processed" if outcome.not_processed else status,
        "error_code": outcome.error_code,
    }
