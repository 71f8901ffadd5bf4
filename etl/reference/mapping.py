"""Which activities of a course count for a unit: one link at a time, with who and when; the same rows as
activity_links.csv holds (docs/reference-files.md).
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through


@dataclass(frozen=True)
class MappedUnit:
    """A unit or task of an occurrence, as far as activities of one course count for it."""

    occurrence_code: str
    unit_code: str
    source: str
    source_course_id: str


def mapped(engine: Engine, unit: MappedUnit) -> frozenset[str]:
    """The activities of the course that count for the unit now."""
    with engine.connect() as session:
        return _mapped(session, unit)


def map_unit(
    engine: Engine,
    unit: MappedUnit,
    shown: Collection[str],
    wanted: Collection[str],
    by: str,
    through: Through,
) -> int:
    """Have these activities of the course count for the unit, and no others of it; returns how many links changed.

    ``shown``: those that counted as whoever decides saw it. Raises InvalidInput, and changes nothing, where others do
    now, or where one cannot be mapped.
    """
    with engine.begin() as session:
        audit.by(session, by, through)
        db.rows(session, "reference/files.lock")
        now = _mapped(session, unit)
        if now != frozenset(shown):
            raise InvalidInput(
                f"Nothing was changed: {unit.unit_code} was changed meanwhile, and counts {_listed(now)} now"
            )
        _refuse(session, unit, frozenset(wanted) - now)
        given = asdict(unit)
        removed = db.execute(session, "reference/mapping.remove", **given, activities=list(now - set(wanted)))
        added = db.execute(session, "reference/mapping.add", **given, activities=list(set(wanted) - now))
    return removed + added


def _mapped(session: Session, unit: MappedUnit) -> frozenset[str]:
    found = db.rows(session, "reference/mapping.mapped", **asdict(unit))
    return frozenset(row["activity_id"] for row in found)


def _refuse(session: Session, unit: MappedUnit, added: Collection[str]) -> None:
    if not added:
        return
    [known] = db.rows(session, "reference/mapping.known", **asdict(unit), activities=list(added))
    named = {
        "occurrence": (unit.occurrence_code, "the administration lists no such occurrence"),
        "unit": (unit.unit_code, "the administration lists no such unit or task"),
        "linked": (f"course {unit.source_course_id}", "it is not linked to the occurrence: link it first"),
    }
    for what, (name, why) in named.items():
        if not known[what]:
            raise InvalidInput(f"Nothing was changed: {name}: {why}")
    if unusable := sorted(set(added) - set(known["usable"])):
        raise InvalidInput(
            f"Nothing was changed: activity {unusable[0]} is none of course {unit.source_course_id} that can be"
            " mapped: `etl moodle activities` shows them"
        )


def _listed(activities: Collection[str]) -> str:
    return "activities " + ", ".join(sorted(activities)) if activities else "no activity of this course"
