"""The ledger of everything that is sent: one item for each fact, whichever target takes it.

A connector says what it sends (a ``Target``) and plans it: ``stage``, ``offer``, ``withhold`` what nobody wishes for
any more, ``planned``. A pusher (etl.engine.pusher) sends what is ``due``. A person may ``find``, ``settle`` and
``resend``. How an item is offered, and what an answer says of it, is the connector's.

Who commits: everything here belongs to the caller's transaction; a pusher's methods are a transaction each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Final, Literal

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.load import merge
from etl.load.runs import Counts
from etl.transform.reasons import reason
from etl.words import counted

IfUnknown = Literal["send_again", "read_back", "person"]
OUTCOME_UNKNOWN: Final = "outcome_unknown"
ITEM: Final = ("business_key", "record_key", "if_unknown", "status", "reason", "explanation")


@dataclass(frozen=True)
class Target:
    """What a connector sends, as far as the ledger has to know it; the rest stands in its table ``details``.

    ``kind`` is what the report calls it, ``resource`` what rejections do. ``nothing_to_do``: reasons that ask nobody to
    do anything. ``doubts``: reasons for which an accepted item is looked at again. ``releasable``: reasons of withheld
    items that a person may set aside. ``reasons``: sentences of reason codes that only the connector has.
    """

    system: str
    kind: str
    resource: str
    details: str
    nothing_to_do: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    releasable: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def words(self, code: str) -> dict[str, str]:
        """A reason code and its sentence, as an item has them."""
        return {"reason": code, "explanation": reason(code, self.reasons)}


@dataclass(frozen=True)
class DueItem:
    """An item that a push would send now; an unknown one with ``read_back`` is looked up before that."""

    item_id: int
    status: str
    if_unknown: IfUnknown


@dataclass(frozen=True)
class ChosenItems:
    """Items that have something in common; ``since`` and ``until``: the days of the last attempt, in ``timezone``."""

    status: str = "rejected"
    item_ids: Sequence[int] | None = None
    account: str | None = None
    reason: str | None = None
    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"


def business_keys(facts: pd.DataFrame) -> list[str]:
    """Each fact as a JSON object of its columns; times to the microsecond, so that a fact is always the same.

    Raises TypeError for numbers that pandas keeps as floats: 52 and 52.0 would be two facts, and both be sent.
    """
    if floats := [str(name) for name, kind in facts.dtypes.items() if pd.api.types.is_float_dtype(kind)]:
        raise TypeError(f"{', '.join(floats)}: a fact is named by texts, whole numbers and times")
    lines = facts.to_json(orient="records", lines=True, date_format="iso", date_unit="us")
    return [line for line in lines.splitlines() if line]


def stage(session: Session, target: Target, account: str, wished: pd.DataFrame) -> None:
    """Put what a plan wishes for beside the ledger: the columns of ``ITEM`` and of the target's details, and ``fact``.

    Until the transaction ends no other plan of the account runs.
    """
    db.execute(session, "load/locks.take", lock=f"plan of {target.system} {account}")
    stated = {"nothing_to_do": list(target.nothing_to_do), "doubts": list(target.doubts)}
    db.execute(session, "engine/ledger.state_reasons", target=target.system, kind=target.kind, **stated)
    merge.stage(session, f"ops.outbox join {target.details} using (item_id)", wished)
    db.execute(session, "engine/ledger.add_facts")


def offer(session: Session, target: Target, account: str, changed: Sequence[int]) -> list[int]:
    """Bring staged items into the ledger, unless they are with the target; returns those that were written.

    ``changed``: items that are offered in another way than before, so that a rejected one comes back.
    """
    written = db.rows(session, "engine/ledger.offer", **_of(target, account), changed=list(changed))
    return [row["item_id"] for row in written]


def planned(
    session: Session, target: Target, wished: int, offered: Sequence[int], entered: Sequence[int]
) -> Counts:
    """What became of ``wished`` items: ``offer`` wrote some, of which the details of ``entered`` were written."""
    given = {"offered": list(offered), "entered": list(entered), "nothing_to_do": list(target.nothing_to_do)}
    [outcomes] = db.rows(session, "engine/ledger.planned", target=target.system, kind=target.kind, **given)
    return Counts(wished, **outcomes)


def activate(session: Session, target: Target, account: str) -> None:
    """The account went live: what was accepted in test mode is sent again."""
    db.execute(session, "engine/ledger.activate", **_of(target, account))


def unwished(session: Session, target: Target, account: str) -> list[int]:
    """Items that could still be sent and that are not staged: no plan wishes for them any more."""
    return [row["item_id"] for row in db.rows(session, "engine/ledger.unwished", **_of(target, account))]


def withhold(session: Session, target: Target, item_ids: Sequence[int], code: str) -> None:
    """Do not send these items, for this reason, until a plan wishes for them again."""
    db.execute(session, "engine/ledger.withhold", item_ids=list(item_ids), **target.words(code))


def doubt(session: Session, target: Target, account: str, item_ids: Sequence[int], code: str) -> None:
    """Of all accepted items of an account, these are to be looked at again for this reason, and no others."""
    about = {"item_ids": list(item_ids), **target.words(code)}
    db.execute(session, "engine/ledger.doubt", **_of(target, account), **about)


def open_cases(session: Session, target: Target, account: str) -> pd.DataFrame:
    """Items of an account that a person may have to do something about, as rejections."""
    asked = {"nothing_to_do": list(target.nothing_to_do), "doubts": list(target.doubts)}
    return db.query(
        session, "engine/ledger.open_cases", **_of(target, account), resource=target.resource, **asked
    )


def ever_planned(session: Session, target: Target, account: str) -> bool:
    """Whether anything was ever wished to be sent by this account."""
    return bool(db.rows(session, "engine/ledger.ever_planned", **_of(target, account)))


def due(session: Session, target: Target, account: str) -> list[DueItem]:
    """What a push deals with now: pending, rejected for a while, and unknown ones that it settles without a person."""
    return [DueItem(**row) for row in db.rows(session, "engine/ledger.due", **_of(target, account))]


def pushed(session: Session, offered: Sequence[DueItem], calls: int) -> Counts:
    """What became of the items of a push, as the ledger has it; what waits or is unknown is as it was."""
    item_ids = [one.item_id for one in offered]
    [outcomes] = db.rows(session, "engine/ledger.pushed", item_ids=item_ids)
    return Counts(len(offered), **outcomes, calls=calls)


def find(
    session: Session, target: Target, chosen: ChosenItems, among: Sequence[int] | None = None
) -> list[int]:
    """The items that a person decides about, ``among`` those of a choice that only the target knows.

    Raises InvalidInput where one that was named is not as it was said to be.
    """
    rows = db.rows(
        session,
        "engine/ledger.find",
        target=target.system,
        kind=target.kind,
        releasable=list(target.releasable),
        among=None if among is None else list(among),
        **asdict(chosen),
    )
    found = [int(row["item_id"]) for row in rows]
    if missing := sorted(set(chosen.item_ids or ()) - set(found)):
        released = " for a reason that a person may set aside" * (chosen.status == "withheld")
        raise InvalidInput(f"row {missing[0]}: there is no such row, or it is not {chosen.status}{released}")
    return found


def check_as_seen(session: Session, target: Target, item_id: int, status: str, attempts: int) -> None:
    """That somebody who decides about an item has seen it as it is; until the transaction ends it stays so.

    Raises InvalidInput, with what it is now, where something became of it meanwhile.
    """
    found = db.rows(
        session, "engine/ledger.as_it_is", item_id=item_id, target=target.system, kind=target.kind
    )
    if found != [{"status": status, "attempts": attempts}]:
        now = (
            f"{found[0]['status']}, offered {counted(found[0]['attempts'], 'time')}" if found else "not there"
        )
        raise InvalidInput(f"row {item_id} is {now} by now: look at it again; nothing was decided")


def resend(session: Session, item_ids: Sequence[int], decided_by: str) -> int:
    """A person has items, which ``find`` found, offered again by the next push; returns how many.

    Accepted ones too, for the target may have been testing: what cannot be taken back only a person sends again.
    """
    return db.execute(session, "engine/ledger.resend", item_ids=list(item_ids), decided_by=decided_by)


def take_back(session: Session, item_ids: Sequence[int], decided_by: str) -> int:
    """A person asks no longer for what ``resend`` asked and was not sent; returns how many that are.

    It is for the next plan of the target to leave them alone.
    """
    return db.execute(session, "engine/ledger.take_back", item_ids=list(item_ids), decided_by=decided_by)


def settle(
    session: Session, target: Target, item_ids: Sequence[int], registered: bool, decided_by: str
) -> None:
    """A person decides about unknown outcomes: registered at the target, or not and to be sent again.

    Of accepted items that are doubted a person may say that they are registered as they should be. All are settled or,
    with InvalidInput, none.
    """
    decided = {"registered": registered, "decided_by": decided_by, "doubts": list(target.doubts)}
    rows = db.rows(
        session,
        "engine/ledger.settle",
        target=target.system,
        kind=target.kind,
        item_ids=list(item_ids),
        **decided,
    )
    if missing := sorted(set(item_ids) - {row["item_id"] for row in rows}):
        raise InvalidInput(f"row {missing[0]}: there is no such row, or its outcome is not unknown")


def _of(target: Target, account: str) -> dict[str, str]:
    return {"target": target.system, "kind": target.kind, "account": account}
