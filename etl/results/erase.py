"""Erase a person on request: everything that is kept of them, wherever it stands, with a proof that names nobody.

What the list of ``person_tables`` says goes in one transaction, with the parts of landed answers and messages that are
about the person; a count after it has to be 0. Answers are looked through before it keeps others from landing, and
then those that came since. Keyed hashes stay (etl.load.erased), so that no later answer brings the
person back. What another system has taken stands there: the proof says what has to be asked of whom.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from psycopg2 import sql
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine.people import Readers
from etl.errors import GiveUp, InvalidInput
from etl.load import audit, erased
from etl.load.erased import Erased, Fact
from etl.results import erase_bodies, erase_landings
from etl.results.decisions import check_reason
from etl.results.erase_landings import Look, Walk
from etl.results.person_tables import HELD, Held
from etl.words import counted

_CODE: Final = "client"  # the fact that an auditor who knows the code asks about
_BEING_MADE: Final = 0  # the number of no erasure


@dataclass(frozen=True)
class Sent:
    """What another system has taken of the person, and still holds."""

    target: str
    account: str
    kind: str
    items: int


@dataclass(frozen=True)
class Found:
    """What would be erased: rows by table. ``obstacles``: why it cannot be now, one sentence each."""

    counts: Mapping[str, int]
    sent: tuple[Sent, ...]
    obstacles: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """An erasure, as it is kept: who did it, when, why, and how many rows of which table; not whom."""

    erasure_id: int
    erased_at: datetime
    erased_by: str
    because: str
    counts: Mapping[str, int]
    sent: tuple[Sent, ...]
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifted_because: str | None = None

    def text(self) -> str:
        """The proof as JSON, to hand on."""
        return json.dumps(asdict(self), indent=2, default=str)


@dataclass(frozen=True)
class Lifting:
    """What lifting an erasure means. ``hashes``: what keeps it, and would go; ``obstacle``: why it cannot be lifted."""

    hashes: int
    obstacle: str


class Watch(Protocol):
    """Who waits for an erasure."""

    @property
    def request_id(self) -> int:
        """What it is done for."""

    def hold(self, session: Session) -> None:
        """It is done in this transaction."""

    def tell(self, done: int, of: int) -> None:
        """So many landed answers were looked through."""


def preview(engine: Engine, client_code: str, readers: Readers) -> Found:
    """How many rows of each table an erasure would take away. Landed answers are looked through by the erasure only."""
    with engine.connect() as session:
        _gather(session, client_code, readers)
        obstacles = (*_running(session), *_unsettled(session))
        found = Found(_counts(session), _sent(session), obstacles)
        session.rollback()
    return found


def erase(
    engine: Engine,
    client_code: str,
    by: str,
    because: str,
    readers: Readers,
    through: audit.Through = "command",
    watch: Watch | None = None,
) -> Proof:
    """Erase all that is kept of a person. Raises InvalidInput where that cannot be now, and then nothing was erased."""
    check_reason(by, because)
    request_id, tell = (watch.request_id, watch.tell) if watch else (None, _nobody)
    with engine.begin() as session:
        if watch:
            watch.hold(session)
        walk = Walk(session, tell)
        found = _look(session, client_code, readers, walk, Look())  # meanwhile nobody waits
        db.rows(session, "reference/files.lock")
        db.execute(session, "results/erase.hold")
        found = _look(session, client_code, readers, walk, found)
        sent = _sent(session)
        asked = {"by": by, "because": because, "request_id": request_id}
        [opened] = db.rows(session, "results/erase.open", **asked)
        known, _ = _known(session, opened["erasure_id"])
        counts = erase_landings.rewrite(session, known, readers, found)
        db.execute(session, "results/erase.hold_messages")
        _gather_more(session, client_code, readers)
        known, facts = _known(session, opened["erasure_id"])
        counts += erase_bodies.rewrite_messages(session, known, facts, readers)
        _gather_listed(session)
        counts += Counter({name: rows for name, rows in _each(session, "delete")})
        _check(session)
        audit.by(session, by, through)  # from here on: who erased is written down, what was erased is not
        said = {"counts": json.dumps(counts), "sent": json.dumps([asdict(one) for one in sent])}
        db.execute(session, "results/erase.close", erasure_id=opened["erasure_id"], **said)
        return proof_of(session, opened["erasure_id"])


def erasure_of(session: Session, client_code: str) -> Proof | None:
    """Whether a client was erased, when and by whom: for whoever knows the code."""
    erasure = erased.read(session).whose([Fact(_CODE, "", client_code)])
    return None if erasure is None else proof_of(session, erasure)


def lifting(session: Session, proof: Proof) -> Lifting:
    """What would follow from lifting an erasure, which nothing that another system has taken may stand against: it
    would be sent once more.
    """
    [row] = db.rows(session, "results/erase.hashes", erasure_id=proof.erasure_id)
    taken = "; ".join(map(words, proof.sent))
    why = "other systems have taken something of the person, which would be sent to them once more: "
    return Lifting(row["hashes"], why + taken if taken else "")


def lift(
    engine: Engine, client_code: str, by: str, because: str, through: audit.Through = "command"
) -> Proof:
    """Let a client be recorded again who was erased. Raises InvalidInput where nobody of this code was, or where that
    cannot be.
    """
    check_reason(by, because)
    with engine.begin() as session:
        proof = erasure_of(session, client_code)
        if proof is None:
            raise InvalidInput("no client of this code was erased")
        if obstacle := lifting(session, proof).obstacle:
            raise InvalidInput(obstacle)
        audit.by(session, by, through)
        db.execute(session, "results/erase.forget", erasure_id=proof.erasure_id)
        db.execute(session, "results/erase.lift", erasure_id=proof.erasure_id, by=by, because=because)
        return proof_of(session, proof.erasure_id)


def proof_of(session: Session, erasure_id: int) -> Proof:
    """A proof that is kept, by its number. Raises InvalidInput where there is none."""
    found = db.rows(session, "results/erase.erasure", erasure_id=erasure_id)
    if not found:
        raise InvalidInput(f"there is no erasure {erasure_id}")
    return Proof(**{**found[0], "sent": tuple(Sent(**one) for one in found[0]["sent"])})


def proofs(session: Session, most: int = 100) -> list[Mapping[str, Any]]:
    """The erasures, newest first."""
    return db.rows(session, "results/erase.list", most=most)


def words(sent: Sent) -> str:
    """What has to be asked of another system, as a sentence says it."""
    stand = "stands" if sent.items == 1 else "stand"
    return f"{counted(sent.items, 'item')} ({sent.kind}) {stand} at {sent.target}, account {sent.account}"


def _look(session: Session, client_code: str, readers: Readers, walk: Walk, before: Look) -> Look:
    """Look for the person in what landed, and was not looked through ``before``. Raises InvalidInput where nobody of
    this code is there, or where they cannot be erased now.
    """
    _gather(session, client_code, readers)
    if obstacles := [*_running(session), *_unsettled(session)]:
        raise InvalidInput("; ".join(obstacles))
    facts = _facts(session)
    known = erased.read(session).alone(_BEING_MADE, facts)
    return erase_landings.look(session, known, facts, readers, walk, before)


def _known(session: Session, erasure_id: int) -> tuple[Erased, list[Fact]]:
    """What the person is known by, which is remembered from now on."""
    facts = _facts(session)
    erased.keep(session, erasure_id, facts)
    return erased.read(session).alone(erasure_id, facts), facts


def _facts(session: Session) -> list[Fact]:
    return [Fact(**row) for row in db.rows(session, "results/erase.facts")]


def _nobody(_done: int, _of: int) -> None:
    """Nobody waits to be told how far it is."""


def _gather_more(session: Session, client_code: str, readers: Readers) -> None:
    db.execute(session, "results/erase.gather", client_code=client_code, by_email=readers.by_email)


def _gather(session: Session, client_code: str, readers: Readers) -> None:
    db.execute(session, "results/erase.begin")
    _gather_more(session, client_code, readers)
    if not db.rows(session, "results/erase.facts"):
        proof = erasure_of(session, client_code)
        already = f" any more: {proof.erased_by} erased the person on request" if proof else ""
        raise InvalidInput(f"there is no client of this code{already}")


def _gather_listed(session: Session) -> None:
    db.execute(session, "results/erase.gather_listed")


def _running(session: Session) -> list[str]:
    flows = [row["flow"] for row in db.rows(session, "results/erase.under_way")]
    return [f"a run of {flow} is under way: erase when it has ended" for flow in flows]


def _unsettled(session: Session) -> list[str]:
    [row] = db.rows(session, "results/erase.unsettled")
    if not row["items"]:
        return []
    items = counted(row["items"], "item that was", "items that were")
    return [
        f"nobody knows the outcome of {items} sent: settle that first, for what another system took has to be asked"
        " of it"
    ]


def _counts(session: Session) -> dict[str, int]:
    _gather_listed(session)
    counts: Counter[str] = Counter()
    for name, rows in _each(session, "count"):
        counts[name] += rows
    return {name: rows for name, rows in counts.items() if rows}


def _check(session: Session) -> None:
    left = [name for name, rows in _each(session, "count") if rows]
    if left:
        raise GiveUp(
            f"nothing was erased: rows are left in {', '.join(sorted(set(left)))}: a fault of this program"
        )


def _each(session: Session, statement: str) -> list[tuple[str, int]]:
    """What a statement counts, or takes away, of each table."""
    with db.driver_cursor(session) as cursor:
        return [(held.table, _of(cursor, statement, held)) for held in HELD]


def _of(cursor: Any, statement: str, held: Held) -> int:
    table = sql.Identifier(*held.table.split("."))
    cursor.execute(
        sql.SQL(db.sql(f"results/erase.{statement}")).format(table=table, condition=held.condition)
    )
    return int(cursor.rowcount if statement == "delete" else cursor.fetchone()[0])


def _sent(session: Session) -> tuple[Sent, ...]:
    return tuple(Sent(**row) for row in db.rows(session, "results/erase.sent"))
