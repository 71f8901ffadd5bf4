"""Where a reason is mended: the page with its filter set, at the field. One list for all pages that tell reasons; what
a connector alone has to say stands with its reasons (``mended`` of etl.engine.connector).

What is not in it is mended outside (at the source, at the target ...), passes by itself, or asks nobody for anything:
the sentence of the reason says so (etl.transform.reasons, and each connector's own).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.connectors.registry import CONNECTORS
from etl.pages.access import RIGHTS
from etl.pages.host import Right
from etl.transform.mending import (
    CLIENT_NUMBER,
    COMPETENCE_LINK,
    COURSE,
    REQUEST,
    Facts,
    Place,
    RowKey,
    in_file,
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
_ENROLMENT: Final = in_file("enrolments", "correct the enrolment")
_PLAN: Final = in_file("enrolment_units", "correct the training plan")

_SHARED: Final[Mapping[str, Place]] = {
    "unmatched_learner": CLIENT_NUMBER,
    "ambiguous_learner": CLIENT_NUMBER,
    "no_enrolment": _ENROLMENT,
    "result_stands": Place(
        "results",
        "dismiss it",
        {"occurrence": "occurrence", "learner": "client"},
        {"state": "not_possible"},
        "rows",
    ),
    "enrolment_not_active": _ENROLMENT,
    "completed_before_start": _ENROLMENT,
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
    "course_not_in_training": in_file("training_parts", "enter the course with its training"),
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
    "unit_result": RowKey(r"(?P<occurrence>.+)/(?P<user>\d+)/(?P<unit>.+)"),
    "activity_link": RowKey(r"(?P<occurrence>.+)/(?P<unit>.+)/(?P<activity>\d+)"),
    "activity": RowKey(r"(?P<course>.+)/(?P<activity>\d+)"),
    "enrolment": RowKey(r"(?P<occurrence>.+)/(?P<user>\d+)"),
    "occurrence": RowKey(r"(?P<occurrence>.+)"),
    "course": RowKey(r"(?:.*/)?(?P<course>[^/]+)"),
    "participant": RowKey(r"(?P<course>.+)/(?P<user>.+)"),
    "competence": RowKey(r"(?P<client>.+)/(?P<source>[^/]+)/(?P<course>.+)", scope="competence"),
    "account": RowKey(r"(?P<client>.+)"),
    **{kind: key for connector in CONNECTORS for kind, key in connector.row_keys.items()},
}
_OTHER: Final = RowKey("")


def facts_of(row: Facts) -> dict[str, Any]:
    """What a rejected row says of itself: its source, its part of it (a course, an account, a competence) and its key.

    Of what is sent to a site the part is the site, and a course there is told by its occurrence.
    """
    resource, scope, source = row["resource"], row["scope"], row["source"]
    sent = scope == source
    kind = "occurrence" if sent and resource == "course" else resource
    key = _KEYS.get(kind, _OTHER)
    found = re.fullmatch(key.pattern, row["record_key"])
    known = {"source": source, **({} if sent else {key.scope: scope}), **(found.groupdict() if found else {})}
    if sent and resource in ("enrolment", "withdrawal"):
        return {"source": source, "occurrence": row["occurrence_code"], "client": row["client_code"]}
    return known
