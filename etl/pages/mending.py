"""Where a reason is mended: the page with its filter set, at the field. One list for all pages that tell reasons.

What is not in it is mended outside (in Moodle, at PE-Online ...), passes by itself, or asks nobody for anything: the
sentence of the reason says so (etl.transform.reasons, and each connector's own).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from etl.pages.access import RIGHTS
from etl.pages.host import Right

Facts = Mapping[
    str, Any
]  # what is known of the row: source, course, occurrence, unit, activity, client, org_id ...


@dataclass(frozen=True, eq=False)
class Place:
    """A page, and what a link to it says. ``asks``: each parameter of the page with the fact that it takes, left out
    where the row does not tell it; ``always``: those that are the same for every row; ``anchor``: the field, which may
    name facts.
    """

    page: str
    word: str
    asks: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""

    def address(self, facts: Facts) -> str:
        """The address beside the other pages."""
        given = {name: str(facts[fact]) for name, fact in self.asks.items() if facts.get(fact)}
        asked = urlencode({**self.always, **given})
        named = re.findall(r"{(\w+)}", self.anchor)
        known = all(facts.get(one) for one in named)
        anchor = self.anchor.format_map(facts) if known else self.anchor.partition("-{")[0]
        return self.page + (f"?{asked}" if asked else "") + (f"#{quote(anchor)}" if anchor else "")


@dataclass(frozen=True)
class Link:
    """Where something is mended, for one row: an address, and what the link says."""

    address: str
    word: str


def _file(name: str, word: str) -> Place:
    return Place("reference-data", word, always={"file": name}, anchor=f"file-{name}")


def _ledger(status: str, reason: str = "") -> Place:
    told = {"status": status} | ({"reason": reason} if reason else {})
    asks = {"org_id": "org_id", "client_code": "client"}
    return Place("points", "decide about the points", asks, told, "rows")


_OF_ACTIVITY: Final = {"occurrence": "occurrence", "unit": "unit", "source": "source", "course": "course"}
_MAPPED: Final = Place("mapping", "map the activity", _OF_ACTIVITY, anchor="activities-{activity}")
_UNMAPPED: Final = Place("mapping", "change the mapping", _OF_ACTIVITY, anchor="activities-{activity}")
_COURSE: Final = Place(
    "mapping",
    "choose its course",
    {"occurrence": "occurrence", "source": "source", "course": "course"},
    anchor="course",
)
_COMPETENCE_LINK: Final = Place("competences", "change its links", {"search": "course"}, anchor="links")
_NUMBER: Final = Place(
    "relation-numbers",
    "enter the relation number",
    {"org_id": "org_id", "client_code": "client"},
    anchor="number-{client}-{org_id}",
)
_ACCREDITATION: Final = Place(
    "accreditations", "correct the accreditation", {"org_id": "org_id", "course": "course"}
)
_INTEGRATION: Final = Place("integration", "change the integration", {"integration": "source"})
_CLIENT: Final = _file("clients", "correct the client")
_CLIENT_NUMBER: Final = _file("client_numbers", "enter the learner's number")
_ENROLMENT: Final = _file("enrolments", "correct the enrolment")
_PLAN: Final = _file("enrolment_units", "correct the training plan")
_OCCURRENCE: Final = _file("occurrences", "correct the occurrence")
_REQUEST: Final = _file("training_requests", "correct the training request")

PLACES: Final[Mapping[str, Place]] = {
    "unmatched_learner": _CLIENT_NUMBER,
    "ambiguous_learner": _CLIENT_NUMBER,
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
    "course_link_lost": _COURSE,
    "needs_start_date": _PLAN,
    "start_after_finish": _PLAN,
    "activity_missing": _UNMAPPED,
    "activity_type_not_supported": _UNMAPPED,
    "activity_not_mapped": _MAPPED,
    "unit_not_in_plan": _PLAN,
    "course_gone": _COURSE,
    "course_not_published": _COMPETENCE_LINK,
    "course_unknown": _COMPETENCE_LINK,
    "course_not_read": _COMPETENCE_LINK,
    "competence_revoked": Place(
        "competence-holders",
        "restore it",
        {"competence": "competence"},
        {"state": "revoked"},
        "people",
    ),
    "person_unknown": _REQUEST,
    "course_not_in_training": _file("training_parts", "enter the course with its training"),
    "no_training_request": _REQUEST,
    "ambiguous_request": _REQUEST,
    "grade_outside_definition": _INTEGRATION,
    "integration_paused": _INTEGRATION,
    # Moodle's own
    "course_not_linked": _COURSE,
    "account_gone": _CLIENT_NUMBER,
    "username_taken": _CLIENT,
    "email_taken": _CLIENT,
    "value_not_taken": _CLIENT,
    "role_not_assignable": _file("moodle_writing", "set another role"),
    "idnumber_taken": _COURSE,
    "short_name_taken": _COURSE,
    "category_not_usable": _COURSE,
    "ends_before_start": _OCCURRENCE,
    "course_of_several": _OCCURRENCE,
    "waits_for_person": Place(
        "enrolments", "have it sent", {"occurrence": "occurrence"}, {"state": "ready"}, "rows"
    ),
    "client_not_listed": _CLIENT,
    "client_archived": _CLIENT,
    "client_incomplete": _CLIENT,
    "ambiguous_account": _CLIENT_NUMBER,
    "account_of_another": _CLIENT_NUMBER,
    # IEP LVS's own
    "pupil_school_unknown": _CLIENT_NUMBER,
    "eck_id_differs": _CLIENT_NUMBER,
    "excluded_test": _file("excluded_tests", "see what is excluded"),
    # Coachview's own
    "not_in_coachview": Place(
        "registrations", "see what it refuses", always={"status": "rejected"}, anchor="rows"
    ),
    "entered_by_hand": _REQUEST,
    # PE-Online's own
    "no_relation_number": _NUMBER,
    "invalid_relation_number": _NUMBER,
    "person_missing": _NUMBER,
    "number_changed": _ledger("accepted", "number_changed"),
    "sent_under_another_course": _ledger("withheld", "sent_under_another_course"),
    "points_claimed_already": _ledger("withheld", "points_claimed_already"),
    "not_classified": _ledger("rejected", "not_classified"),
    "account_paused": Place("points", "let the account go on", anchor="accounts"),
    **dict.fromkeys(
        (
            *(
                "no_longer_accredited",
                "course_missing",
                "course_not_unique",
                "module_missing",
                "module_fault",
            ),
            *("edition_missing", "edition_fault", "meeting_fault", "date_outside_period", "invalid_row"),
        ),
        _ACCREDITATION,
    ),
}
# Where a system means something else by a code that others have too.
BY_SYSTEM: Final[Mapping[tuple[str, str], Place]] = {
    ("pe_online", "person_unknown"): _NUMBER,
    ("pe_online", "ambiguous_learner"): _NUMBER,
    ("pe_online", "course_unknown"): _ACCREDITATION,
    ("pe_online", "outcome_unknown"): _ledger("unknown"),
    ("coachview", "outcome_unknown"): Place(
        "registrations", "settle them", always={"status": "unknown"}, anchor="rows"
    ),
    ("infocaption", "course_gone"): _COMPETENCE_LINK,
}


def mended(code: str | None, system: str, facts: Facts, rights: Collection[Right]) -> Link | None:
    """Where the reason of a row is mended; None where that is on no page, or on none for this visitor.

    ``system``: what the row is of, as in sources.csv, or what it is sent to.
    """
    place = BY_SYSTEM.get((system, code or "")) or PLACES.get(code or "")
    if place is None or RIGHTS[place.page] not in rights:
        return None
    return Link(place.address(facts), place.word)


# What the keys of rejected rows are made of, by what kind of row it is (etl.transform.rejected).
_KEYS: Final = {
    "unit_result": r"(?P<occurrence>.+)/(?P<user>\d+)/(?P<unit>.+)",
    "activity_link": r"(?P<occurrence>.+)/(?P<unit>.+)/(?P<activity>\d+)",
    "activity": r"(?P<course>.+)/(?P<activity>\d+)",
    "enrolment": r"(?P<occurrence>.+)/(?P<user>\d+)",
    "occurrence": r"(?P<occurrence>.+)",
    "course": r"(?:.*/)?(?P<course>[^/]+)",
    "participant": r"(?P<course>.+)/(?P<user>.+)",
    "competence": r"(?P<client>.+)/(?P<source>[^/]+)/(?P<course>.+)",
    "pe_attendance": r"(?P<client>.+?)/(?P<source>[^/]+)/(?P<course>[^/]+)/(?P<pe_course>[^/]+)(/[^/]+)?/[-\d]{10}",
    "account": r"(?P<client>.+)",
}


def facts_of(row: Facts) -> dict[str, Any]:
    """What a rejected row says of itself: its source, its part of it (a course, an account, a competence) and its key.

    Of what is sent to a site the part is the site, and a course there is told by its occurrence.
    """
    resource, scope, source = row["resource"], row["scope"], row["source"]
    sent = scope == source
    kind = "occurrence" if sent and resource == "course" else resource
    found = re.fullmatch(_KEYS.get(kind, ""), row["record_key"])
    part = {"pe_attendance": "org_id", "competence": "competence"}.get(resource, "course")
    known = {"source": source, **({} if sent else {part: scope}), **(found.groupdict() if found else {})}
    if sent and resource in ("enrolment", "withdrawal"):
        return {"source": source, "occurrence": row["occurrence_code"], "client": row["client_code"]}
    return known
