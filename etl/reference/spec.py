"""Every reference file, its columns and its rules, stated once (spec/reference.md).

A new file is one entry in FILES and one table ``core.<name>`` with the same columns, the same primary key and
``closed_at``; reading, checking, import and export follow from the entry.
"""

from dataclasses import dataclass
from typing import Final

from etl.reference import rules
from etl.reference.kinds import (
    Kind,
    boolean,
    brin6,
    code,
    day,
    days,
    match_fields,
    moodle_id,
    one_of,
    pattern,
    text,
    timezone,
    whole_number,
)
from etl.reference.rules import Kinds, Rule


@dataclass(frozen=True)
class Column:
    """One column. ``references`` names the file whose key it holds; ``default`` stands for an empty value,
    except where another column has a certain value (``no_default``).

    ``not_a`` names a file and one of its columns, among whose values it must not be. ``kinds`` are those of lines
    that have another kind than the rest of the column.
    """

    name: str
    kind: Kind = code
    required: bool = False
    references: str = ""
    default: str | None = None
    no_default: tuple[str, str] | None = None
    may_be_absent: bool = False
    not_a: str = ""
    kinds: Kinds | None = None


@dataclass(frozen=True)
class File:
    """One file ``<name>.csv``, which states the whole of the table ``core.<name>``."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def filename(self) -> str:
        """The name of the file on disk."""
        return f"{self.name}.csv"

    @property
    def table(self) -> str:
        """The table that holds its rows."""
        return f"core.{self.name}"

    @property
    def column_names(self) -> list[str]:
        """All columns, in the order of the file."""
        return [column.name for column in self.columns]


def _key(name: str, kind: Kind = code) -> Column:
    return Column(name, kind, required=True)


def _required(name: str, kind: Kind = text) -> Column:
    return Column(name, kind, required=True)


def _reference(name: str, file: str, kind: Kind = code) -> Column:
    return Column(name, kind, required=True, references=file)


def _competence(name: str) -> Column:
    """A competence of the tree; a group is not held by anybody."""
    return Column(name, required=True, references="competences", not_a="competences.parent_code")


def _course() -> Column:
    """A course of the line's source."""
    return Column("source_course_id", required=True, kinds=rules.ids_of_courses)


def _of_moodle(name: str, kind: Kind, default: str) -> Column:
    """A setting of Moodle sources, where it must be said; other systems have no use for it."""
    return Column(name, kind, required=True, default=default, no_default=("system", "moodle"))


def _extra(name: str, kind: Kind = code, default: str | None = None) -> Column:
    return Column(name, kind, default=default, may_be_absent=True)


