"""The connected systems that results come from, with the settings of each integration (sources.csv)."""

from dataclasses import dataclass

from sqlalchemy import Engine

from etl import db
from etl.errors import GiveUp
from etl.transform.unit_results import Rules


@dataclass(frozen=True)
class Source:
    """One connected system with the settings of its integration (sources.csv)."""

    source: str
    system: str
    connection_id: str
    timezone: str
    match_code: bool
    match_fields: str | None
    record_failed: bool
    allow_resit: bool
    use_enrolment_start: bool
    review: str

    @property
    def user_scheme(self) -> str:
        """Under which scheme the administration holds the ids of its users (client_numbers.csv)."""
        return f"{self.system}:{self.source}"

    @property
    def rules(self) -> Rules:
        """The settings that the unit results follow."""
        return Rules(self.timezone, self.record_failed, self.allow_resit, self.use_enrolment_start)


def sources(engine: Engine, system: str) -> list[Source]:
    """The sources of a system that are in use."""
    with engine.connect() as session:
        return [Source(**row) for row in db.rows(session, "engine/sources.in_use", system=system)]


def source_named(engine: Engine, system: str, name: str) -> Source:
    """One source. Raises GiveUp when it is no longer in use."""
    for source in sources(engine, system):
        if source.source == name:
            return source
    raise GiveUp(f"source {name} is not among the sources of {system} that are in use")
