"""Reads what changed in Coachview's lists, span of days by span, and keeps how far that is.

A list is asked by the day of change, the last read day once more: what changes meanwhile is read again. At first,
and every week, all of it is looked at, from the first day on; only then is a row that did not come gone. Each span is a
transaction, so that a run which was broken off, or had no requests left, is gone on with where it stopped.
See docs/connectors/coachview.md, Reading.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.coachview.client import CoachviewClient, Row
from etl.connectors.coachview.entities import CHANGED, DONE, ENTITIES, PARTS, Entity, facts_of, picked, row_id
from etl.engine import failpoint
from etl.load import derivations, erased
from etl.load.merge import stage

FIRST_DAY: Final = date(2000, 1, 1)
_HERE: Final = ZoneInfo("Europe/Amsterdam")  # of the moments that Coachview gives, which name no zone
_A_DAY: Final = timedelta(days=1)
_WHOLE_AGAIN: Final = timedelta(days=7)
_MOST_ROWS: Final = 2_000  # of a span: Coachview fails where very many are skipped


def today() -> date:
    """The day that it is at Coachview."""
    return datetime.now(_HERE).date()


def tomorrow() -> date:
    """The day until which everything that changed until now is asked."""
    return today() + _A_DAY


class ListReading:
    """How far one list is read, and what to read of it next."""

    def __init__(self, engine: Engine, entity: Entity, *, full: bool) -> None:
        self._engine = engine
        self._entity = entity
        self._left_out: set[int] = set()
        self._first = self._begin(full)

    @property
    def is_whole(self) -> bool:
        """Whether all of the list is looked at."""
        return self._whole

    @property
    def note(self) -> str | None:
        """What the report says of people who were erased on request."""
        if not self._left_out:
            return None
        return f"{erased.CODE}: {len(self._left_out)} whom the list names, of whom nothing is kept"

    def run(self, client: CoachviewClient) -> int:
        """Read until today; returns how many rows were new or other than before."""
        written = 0
        for until, rows in _spans(client, self._entity.name, self._first, tomorrow()):
            written += self._keep(rows, min(until, today()))
            failpoint.point("coachview.read")
        if self._whole:
            with self._engine.begin() as session:
                written += db.execute(session, "coachview/reading.end_whole", entity=self._entity.name)
        return written

    def _begin(self, full: bool) -> date:
        """From which day on to read; a look at the whole list that is under way goes on."""
        with self._engine.begin() as session:
            found = db.rows(session, "coachview/reading.position", entity=self._entity.name)
            known = found[0] if found else None
            self._whole = known is None or known["whole_since"] is not None
            if known is None or (not self._whole and (full or _is_old(known["whole_at"]))):
                self._whole = True
                first = {"entity": self._entity.name, "first": FIRST_DAY}
                db.execute(session, "coachview/reading.forget_seen", entity=self._entity.name)
                db.execute(session, "coachview/reading.begin_whole", **first)
                return FIRST_DAY
        day: date = known["read_until"]
        return max(day - _A_DAY, FIRST_DAY)

    def _keep(self, rows: Sequence[Row], until: date) -> int:
        name = self._entity.name
        kept = {row_id(row) or _nameless(row): picked(self._entity, row) for row in rows}
        frame = pd.DataFrame(
            {"entity": name, "id": list(kept), "fields": [json.dumps(one) for one in kept.values()]}
        )
        with self._engine.begin() as session:
            stage(session, "raw.coachview_rows", self._needed(session, self._of_others(session, frame)))
            if self._whole:
                db.execute(session, "coachview/reading.saw", entity=name)
            written = db.execute(session, "coachview/reading.keep", entity=name)
            db.execute(session, "coachview/reading.read_until", entity=name, until=until)
        return written

    def _of_others(self, session: Session, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that are not of people who were erased on request."""
        known = erased.read(session)
        if not known or frame.empty:
            return frame
        rows = zip(frame["id"], frame["fields"], strict=True)
        erasures = [known.whose(facts_of(self._entity, one, json.loads(said))) for one, said in rows]
        self._left_out |= {one for one in erasures if one is not None}
        return frame[[one is None for one in erasures]]

    def _needed(self, session: Session, frame: pd.DataFrame) -> pd.DataFrame:
        """Of what learners did with each lesson, only what they did with e-learning parts."""
        if self._entity.name != DONE or frame.empty:
            return frame
        parts = {row["id"] for row in db.rows(session, "coachview/reading.elearning_parts", entity=PARTS)}
        return frame[[json.loads(one).get("part_code", "") in parts for one in frame["fields"]]]


def ever_read(engine: Engine) -> bool:
    """Whether anything was ever read of Coachview."""
    with engine.connect() as session:
        return bool(db.rows(session, "coachview/reading.ever_read"))


def unread(session: Session) -> list[str]:
    """The lists of which not all was looked at yet: nothing is decided on a part of them."""
    names = [entity.name for entity in ENTITIES]
    return [str(row["entity"]) for row in db.rows(session, "coachview/reading.unread", entities=names)]


def until(engine: Engine, entity: str) -> date | None:
    """Until which day a list is read."""
    with engine.connect() as session:
        found = db.rows(session, "coachview/reading.position", entity=entity)
    return found[0]["read_until"] if found else None


def changes_between(first: date, last: date) -> str:
    """The filter for rows that changed from a day on until another begins."""
    return f"{CHANGED}={first:%d-%m-%Y},{last:%d-%m-%Y}"


def _spans(client: CoachviewClient, name: str, first: date, last: date) -> Iterator[tuple[date, list[Row]]]:
    """Rows that changed in spans of days, oldest first, each short enough to hold few rows; with its end."""
    waiting = [(first, last)]
    while waiting:
        begins, ends = waiting.pop()
        where = changes_between(begins, ends)
        page = client.page(name, where=where)
        if page.count > _MOST_ROWS and ends - begins > _A_DAY:
            middle = begins + (ends - begins) // 2
            waiting += [(middle, ends), (begins, middle)]
            continue
        yield ends, client.rows(name, where, page)


def _is_old(whole_at: datetime | None) -> bool:
    return whole_at is None or datetime.now(UTC) - whole_at > _WHOLE_AGAIN


def _nameless(row: Row) -> str:
    """What a row that says no id is listed as, until it says one."""
    return f"row without id {derivations.digest([json.dumps(row, sort_keys=True, default=str)])[:12]}"
