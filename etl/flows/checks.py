"""The connection test, for Airflow's Test button and ``etl check``: one function for each kind of connection.

What is mapped is compared with what comes back (spec/moodle.md, What must happen), so the test reads the warehouse.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine

from etl import db
from etl.connections import CheckReport, Connection
from etl.errors import DatabaseFault, EtlError, GiveUp, InvalidInput

if TYPE_CHECKING:
    from etl.extract.moodle import MoodleClient

Connect = Callable[[str], Connection]
Warehouse = Callable[[], AbstractContextManager[Engine]]


@dataclass(frozen=True)
class _Tested:
    """The connection under test, and what tells what it is used for."""

    connection: Connection
    warehouse: Warehouse
    connect: Connect

    @contextmanager
    def reading(self) -> Iterator[Engine]:
        """The warehouse; a fault of it is a finding of the test."""
        try:
            with self.warehouse() as engine:
                yield engine
        except DatabaseFault as problem:
            raise GiveUp(f"the warehouse, which says what is linked, cannot be read: {problem}") from None

    @property
    def at_once(self) -> Connection:
        """The connection with no wait for a busy system: a person waits, and wants to know what it says now."""
        return replace(self.connection, extra={**self.connection.extra, "wait_limit": 0})

    def known_as(self, engine: Engine, system: str) -> list[str]:
        """The names under which sources use this connection."""
        return [user["connection_id"] for user in self.users(engine, system)]

    def users(self, engine: Engine, system: str) -> list[Mapping[str, Any]]:
        """What uses this connection, or another one to the same account of the same system.

        Airflow's Test button tests a copy under a name of its own, so the name alone would find nothing.
        """
        with engine.connect() as session:
            rows = db.rows(session, "load/connection_users", system=system)
        return [row for row in rows if self._leads_to_the_same(row["connection_id"])]

    def _leads_to_the_same(self, connection_id: str) -> bool:
        if connection_id == self.connection.conn_id:
            return True
        try:
            other = self.connect(connection_id)
            address = other.base_url
        except GiveUp:
            return False
        return (address, other.login) == (self.connection.base_url, self.connection.login)


def check(connection: Connection, warehouse: Warehouse, connect: Connect) -> CheckReport:
    """Say in plain words what works and what is missing; what fails is a line of the report, never raised."""
    try:
        if connection.conn_type not in _TESTS:
            types = ", ".join(_TESTS)
            raise InvalidInput(f"connection {connection.conn_id}: no test for its type, only for {types}")
        return _TESTS[connection.conn_type](_Tested(connection, warehouse, connect))
    except EtlError as problem:
        return CheckReport(False, [str(problem)])


def mapped(
    engine: Engine, connection_ids: Sequence[str], idnumbers: Mapping[str, str | None]
) -> dict[str, list[str]]:
    """The activities (cmid) that results are read from, by course id, of the sources with these connections.

    ``idnumbers``: of the courses that the site shows now; a course that no night has read yet counts too.
    """
    return _by_course(_mapped_rows(engine, connection_ids, idnumbers))


def _mapped_rows(
    engine: Engine, connection_ids: Sequence[str], idnumbers: Mapping[str, str | None]
) -> list[Mapping[str, Any]]:
    shown = {"course_ids": list(idnumbers), "idnumbers": list(idnumbers.values())}
    with engine.connect() as session:
        return db.rows(session, "load/mapped_activities", connection_ids=list(connection_ids), **shown)


def _by_course(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        activities = found.setdefault(row["source_course_id"], [])
        if row["activity_id"] is not None:
            activities.append(row["activity_id"])
    return found


def _moodle(tested: _Tested) -> CheckReport:
    from etl.extract import moodle_check
    from etl.extract.moodle import MoodleClient

    with MoodleClient(tested.at_once) as client, tested.reading() as engine:
        rows = _mapped_rows(engine, tested.known_as(engine, "moodle"), _idnumbers(client))
        activities = _by_course(rows)
        counted = {row["source_course_id"] for row in rows if row["counted"]}
        report = moodle_check.check(client, activities, counted)
    if report.ok and not activities:
        report.lines.append("No course of a source with this connection is linked yet: test again then.")
    return report


def _idnumbers(client: "MoodleClient") -> dict[str, str | None]:
    """What can be shown of the courses; why nothing can be is the check's to say."""
    from etl.extract import moodle_contract as contract

    try:
        courses = contract.decode_courses(client.courses()).frame
    except EtlError:
        return {}
    idnumbers = courses["idnumber"].astype("object").where(courses["idnumber"].notna(), None)
    return dict(zip(courses["source_course_id"].tolist(), idnumbers.tolist(), strict=True))


def _infocaption(tested: _Tested) -> CheckReport:
    from etl.extract import infocaption_check
    from etl.extract.infocaption import InfoCaptionClient

    with tested.reading() as engine, engine.connect() as session:
        ids = tested.known_as(engine, "infocaption")
        linked = [
            row["source_course_id"]
            for row in db.rows(session, "load/competence_courses_of", connection_ids=ids)
        ]
    with InfoCaptionClient(tested.at_once) as client:
        return infocaption_check.check(client, linked)


def _pe_online(tested: _Tested) -> CheckReport:
    from etl.push import pe_check

    with tested.reading() as engine:
        groups = [user["org_id"] for user in tested.users(engine, "pe_online")]
    lines = pe_check.check(tested.connection, groups[0] if groups else None)
    return CheckReport(True, lines + [pe_check.about_the_key(tested.connection, org) for org in groups[1:]])


def _iep_lvs(tested: _Tested) -> CheckReport:
    from etl.receive.location import Location

    location = Location(tested.connection)
    listing = location.listing()
    found = [f"The location can be read: {len(listing.files)} XML files are there"]
    if listing.others:
        found.append(f"Not looked at, because only files that end in .xml are: {', '.join(listing.others)}")
    return CheckReport(True, [*found, f"Files that were taken are {'moved' if location.moves else 'kept'}"])


# Clients are imported by the test that needs them: zeep alone takes longer than a short command.
_TESTS: Final[Mapping[str, Callable[[_Tested], CheckReport]]] = {
    "moodle": _moodle,
    "infocaption": _infocaption,
    "pe_online": _pe_online,
    "iep_lvs": _iep_lvs,
}
