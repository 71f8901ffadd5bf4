"""Exactly what would be sent to a site now; nothing is written anywhere. It holds names and addresses."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.moodle.reasons import REASONS
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.directory import Directory, Person
from etl.connectors.moodle.writing.enrolments import Enrolment, Enrolments, Roster, read_enrolments
from etl.connectors.moodle.writing.people import Accounts, changes, read_persons
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import ACCOUNTS, CHANGES, ENROLMENTS, WITHDRAWALS
from etl.engine import ledger
from etl.engine.ledger import Target
from etl.errors import RejectRecord
from etl.transform.reasons import reason

Line = dict[str, str]
_NEW = "(new)"


@dataclass(frozen=True)
class WouldSend:
    """What is due of a site, as the ledger has it."""

    site: WritingSettings
    persons: list[Person]
    enrolments: list[Enrolment]
    withdrawals: list[Enrolment]
    changes: list[Person]

    @classmethod
    def read(
        cls, session: Session, site: WritingSettings, items: frozenset[int] | None = None
    ) -> "WouldSend":
        """What is due in the caller's transaction; ``items``: only of these."""

        def due(target: Target) -> list[int]:
            found = ledger.due(session, target, site.source)
            return [one.item_id for one in found if items is None or one.item_id in items]

        rows = db.rows(session, "moodle/enrolments.preview", item_ids=due(ENROLMENTS))
        return cls(
            site,
            read_persons(session, due(ACCOUNTS)),
            [Enrolment(**row) for row in rows],
            read_enrolments(session, due(WITHDRAWALS)),
            read_persons(session, due(CHANGES)),
        )

    def of_enrolments(self, engine: Engine, connection: Connection) -> Iterator[Line]:
        """Accounts that would be found or made, and enrolments and withdrawals; the site is asked who is who."""
        with MoodleWriter(connection, engine) as writer:
            directory = Directory(engine, self.site, writer)
            accounts = Accounts(self.site, writer, directory)
            sending = Enrolments(self.site, writer, Roster(self.site, writer, directory))
            found: dict[str, str | None] = {}
            for person in self.persons:
                line, found[person.client_code] = _account(person, directory, accounts)
                yield line
            for row in self.enrolments:
                yield from _enrolment(row, found.get(row.client_code, row.user_id), sending)
        for row in self.withdrawals:
            what = "remove from course" if row.how == "unenrol" else "suspend in course"
            yield _line(row.client_code, what, {"course": row.source_course_id, "user": row.user_id})

    def of_people(self) -> Iterator[Line]:
        """Changes of people."""
        for person in self.changes:
            yield _line(person.client_code, "change account", {"user": person.user_id, **changes(person)})


def _account(person: Person, directory: Directory, accounts: Accounts) -> tuple[Line, str | None]:
    """What would become of an account, and its user id; none where it is blocked."""
    try:
        account = directory.find(person)
    except RejectRecord as blocked:
        return _blocked(person.client_code, blocked, {}), None
    if account:
        return _line(person.client_code, "use account", {"user": account.user_id}), account.user_id
    return _line(person.client_code, "make account", asdict(accounts.new(person))), _NEW


def _enrolment(row: Enrolment, user_id: str | None, sending: Enrolments) -> Iterator[Line]:
    if user_id is None:
        return  # its account is blocked, which was said
    told = {"course": row.source_course_id, "user": user_id}
    try:
        known = replace(row, user_id=user_id)
        would = sending.enrolled(known) if user_id == _NEW else sending.judged(known)
    except RejectRecord as blocked:
        yield _blocked(row.client_code, blocked, told)
        return
    if would.already:
        yield _line(row.client_code, "is in the course already", told)
    else:
        yield _line(
            row.client_code, "enrol in course", {**told, "role": would.role_id, "timestart": would.timestart}
        )


def _blocked(client: str, blocked: RejectRecord, told: Mapping[str, object]) -> Line:
    why = reason(blocked.reason_code, REASONS)
    return _line(client, f"blocked: {blocked.reason_code}", {**told, "why": why})


def _line(client: str, what: str, values: Mapping[str, object]) -> Line:
    told = (f"{name}={value}" for name, value in values.items() if value not in (None, ""))
    return {"client_code": client, "what": what, "with": " ".join(told)}
