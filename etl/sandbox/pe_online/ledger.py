"""PE-Online's own books in SQLite: durable in a file, or gone with the process."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal
from zoneinfo import ZoneInfo

from etl.sandbox import accounts

DATA = Path(__file__).parent / "data"
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class BookedAccount:
    """Who may send attendance, for which professions; in test mode nothing is booked."""

    user_id: str
    user_key: str
    mode: Literal["live", "test"]
    org_ids: str
    mandates: str = ""

    def serves(self, org_id: int) -> bool:
        """Is the service set up for this profession?"""
        return str(org_id) in self.org_ids.split(",")

    def may_send_for(self, provider: str) -> bool:
        """Its own courses, and those of providers that gave it a mandate."""
        return not provider or provider in self.mandates.split(",")


@dataclass(frozen=True)
class BookedCourse:
    """A course as accredited by one profession for one period."""

    org_id: int
    pe_course_id: int
    valid_from: str
    valid_to: str
    course_type: int = 2
    external_course_id: str | None = None
    provider: str = ""

    def accredited_on(self, day: date) -> bool:
        """Does the day fall in the accreditation period?"""
        return self.valid_from <= day.isoformat() <= self.valid_to


@dataclass(frozen=True)
class BookedAttendance:
    """One row as it was sent: empty where an element was absent; ``external`` names the ids that were."""

    course: str
    person: str
    module: str = ""
    end_date: str = ""
    edition: str = ""
    meeting: str = ""
    external: frozenset[str] = frozenset()

    @property
    def ended(self) -> datetime | None:
        """The end date in Dutch local time."""
        return datetime.fromisoformat(self.end_date).astimezone(DUTCH_TIME) if self.end_date else None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two received rows the same row."""
        return (self.person, self.course, self.module, self.end_date, self.edition, self.meeting)


Row = dict[str, Any]
SEEDED = ("account", "person", "person_pattern", "course", "module", "meeting")


