"""Where a reason is mended: the page with its filter set, at the field. One list for all pages that tell reasons; what
a connector alone has to say stands with its reasons (``mended`` of etl.engine.connector).

What is not in it is mended outside (at the source, at the target ...), passes by itself, or asks nobody for anything:
the sentence of the reason says so (etl.transform.reasons, and each connector's own).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.registry import CONNECTORS
from etl.pages.access import RIGHTS
from etl.pages.host import Right
from etl.reference.spec import FILES
from etl.transform.mending import (
    CLIENT_NUMBER,
    CODE,
    COMPETENCE_LINK,
    COURSE,
    ID,
    NUMBER,
    REQUEST,
    Facts,
    Place,
    RowKey,
    in_row,
)
from etl.transform.reasons import REASONS


@dataclass(frozen=True)
class Link:
    """Where something is mended, for one row: an address, and what the link says."""

    address: str
    word: str


_OF_ACTIVITY: Final = {"occurrence": "occurrence", "unit": "unit", "source": "source", "course": "course"}
_MAPPED: Final = Place("mapping", "map the activity", _OF_ACTIVITY, anchor="activities-{activity}")
_UNMAPPED: Final = Place("mapping", "change the mapping", _OF_ACTIVITY, anchor="activities-{activity}")
_INTEGRATION: Final = Place("integration", "change the integration", {"integration": "source"})
_ENROLLED: Final = {"enrolment_code": "enrolment", "client_code": "client", "occurrence_code": "occurrence"}
_PLAN: Final = in_row(
    "enrolment_units",
    "correct the training plan",
    {"enrolment_code": "enrolment", "unit_code": "unit"},
    "expected_start_date",
)


def _enrolment(word: str, column: str) -> Place:
    return in_row("enrolments", word, _ENROLLED, column)


_SHARED: Final[Mapping[str, Place]] = {
    "unmatched_learner": CLIENT_NUMBER,
    "ambiguous_learner": CLIENT_NUMBER,
    "no_enrolment": _enrolment("enter the enrolment", "client_code"),
    "result_stands": Place(
        "results",
        "dismiss it",
        {"occurrence": "occurrence", "learner": "client"},
        {"state": "not_possible"},
        "rows",
    ),
    "enrolment_not_active": _enrolment("correct the enrolment", "status"),
    "completed_before_start": _enrolment("correct the enrolment", "start_date"),
    "course_link_lost": COURSE,
    "needs_start_date": _PLAN,
    "start_after_finish": _PLAN,
    "activity_missing": _UNMAPPED,
    "activity_type_not_supported": _UNMAPPED,
    "activity_not_mapped": _MAPPED,
    "unit_not_in_plan": _PLAN,
    "course_gone": COURSE,
    "course_not_published": COMPETENCE_LINK,
    "course_unknown": COMPETENCE_LINK,
    "course_not_read": COMPETENCE_LINK,
    "competence_revoked": Place(
        "competence-holders",
        "restore it",
        {"competence": "competence"},
        {"state": "revoked"},
        "people",
    ),
    "person_unknown": REQUEST,
    "course_not_in_training": in_row(
        "training_parts",
        "enter the course with its training",
        {"integration": "source", "course_id": "course"},
        "course_id",
    ),
    "no_training_request": REQUEST,
    "ambiguous_request": REQUEST,
    "grade_outside_definition": _INTEGRATION,
    "integration_paused": _INTEGRATION,
}
# Those of the connectors: of codes that only one has, and what it means by a code that others have too.
PLACES: Final[Mapping[str, Place]] = {
    **_SHARED,
    **{
        code: place
        for connector in CONNECTORS
        for code, place in connector.mended.items()
        if code in connector.reasons.keys() - REASONS.keys()
    },
}
BY_SYSTEM: Final[Mapping[tuple[str, str], Place]] = {
    (connector.system, code): place for connector in CONNECTORS for code, place in connector.mended.items()
}


def mended(code: str | None, system: str, facts: Facts, rights: Collection[Right]) -> Link | None:
    """Where the reason of a row is mended; None where that is on no page, or on none for this visitor.

    ``system``: what the row is of, as in sources.csv, or what it is sent to.
    """
    place = BY_SYSTEM.get((system, code or "")) or PLACES.get(code or "")
    if place is None or RIGHTS[place.page] not in rights:
        return None
    return Link(place.address(facts), place.word)


def systems(engine: Engine) -> dict[str, str]:
    """The system of each source; whatever else rows are of goes by its own name."""
    with engine.connect() as session:
        return {row["source"]: row["system"] for row in db.rows(session, "pages/tonight.systems")}


# What the keys of rejected rows are made of, by what kind of row it is (etl.transform.rejected).
_KEYS: Final[Mapping[str, RowKey]] = {
    "unit_result": RowKey((("occurrence", CODE), ("user", NUMBER), ("unit", CODE))),
    "activity_link": RowKey((("occurrence", CODE), ("unit", CODE), ("activity", NUMBER))),
    "activity": RowKey((("course", ID), ("activity", NUMBER))),
    "enrolment": RowKey((("occurrence", CODE), ("user", NUMBER))),
    "occurrence": RowKey((("occurrence", CODE),)),
    "course": RowKey((("course", ID),)),
    "participant": RowKey((("course", ID), ("user", ID))),
    "learner": RowKey((("course", ID), ("user", NUMBER))),
    "completion": RowKey((("course", ID), ("person", CODE))),
    "competence": RowKey((("client", CODE), ("source", CODE), ("course", ID)), scope="competence"),
    "account": RowKey((("client", CODE),)),
    # Rows that a system states, by the files that they are of.
    **{file.name: RowKey(tuple((name, CODE) for name in file.key), scope="file") for file in FILES},
    **{kind: key for connector in CONNECTORS for kind, key in connector.row_keys.items()},
}
_OTHER: Final = RowKey(())
# The systems whose accounts client_numbers.csv holds, as <system>:<source>.
_WITH_ACCOUNTS: Final = frozenset(one.system for one in CONNECTORS if one.user_id)
_CHECKED: Final = ("occurrence", "unit", "client", "source")  # the facts whose codes the warehouse knows


def facts_of(rows: Iterable[Facts], session: Session) -> list[dict[str, Any]]:
    """What rejected rows say of themselves: source, part of it (a course, an account, a competence) and key.

    Of what is sent to a site the part is the site, and a course there is told by its occurrence. Where a key can be
    read in several ways the codes that there are tell which; where they leave more than one, it tells nothing.
    """
    read = [(row, _key_of(row)) for row in rows]
    readings = [key.readings(row["record_key"]) for row, key in read]
    known = _known(session, [one for found in readings if len(found) > 1 for one in found])
    likely = [
        [one for one in found if len(found) == 1 or known.issuperset(_codes(one))] for found in readings
    ]
    told = [
        _facts(row, key, found[0] if len(found) == 1 else {})
        for (row, key), found in zip(read, likely, strict=True)
    ]
    enrolments = _enrolments(session, told)
    return [{**enrolments.get(_enrolled(one), {}), **one} for one in told]


def _key_of(row: Facts) -> RowKey:
    kind = row["resource"]
    if kind == "course" and row["scope"] == row["source"]:
        kind = "occurrence"
    elif kind == "course_completion":  # of an occurrence, or where that is lost of the course
        kind = "learner" if row["record_key"].startswith(f"{row['scope']}/") else "enrolment"
    return _KEYS.get(kind, _OTHER)


def _codes(reading: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(fact, reading[fact]) for fact in _CHECKED if fact in reading}


def _known(session: Session, readings: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    """Which of the codes of these readings there are."""
    asked = {code for one in readings for code in _codes(one)}
    if not asked:
        return set()
    codes = {fact: [code for named, code in asked if named == fact] for fact in _CHECKED}
    return {(row["fact"], row["code"]) for row in db.rows(session, "pages/rejections.known", **codes)}


def _facts(row: Facts, key: RowKey, told: Mapping[str, str]) -> dict[str, Any]:
    facts = {"source": row["source"], **dict(_beside(row, told))}
    if row["scope"] != row["source"]:
        return {**facts, key.scope: row["scope"], **told}
    if row["resource"] in ("enrolment", "withdrawal"):
        return {**facts, "occurrence": row["occurrence_code"], "enrolment": row["record_key"]}
    return {**facts, **told}


def _beside(row: Facts, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the warehouse knows of whom a row is about."""
    if client := row.get("client_code"):
        yield "client", client
    if (system := row.get("system")) in _WITH_ACCOUNTS:
        yield "scheme", f"{system}:{row['source']}"
    if "person" in told and (scheme := row.get("person_scheme")):
        yield f"{scheme}_id", told["person"]


def _enrolled(facts: Facts) -> tuple[str, str]:
    return facts.get("client") or "", facts.get("occurrence") or ""


def _enrolments(session: Session, told: Iterable[Facts]) -> dict[tuple[str, str], dict[str, str]]:
    """The enrolment of a client in an occurrence, where there is one and no other."""
    asked = sorted({pair for one in told if all(pair := _enrolled(one))})
    if not asked:
        return {}
    clients, occurrences = zip(*asked, strict=True)
    of = {"clients": list(clients), "occurrences": list(occurrences)}
    found = db.rows(session, "pages/rejections.enrolments", **of)
    return {(row["client_code"], row["occurrence_code"]): {"enrolment": row["enrolment"]} for row in found}
