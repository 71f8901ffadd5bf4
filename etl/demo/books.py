"""The own books of the systems that we send to, beside ours: whatever we call accepted is booked there exactly once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from etl import db
from etl.http.transport import transport
from etl.sandbox.pe_online.ledger import DUTCH_TIME
from etl.words import counted

_POINTS: Final = "select org_id, relation_number, end_date from mart.pe_attendance where status = 'accepted'"
_ENROLMENTS: Final = (
    "select source_course_id, user_id, withdrawn is not distinct from 'suspend' from mart.moodle_enrolments"
    " where state = 'transferred' and already is not true and withdrawn is distinct from 'unenrol'"
)
_RESULTS: Final = "select request_code, part_code from mart.coachview_results where status = 'accepted'"


@dataclass(frozen=True)
class Books:
    """What one system booked, and what our view calls accepted: each entry, and how many times.

    ``named``: an entry in words, without the person.
    """

    system: str
    entry: str
    view: str
    booked: Counter[Any]
    accepted: Counter[Any]
    named: Callable[[Any], str]

    def disagreements(self) -> list[str]:
        """A line for each entry that only one side knows, or knows more often."""
        more, fewer = self.booked - self.accepted, self.accepted - self.booked
        line = f"{{}}: {self.system} booked {{}} {{}} than {self.view} says"
        return [
            *(line.format(self.named(entry), count, "more") for entry, count in more.items()),
            *(line.format(self.named(entry), count, "fewer") for entry, count in fewer.items()),
        ]

    def __str__(self) -> str:
        return f"{counted(self.accepted.total(), self.entry)} in {self.system}"


def read(url: str, warehouse_url: str) -> list[Books]:
    """The books of each stand-in of the sandbox at ``url``, beside the warehouse."""
    return [known(url, warehouse_url) for known in (_pe_online, _coachview, _moodle)]


def _pe_online(url: str, warehouse_url: str) -> Books:
    bookings = _asked(url, "pe/ledger")["bookings"]
    booked = Counter(_point(row["org_id"], row["person"], row["moment"]) for row in bookings)
    accepted = Counter(_point(*row) for row in _rows(warehouse_url, _POINTS))
    return Books("PE-Online", "point", "mart.pe_attendance", booked, accepted, _named_point)


def _coachview(url: str, warehouse_url: str) -> Books:
    registered = _asked(url, "coachview/books")["registered"]
    booked = Counter({(row["request"], row["part"]): row["times"] for row in registered})
    accepted = Counter(_rows(warehouse_url, _RESULTS))
    return Books(
        "Coachview",
        "result",
        "mart.coachview_results",
        booked,
        accepted,
        "request {0[0]}, part {0[1]}".format,
    )


def _moodle(url: str, warehouse_url: str) -> Books:
    enrolments = _asked(url, "moodle/books")["enrolments"]
    booked = Counter((str(row["courseid"]), str(row["userid"]), row["suspended"]) for row in enrolments)
    accepted = Counter(_rows(warehouse_url, _ENROLMENTS))
    return Books("Moodle", "enrolment", "mart.moodle_enrolments", booked, accepted, _named_enrolment)


def _point(org_id: int, person: str, moment: str) -> tuple[int, str, datetime]:
    """A point as both sides can name it: the moment in Dutch local time, as PE-Online keeps it."""
    when = datetime.fromisoformat(moment)
    return org_id, person, when.astimezone(DUTCH_TIME).replace(tzinfo=None) if when.tzinfo else when


def _named_point(point: tuple[int, str, datetime]) -> str:
    return f"profession group {point[0]}, {point[2]:%Y-%m-%d %H:%M:%S}"  # never the person's number


def _named_enrolment(enrolment: tuple[str, str, bool]) -> str:
    return f"course {enrolment[0]}, {'suspended' if enrolment[2] else 'active'}"  # never the account's number


def _rows(warehouse_url: str, query: str) -> list[tuple[Any, ...]]:
    engine = db.engine(warehouse_url)
    with engine.connect() as session:
        rows = [tuple(row) for row in session.execute(text(query))]
    engine.dispose()
    return rows


def _asked(url: str, what: str) -> Any:
    with transport(url) as calls:
        answer = calls.get(f"{url}/control/{what}", timeout=10)
    answer.raise_for_status()
    return answer.json()
