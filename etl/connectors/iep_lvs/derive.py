"""Derive and load messages of the inbox: read them again, match their pupils, record their results."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.iep_lvs import intake, pupil_results
from etl.connectors.iep_lvs import test_results as transform
from etl.connectors.iep_lvs.faults import UwlrFault
from etl.connectors.iep_lvs.message import Measure, Result
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.connectors.iep_lvs.test_results import Deliveries, Derived, derive
from etl.engine import failpoint, inbox
from etl.errors import RejectRecord
from etl.load import derivations, rejections
from etl.load.merge import stage
from etl.load.runs import Counts

FLOW: Final = "iep_test_results"
_RESULTS_A_TRANSACTION: Final = 5000
_FOR_GOOD: Final = ("malformed_record", "no_value")  # of what the message says, whatever is known here
_SAID: Final = ["scope", "source", "brin6", "created_at", "message_id"]
log = logging.getLogger(__name__)
_PARTS: Final[dict[str, list[str]]] = {
    "messages": transform.MESSAGES,
    "tests": transform.TESTS,
    "norms": transform.NORMS,
    "unreadable": transform.UNREADABLE,
}


@dataclass
class MessageBatch:
    """Messages that are derived together, as ``iep_lvs/derivation.messages`` lists them, with what they say."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    parts: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _PARTS})
    messages: list[Message] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def add(self, row: Mapping[str, Any], message: Message, school_year: str) -> None:
        """Add what one message says."""
        scope = (row["scope"],)
        self.parts["messages"].append((*scope, row["brin6"], school_year, row["is_test"]))
        self.parts["tests"] += [scope + test for test in message.tests]
        self.parts["norms"] += [scope + norm for norm in message.norms]
        self.parts["unreadable"] += [scope + unreadable for unreadable in message.unreadable]
        self.rows.append(row)
        self.seen.add(row["message_id"])
        self.messages.append(message)

    @property
    def deliveries(self) -> Deliveries:
        """What the messages say, as frames."""
        scopes = pd.array([row["scope"] for row in self.rows], dtype="str")
        results, of_message = self._numbered([message.results for message in self.messages], Result._fields)
        measures, _ = self._numbered([message.measures for message in self.messages], Measure._fields)
        return Deliveries(
            results=results.assign(scope=scopes.take(of_message)),
            measures=measures,
            **{name: _frame(self.parts[name], columns) for name, columns in _PARTS.items()},
        )

    def _numbered(
        self, said: Sequence[Sequence[Any]], columns: Sequence[str]
    ) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
        """What the messages say, with results numbered through the batch; and the place of the message of each row."""
        frame = _frame([one for of_message in said for one in of_message], columns)
        place = np.repeat(np.arange(len(said)), [len(of_message) for of_message in said])
        first = np.cumsum([0, *(message.delivered for message in self.messages)])
        return frame.assign(number=frame["number"] + first[place]), place


def read_batch(
    session: Session, rows: Sequence[Mapping[str, Any]]
) -> tuple[MessageBatch, dict[str, RejectRecord]]:
    """Read messages of the inbox again; also the problem of each school whose message can no longer be read."""
    batch, problems = MessageBatch(), {}
    for row in rows:
        message = Message()
        try:
            school = read(inbox.body(session, row["message_id"]), Open(row["lenient"]), message, again=True)
        except UwlrFault as fault:
            words = f"message {row['message_id']} cannot be read any more: {fault}"
            problems[row["brin6"]] = RejectRecord("malformed_record", words)
            log.error("school %s: %s", row["brin6"], words)
        else:
            batch.add(row, message, school.school_year)
    return batch, problems


def derive_batch(session: Session, run_id: str, batch: MessageBatch) -> dict[str, Counts]:
    """Derive and load a batch in the transaction of ``session``; returns the counts of each school.

    A message that came late may say something else than those before and after it, which said the same. Then the ones
    in between, of which nothing was kept, are read once more, so that the history is right in any order.
    """
    counts, splits = _derive(session, run_id, batch)
    while splits and (rows := _between(session, splits, batch)):
        again, _ = read_batch(session, rows)
        batch.seen |= {row["message_id"] for row in rows}
        more, further = _derive(session, run_id, again)
        splits = [*splits, *further]
        for brin6, count in more.items():  # what they deliver was counted when it came in
            delivered = Counts(read=count.written, written=count.written)
            counts[brin6] = counts.get(brin6, Counts()) + delivered
    return counts


def _between(
    session: Session, splits: Sequence[Mapping[str, Any]], batch: MessageBatch
) -> list[Mapping[str, Any]]:
    """The next messages of the splits that were not read yet, as many as are derived at once."""
    wanted = {name: [split[name] for split in splits] for name in ("first", "last")}
    schools, but = [split["brin6"] for split in splits], sorted(batch.seen)
    found = db.rows(
        session, "iep_lvs/derivation.messages_between", flow=FLOW, schools=schools, but=but, **wanted
    )
    return next(parts(found), [])


def parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Messages in parts of a few thousand results, which one transaction derives."""
    part: list[Mapping[str, Any]] = []
    results = 0
    for row in rows:
        if part and results + row["results"] > _RESULTS_A_TRANSACTION:
            yield part
            part, results = [], 0
        part.append(row)
        results += row["results"]
    if part:
        yield part


def _derive(
    session: Session, run_id: str, batch: MessageBatch
) -> tuple[dict[str, Counts], Sequence[Mapping[str, Any]]]:
    if not batch.rows:
        return {}, []
    for brin6 in sorted(
        {row["brin6"] for row in batch.rows}
    ):  # in one order, so that two runs do not deadlock
        db.rows(session, "iep_lvs/derivation.school_lock", brin6=brin6)
    derived = derive(
        batch.deliveries,
        db.query(session, "iep_lvs/derivation.pupils", **intake.identifiers(*batch.messages)),
        db.query(session, "iep_lvs/derivation.excluded_tests"),
    )
    said = pd.DataFrame(batch.rows)[_SAID]
    loaded = pupil_results.load(session, run_id, said, derived.results, derived.measures)
    listed = _list_rejected(session, run_id, batch, derived)
    for source, rows in said.groupby("source"):
        inputs = {row["scope"]: row["inputs"] for row in batch.rows if row["source"] == source}
        derivations.remember(session, run_id, FLOW, str(source), {s: inputs[s] for s in rows["scope"]})
    failpoint.point("iep.loaded")
    return _counts(batch, derived, loaded, listed), loaded.splits


def _list_rejected(session: Session, run_id: str, batch: MessageBatch, derived: Derived) -> Counter[str]:
    """List what was rejected: one line a record, as its last message has it. Returns how many by scope."""
    rejected, scopes = (
        _without_repeated(session, batch, derived.rejected),
        [row["scope"] for row in batch.rows],
    )
    stage(session, "ops.rejections", rejected[rejections.COLUMNS])
    db.execute(session, "iep_lvs/rejections.said_later", flow=FLOW, scopes=scopes)
    last = {(row["scope"], row["record_key"]) for row in db.rows(session, "iep_lvs/rejections.listed")}
    db.execute(session, "iep_lvs/rejections.carried", flow=FLOW)
    pairs = zip(rejected["scope"], rejected["record_key"], strict=True)
    listed = rejected.loc[pd.Series([pair in last for pair in pairs], dtype=bool)]
    for source in sorted({row["source"] for row in batch.rows}):
        scopes = [row["scope"] for row in batch.rows if row["source"] == source]
        rejections.replace(session, run_id, FLOW, source, scopes, listed[listed["scope"].isin(scopes)])
    schools = sorted({row["brin6"] for row in batch.rows})
    db.execute(session, "iep_lvs/rejections.outdated", flow=FLOW, run_id=run_id, schools=schools)
    _remember_left_out(session, batch, rejected)
    return Counter(listed["scope"].tolist())


def _without_repeated(session: Session, batch: MessageBatch, rejected: pd.DataFrame) -> pd.DataFrame:
    """Leave out what could not be read and came again later, under whatever key."""
    said, times = [], Counter[tuple[str, str]]()
    tests = {row["scope"] for row in batch.rows if row["is_test"]}
    for scope, key, _, about in (row for row in batch.parts["unreadable"] if row[0] not in tests):
        times[scope, about] += 1  # one message may say several of them
        said.append((scope, f"{scope.partition('/')[0]}/{key}", f"{about}-{times[scope, about]}"))
    if not said:
        return rejected
    scopes, record_keys, abouts = (list(column) for column in zip(*said, strict=True))
    told = {"scopes": scopes, "record_keys": record_keys, "abouts": abouts}
    repeated = {
        (row["scope"], row["record_key"])
        for row in db.rows(session, "iep_lvs/derivation.unreadable", flow=FLOW, **told)
    }
    unread = rejected["reason_code"] == "malformed_record"
    pairs = zip(rejected["scope"], rejected["record_key"], strict=True)
    again = pd.Series([pair in repeated for pair in pairs], dtype=bool)
    return rejected[~(unread & again)].reset_index(drop=True)


def _remember_left_out(session: Session, batch: MessageBatch, rejected: pd.DataFrame) -> None:
    """Messages of which other reference data would record more are derived again when it changes."""
    scopes = set(rejected.loc[~rejected["reason_code"].isin(_FOR_GOOD), "scope"])
    numbers = {row["message_id"]: row["scope"] in scopes for row in batch.rows}
    left_out = [number for number, left in numbers.items() if left]
    db.execute(session, "iep_lvs/derivation.left_out", messages=list(numbers), left_out=left_out)


def _counts(
    batch: MessageBatch, derived: Derived, loaded: pupil_results.Loaded, listed: Counter[str]
) -> dict[str, Counts]:
    schools: dict[str, Counts] = {}
    for row, message in zip(batch.rows, batch.messages, strict=True):
        scope, new = row["scope"], loaded.written[row["message_id"]]
        stood = loaded.standing[row["message_id"]] - new
        counts = Counts(
            read=message.delivered, written=new, unchanged=stood, rejected=listed[scope],
            ignored=derived.left_out[scope] - listed[scope],  # of dummies, or as a later message lists it
        )  # fmt: skip
        schools[row["brin6"]] = schools.get(row["brin6"], Counts()) + counts
    return schools


def _frame(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    kinds = {"number": pa.int64(), "is_test": pa.bool_()}
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = {
        name: pa.array(column, kinds.get(name, pa.string()))
        for name, column in zip(columns, values, strict=True)
    }
    frame: pd.DataFrame = pa.table(arrays).to_pandas()
    return frame
