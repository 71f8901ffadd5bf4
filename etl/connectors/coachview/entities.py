"""The lists of Coachview's REST interface: what is read of each, and how Coachview names it.

The one place of those names (docs/connectors/coachview.md, Interface, says which are confirmed). A field that is not
named here is never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from etl.engine.people import PERSON
from etl.engine.people import REQUEST as REQUESTED
from etl.load.erased import Fact

TRAININGS, PARTS, REQUESTS = "Opleidingen", "Opleidingsonderdelen", "Opleidingsvragen"
PERSONS, DONE = "Personen", "Opleidingsonderdeeluitvoeringen"
REQUEST, PART, FINISHED = "opleidingsvraagId", "opleidingsonderdeelId", "afgerond"
CHANGED: Final = "audittrail.gewijzigddatumtijd"
_NAMES: Final = {
    "given_name": "voornaam",
    "prefix": "tussenvoegsels",
    "surname": "achternaam",
    "email": "email",
}
_STATUSES: Final = {
    "geannuleerd": "cancelled",
    "uitgeschreven": "cancelled",
    "afgerond": "finished",
    "ingeschreven": "open",
    "testarten": "open",
    "definitief": "open",
    "uitvoering": "open",
}


@dataclass(frozen=True)
class Entity:
    """A list, with the fields that are used of its rows: our name for each, and Coachview's."""

    name: str
    fields: Mapping[str, str]


ENTITIES: Final = (
    Entity(TRAININGS, {"name": "naam"}),
    Entity(
        PARTS,
        {
            "name": "naam",
            "training_code": "opleidingId",
            "environment": "elearningOmgevingId",
            "course_id": "elearningCode",
        },
    ),
    Entity(
        REQUESTS,
        {"training_code": "opleidingId", "person_id": "persoonId", "status": "opleidingsvraagStatusId"},
    ),
    Entity(PERSONS, {"external_id": "externId"}),
    Entity(
        DONE,
        {
            "request_code": REQUEST,
            "part_code": PART,
            "finished": FINISHED,
            "result": "resultaat",
            "approved": "akkoord",
            "approved_on": "datumAkkoord",
        },
    ),
)


def with_names(entity: Entity) -> Entity:
    """The list of persons with what a client is named by, for a site that wants them as clients."""
    return Entity(entity.name, {**entity.fields, **_NAMES}) if entity.name == PERSONS else entity


def row_id(row: Mapping[str, Any]) -> str:
    """What a row is known by; empty where it says nothing of that kind."""
    found = _written(row.get("id"))
    if found is None and REQUEST in row:
        found = f"{_written(row.get(REQUEST)) or ''}/{_written(row.get(PART)) or ''}".strip("/")
    return found or ""


def facts_of(entity: Entity, row_id: str, fields: Mapping[str, str]) -> list[Fact]:
    """Whose a row is: by the number of the person, and of the request."""
    said = {
        PERSON: row_id if entity.name == PERSONS else fields.get("person_id"),
        REQUESTED: row_id if entity.name == REQUESTS else fields.get("request_code"),
    }
    return [Fact(kind, "", value) for kind, value in said.items() if value]


def picked(entity: Entity, row: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a row that are used, as reference files write them; what is empty, or no value, is absent."""
    found = {ours: _written(row.get(theirs)) for ours, theirs in entity.fields.items()}
    status = found.get("status")
    if status is not None:
        found["status"] = _STATUSES.get(status.casefold(), status)
    return {ours: value for ours, value in found.items() if value is not None}


def _written(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, str) and value.strip():
        return value.strip().replace("\0", "")
    return None
