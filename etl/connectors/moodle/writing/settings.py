"""How a site is written to: moodle_writing.csv, and the pause switch of its connection."""

from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import Connection as Session

from etl import db
from etl.connections import Connection
from etl.errors import GiveUp


@dataclass(frozen=True)
class WritingSettings:
    """What is sent to a site, and how; ``visible_when``: statuses of an occurrence, ``at_most``: of one run."""

    source: str
    connection_id: str
    timezone: str
    match_code: bool
    match_fields: str | None
    writing: Literal["off", "test", "on"]
    role_id: str
    send_start_date: bool
    on_withdrawal: Literal["nothing", "suspend", "unenrol"]
    auth: str | None
    visible_when: frozenset[str]
    at_most: int

    @property
    def user_scheme(self) -> str:
        """Under which scheme the administration holds the ids of its users (client_numbers.csv)."""
        return f"moodle:{self.source}"


def written_sites(session: Session) -> list[WritingSettings]:
    """The sites whose enrolments, people and courses are kept account of: all that are not off."""
    return [
        WritingSettings(**{**row, "visible_when": frozenset(row["visible_when"].split("+"))})
        for row in db.rows(session, "moodle/writing.sites")
    ]


def written_site(session: Session, source: str) -> WritingSettings:
    """One of them. Raises GiveUp where nothing is sent to it."""
    for site in written_sites(session):
        if site.source == source:
            return site
    raise GiveUp(f"{source}: writing is off (moodle_writing.csv), or it is no Moodle site that is in use")


def paused(connection: Connection) -> bool:
    """Whether a person paused the writing: ``writing_paused`` of the connection. Raises GiveUp where it is neither."""
    given = connection.extra.get("writing_paused") or False
    try:
        return msgspec.convert(given, bool, strict=False)  # a URI gives it as text
    except msgspec.ValidationError:
        raise GiveUp(
            f"connection {connection.conn_id}: extra writing_paused is neither true nor false"
        ) from None
