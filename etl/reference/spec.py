"""Every reference file, its columns and its rules, stated once (docs/reference-files.md).

A new file is one entry, here or in its connector's ``files.py``, and one table ``core.<name>`` with the same columns,
the same primary key and ``closed_at``; reading, checking, import and export follow from the entry.
"""

from typing import Final

from etl.connectors.registry import CONNECTORS
from etl.files import rules
from etl.files.columns import USERS, Column, File, course, extra, key, reference, required
from etl.files.kinds import (
    Kind,
    boolean,
    code,
    day,
    days,
    decimals,
    match_fields,
    number,
    number_id,
    one_of,
    text,
    timezone,
)

_WITH_UNIT_RESULTS: Final = frozenset(one.system for one in CONNECTORS if one.unit_results)


def _competence(name: str) -> Column:
    """A competence of the tree; a group is not held by anybody."""
    return Column(name, required=True, references="competences", not_a="competences.parent_code")


def _setting(name: str, kind: Kind, default: str) -> Column:
    """How unit results are recorded: to be said for sources that give some; others have no use for it."""
    return Column(name, kind, required=True, default=default, no_default=("system", _WITH_UNIT_RESULTS))


# In the order in which they refer to each other; those of the connectors follow.
_OF_ALL: Final = (
    File(
        "sources",
        ("source",),
        (
            key("source"),
            required("system", one_of(*(one.system for one in CONNECTORS if one.is_source))),
            required("connection_id", code),
            required("timezone", timezone),
            _setting("match_code", boolean, "false"),
            Column("match_fields", match_fields),
            _setting("record_failed", boolean, "true"),
            _setting("allow_resit", boolean, "false"),
            _setting("use_enrolment_start", boolean, "false"),
            _setting("review", one_of("none", "required"), "none"),
            extra("late_days", days, default="180"),
        ),
        (rules.not_the_administration,),
        about="The connected systems that results come from, and the settings of each",
    ),
    File(
        "integrations",
        ("integration",),
        (
            key("integration"),
            required("system", one_of(*(one.system for one in CONNECTORS if one.reports))),
            Column("connection_id", code),
            extra("hash", one_of("sha1", "sha256", "sha384", "sha512"), default="sha512"),
            required("timezone", timezone),
            Column("minimum", number),
            Column("maximum", number),
            Column("decimals", decimals),
            Column("pass_mark", number),
            required("sends_result", boolean),
            required("sends_presence", boolean),
            required("sends_passed", boolean),
            required("person_scheme", one_of("person", "external")),
            required("active", boolean),
        ),
        (
            *(rules.given_where(name, "sends_result", "true") for name in ("minimum", "maximum", "decimals")),
            rules.numbers_in_order("minimum", "maximum"),
            rules.numbers_in_order("minimum", "pass_mark"),
            rules.numbers_in_order("pass_mark", "maximum"),
            *(rules.given_where("connection_id", "system", one.system) for one in CONNECTORS if one.sender),
            *(rule for one in CONNECTORS for rule in one.integration_rules),
        ),
        about="E-learning systems that report completed courses, and the result definition of each",
    ),
    File(
        "clients",
        ("client_code",),
        (
            key("client_code"),
            Column("external_id", text),
            Column("username", text),
            Column("given_name", text),
            Column("other_name", text),
            Column("surname", text),
            Column("email", text),
            required("archived", boolean),
        ),
        about="The people of the administration",
    ),
    File(
        "client_numbers",
        ("client_code", "scheme"),
        (
            reference("client_code", "clients"),
            key("scheme"),
            Column("value", required=True, ids_of=USERS),
        ),
        tuple(rule for one in CONNECTORS for rule in one.number_rules),
        about="Numbers that people have elsewhere, each under a scheme",
    ),
    File(
        "occurrences",
        ("occurrence_code",),
        (
            key("occurrence_code"),
            required("name"),
            Column("start_date", day),
            Column("finish_date", day),
            required("status", one_of("planned", "active", "finished", "cancelled")),
            extra("send_automatically", boolean),
            extra("follow", boolean),
        ),
        (rules.in_order("start_date", "finish_date"),),
        about="Course runs of the administration",
    ),
    File(
        "units",
        ("unit_code",),
        (key("unit_code"), required("kind", one_of("unit", "task")), required("name")),
        about="Units and tasks that learners are given results for",
    ),
    File(
        "enrolments",
        ("enrolment_code",),
        (
            key("enrolment_code"),
            reference("client_code", "clients"),
            reference("occurrence_code", "occurrences"),
            required("status", one_of("active", "completed", "withdrawn")),
            Column("start_date", day),
        ),
        about="Who is enrolled in which occurrence",
    ),
    File(
        "enrolment_units",
        ("enrolment_code", "unit_code"),
        (
            reference("enrolment_code", "enrolments"),
            reference("unit_code", "units"),
            Column("expected_start_date", day),
        ),
        about="The training plan: the units of each enrolment",
    ),
    File(
        "course_links",
        ("occurrence_code", "source"),
        (
            reference("occurrence_code", "occurrences"),
            reference("source", "sources"),
            course(),
        ),
        about="Courses that belong to an occurrence without having its code as their idnumber",
    ),
    File(
        "activity_links",
        ("occurrence_code", "unit_code", "source", "activity_id"),
        (
            reference("occurrence_code", "occurrences"),
            reference("unit_code", "units"),
            reference("source", "sources"),
            key("activity_id", number_id),
        ),
        about="Which activities count for which unit of an occurrence, many to many",
    ),
    File(
        "recorded_results",
        ("enrolment_code", "unit_code"),
        (
            reference("enrolment_code", "enrolments"),
            reference("unit_code", "units"),
            required("status", one_of("started", "passed", "failed")),
            Column("started_on", day),
            Column("finished_on", day),
        ),
        (rules.in_order("started_on", "finished_on"), rules.started_is_not_finished),
        about="Results that the administration holds already; they stand",
    ),
    File(
        "competences",
        ("competence_code",),
        (
            key("competence_code"),
            Column("parent_code", references="competences"),
            required("name"),
            Column("validity_days", days),
        ),
        (rules.a_tree("competence_code", "parent_code"),),
        about="The tree of competences; what others have as their parent is a group, which nobody holds",
    ),
    File(
        "competence_links",
        ("source", "source_course_id", "competence_code"),
        (
            reference("source", "sources"),
            course(),
            _competence("competence_code"),
            Column("linked_on", day),
        ),
        about="Which courses give which competences, many to many",
    ),
    File(
        "recorded_competences",
        ("client_code", "competence_code", "valid_from"),
        (
            reference("client_code", "clients"),
            _competence("competence_code"),
            key("valid_from", day),
            Column("valid_to", day),
        ),
        (rules.in_order("valid_from", "valid_to"),),
        about="Competences that the administration holds already; they stand",
    ),
)

FILES: Final = (*_OF_ALL, *(file for one in CONNECTORS for file in one.files))