class Ledger:
    """Accounts, persons, courses; what was received; what was booked. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript((DATA / "ledger.sql").read_text())
        self._seed()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def reset(self) -> None:
        """Empty books, and the sample accounts, persons and courses as they were."""
        with self._lock:
            for table in (*SEEDED, "booking", "received"):
                self._db.execute(f"delete from {table}")  # noqa: S608
            self._seed()

    def _seed(self) -> None:
        """The sample set, except for what was changed since it was first put in."""
        sample = json.loads((DATA / "seed.json").read_text())
        sample["account"] = [
            (accounts.PE_USER, accounts.PE_KEY, "live", "52,19,62", ""),
            (accounts.PE_TEST_USER, accounts.PE_TEST_KEY, "test", "52,19,62", ""),
        ]
        for table, rows in sample.items():
            for row in rows:
                self._put(table, row, otherwise="ignore")

    def _put(self, table: str, row: Iterable[Any], otherwise: str = "replace") -> None:
        values = tuple(row)
        marks = ",".join("?" * len(values))
        with self._lock:
            self._db.execute(f"insert or {otherwise} into {table} values ({marks})", values)  # noqa: S608

    def add_account(self, account: BookedAccount) -> None:
        """Open an account, or change it: key, mode, professions, mandates."""
        self._put("account", astuple(account))

    def add_person(self, org_id: int, number: str) -> None:
        """Make a number known to a profession."""
        self._put("person", (org_id, number))

    def add_persons_like(self, org_id: int, pattern: str) -> None:
        """Make every number that matches a regular expression known to a profession."""
        self._put("person_pattern", (org_id, pattern))

    def add_course(self, course: BookedCourse) -> None:
        """Accredit a course for a period."""
        self._put("course", astuple(course))

    def add_module(self, org_id: int, course: int, module: int, external: str | None = None) -> None:
        """Give a course a module; from then on every row of the course has to name one."""
        self._put("module", (org_id, course, module, external))

    def add_meeting(
        self,
        org_id: int,
        pe_course_id: int,
        edition: tuple[int, str | None],
        meeting: tuple[int, str | None] = (0, None),
    ) -> None:
        """Give a classroom course an edition, and a meeting in it (PE id and external id of each)."""
        self._put("meeting", (org_id, pe_course_id, *edition, *meeting))

    def account(self, user_id: str) -> BookedAccount | None:
        """The account of a userID."""
        rows = self._rows("select * from account where user_id = ?", user_id)
        return BookedAccount(**rows[0]) if rows else None

    def knows_person(self, org_id: int, number: str) -> bool:
        """Is the number known to the profession?"""
        if self._rows("select 1 from person where org_id = ? and number = ?", org_id, number):
            return True
        patterns = self._rows("select pattern from person_pattern where org_id = ?", org_id)
        return any(re.fullmatch(row["pattern"], number) for row in patterns)

    def courses(self, org_id: int, course: str, *, external: bool) -> list[BookedCourse]:
        """The accreditations of a course, by its PE id or its external id."""
        column = "external_course_id" if external else "cast(pe_course_id as text)"
        query = f"select * from course where org_id = ? and {column} = ? order by valid_from"  # noqa: S608
        return [BookedCourse(**row) for row in self._rows(query, org_id, course)]

    def is_course(self, course: str, *, external: bool) -> bool:
        """Is it a course of any profession?"""
        column = "external_course_id" if external else "cast(pe_course_id as text)"
        return bool(self._rows(f"select 1 from course where {column} = ?", course))  # noqa: S608

    def modules(self, course: BookedCourse) -> list[Row]:
        """The modules of a course."""
        query = "select * from module where org_id = ? and pe_course_id = ?"
        return self._rows(query, course.org_id, course.pe_course_id)

    def meetings(self, course: BookedCourse) -> list[Row]:
        """The editions and meetings of a classroom course."""
        query = "select * from meeting where org_id = ? and pe_course_id = ?"
        return self._rows(query, course.org_id, course.pe_course_id)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One call's writes, all or nothing, nobody else in between."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def book(self, person: str, course: BookedCourse, module: str, moment: str) -> None:
        """Book once per key; the same course on one day gives points once.

        See docs/connectors/pe_online.md, The ledger.
        """
        key = (course.org_id, person, course.pe_course_id, module)
        same_day = self._rows(
            "select 1 from booking where (org_id, person, pe_course_id, pe_module_id) = (?, ?, ?, ?)"
            " and substr(moment, 1, 10) = ?",
            *key,
            moment[:10],
        )
        self._put("booking", (*key, moment, 0 if same_day else 1, _now()), "ignore")

    def next_call(self) -> int:
        """The number of the next call in the log."""
        return int(self._rows("select coalesce(max(call_id), 0) + 1 as n from received")[0]["n"])

    def log(
        self, call: int, line: int, account: BookedAccount, org_id: int, row: BookedAttendance, reason: str
    ) -> None:
        """Write down that a row was received, for the how-manieth time, and what became of it."""
        before = self._rows(
            "select 1 from received where org_id = ? and (person, course, module, end_date, edition, meeting)"
            " = (?, ?, ?, ?, ?, ?)",
            org_id,
            *row.key,
        )
        outcome = "rejected" if reason else "accepted"
        head = (None, _now(), call, line, account.user_id, account.mode, org_id)
        self._put("received", (*head, *row.key, len(before) + 1, outcome, reason))

    def bookings(self) -> list[Row]:
        """Every booking, in the order of their keys."""
        return self._rows("select * from booking order by org_id, person, pe_course_id, pe_module_id, moment")

    def received(self) -> list[Row]:
        """Every row that came in, oldest first."""
        return self._rows("select * from received order by id")

    def _rows(self, query: str, *values: Any) -> list[Row]:
        with self._lock, closing(self._db.execute(query, values)) as cursor:
            return [dict(row) for row in cursor]


def _now() -> str:
    return datetime.now(UTC).isoformat()
