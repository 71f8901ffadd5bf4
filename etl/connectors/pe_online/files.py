"""The reference files of PE-Online: profession groups and what is accredited (docs/connectors/pe_online.md)."""

from typing import Final

from etl.files import rules
from etl.files.columns import Column, File, course, extra, key, reference, required
from etl.files.kinds import boolean, code, day, one_of, pattern, whole_number

FILES: Final = (
    File(
        "profession_groups",
        ("org_id",),
        (
            key("org_id", whole_number),
            required("name"),
            required("active", boolean),
            required("number_scheme", code),
            required("number_pattern", pattern),
            extra("connection_id", default="pe_online"),
        ),
        about="Registers of PE-Online, how their relation numbers look, and the account that may write there",
    ),
    File(
        "accreditations",
        ("org_id", "source", "source_course_id", "valid_from"),
        (
            reference("org_id", "profession_groups", whole_number),
            reference("source", "sources"),
            course(),
            key("valid_from", day),
            Column("valid_to", day),
            Column("pe_course_id", whole_number),
            Column("external_course_code"),
            Column("pe_module_id", whole_number),
            Column("external_module_code"),
            extra("course_type", one_of("1", "2", "3", "4"), default="2"),
            extra("pe_edition_id", whole_number),
            extra("external_edition_id"),
            extra("pe_meeting_id", whole_number),
            extra("external_meeting_id"),
        ),
        (
            rules.in_order("valid_from", "valid_to"),
            rules.exactly_one("pe_course_id", "external_course_code"),
            rules.at_most_one("pe_module_id", "external_module_code"),
            rules.at_most_one("pe_edition_id", "external_edition_id"),
            rules.at_most_one("pe_meeting_id", "external_meeting_id"),
        ),
        about="For which course, in which period, a profession group grants points, and as which course of PE-Online",
    ),
)