# In the order in which they refer to each other.
FILES: Final = (
    File(
        "sources",
        ("source",),
        (
            _key("source"),
            _required("system", one_of("moodle", "infocaption", "iep_lvs")),
            _required("connection_id", code),
            _required("timezone", timezone),
            _of_moodle("match_code", boolean, "false"),
            Column("match_fields", match_fields),
            _of_moodle("record_failed", boolean, "true"),
            _of_moodle("allow_resit", boolean, "false"),
            _of_moodle("use_enrolment_start", boolean, "false"),
            _of_moodle("review", one_of("none", "required"), "none"),
        ),
        (rules.not_the_administration,),
    ),
    File(
        "clients",
        ("client_code",),
        (
            _key("client_code"),
            Column("external_id", text),
            Column("username", text),
            Column("given_name", text),
            Column("other_name", text),
            Column("surname", text),
            Column("email", text),
            _required("archived", boolean),
        ),
    ),
    File(
        "client_numbers",
        ("client_code", "scheme"),
        (
            _reference("client_code", "clients"),
            _key("scheme"),
            Column("value", required=True, kinds=rules.ids_of_users),
        ),
        (rules.pupil_numbers_name_a_school, rules.one_pupil_a_number),
    ),
    File(
        "occurrences",
        ("occurrence_code",),
        (
            _key("occurrence_code"),
            _required("name"),
            Column("start_date", day),
            Column("finish_date", day),
            _required("status", one_of("planned", "active", "finished", "cancelled")),
        ),
        (rules.in_order("start_date", "finish_date"),),
    ),
    File(
        "units",
        ("unit_code",),
        (_key("unit_code"), _required("kind", one_of("unit", "task")), _required("name")),
    ),
    File(
        "enrolments",
        ("enrolment_code",),
        (
            _key("enrolment_code"),
            _reference("client_code", "clients"),
            _reference("occurrence_code", "occurrences"),
            _required("status", one_of("active", "completed", "withdrawn")),
            Column("start_date", day),
        ),
    ),
    File(
        "enrolment_units",
        ("enrolment_code", "unit_code"),
        (
            _reference("enrolment_code", "enrolments"),
            _reference("unit_code", "units"),
            Column("expected_start_date", day),
        ),
    ),
    File(
        "course_links",
        ("occurrence_code", "source"),
        (
            _reference("occurrence_code", "occurrences"),
            _reference("source", "sources"),
            _course(),
        ),
    ),
    File(
        "activity_links",
        ("occurrence_code", "unit_code", "source", "activity_id"),
        (
            _reference("occurrence_code", "occurrences"),
            _reference("unit_code", "units"),
            _reference("source", "sources"),
            _key("activity_id", moodle_id),
        ),
    ),
    File(
        "recorded_results",
        ("enrolment_code", "unit_code"),
        (
            _reference("enrolment_code", "enrolments"),
            _reference("unit_code", "units"),
            _required("status", one_of("started", "passed", "failed")),
            Column("started_on", day),
            Column("finished_on", day),
        ),
        (rules.in_order("started_on", "finished_on"), rules.started_is_not_finished),
    ),
    File(
        "competences",
        ("competence_code",),
        (
            _key("competence_code"),
            Column("parent_code", references="competences"),
            _required("name"),
            Column("validity_days", days),
        ),
        (rules.a_tree("competence_code", "parent_code"),),
    ),
    File(
        "competence_links",
        ("source", "source_course_id", "competence_code"),
        (
            _reference("source", "sources"),
            _course(),
            _competence("competence_code"),
            Column("linked_on", day),
        ),
    ),
    File(
        "recorded_competences",
        ("client_code", "competence_code", "valid_from"),
        (
            _reference("client_code", "clients"),
            _competence("competence_code"),
            _key("valid_from", day),
            Column("valid_to", day),
        ),
        (rules.in_order("valid_from", "valid_to"),),
    ),
    File(
        "profession_groups",
        ("org_id",),
        (
            _key("org_id", whole_number),
            _required("name"),
            _required("active", boolean),
            _required("number_scheme", code),
            _required("number_pattern", pattern),
            _extra("connection_id", default="pe_online"),
        ),
    ),
    File(
        "accreditations",
        ("org_id", "source", "source_course_id", "valid_from"),
        (
            _reference("org_id", "profession_groups", whole_number),
            _reference("source", "sources"),
            _course(),
            _key("valid_from", day),
            Column("valid_to", day),
            Column("pe_course_id", whole_number),
            Column("external_course_code"),
            Column("pe_module_id", whole_number),
            Column("external_module_code"),
            _extra("course_type", one_of("1", "2", "3", "4"), default="2"),
            _extra("pe_edition_id", whole_number),
            _extra("external_edition_id"),
            _extra("pe_meeting_id", whole_number),
            _extra("external_meeting_id"),
        ),
        (
            rules.in_order("valid_from", "valid_to"),
            rules.exactly_one("pe_course_id", "external_course_code"),
            rules.at_most_one("pe_module_id", "external_module_code"),
            rules.at_most_one("pe_edition_id", "external_edition_id"),
            rules.at_most_one("pe_meeting_id", "external_meeting_id"),
        ),
    ),
    File(
        "school_links",
        ("brin6",),
        (
            _key("brin6", brin6),
            _required("supplier", code),
            _required("supplier_code", code),
            _required("accepted_by"),
            _required("accepted_on", day),
            _required("start_date", day),
            _required("status", one_of("active", "paused", "ended")),
            _extra("reading", one_of("strict", "lenient"), default="strict"),
            _extra("unknown_pupil", one_of("quarantine", "fault"), default="quarantine"),
            _extra("source", default="iep_lvs"),
            _extra("schoolkey"),
        ),
    ),
    File("excluded_tests", ("pattern",), (_key("pattern", text), _required("reason"))),
)
