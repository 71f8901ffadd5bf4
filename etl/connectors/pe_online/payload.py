"""What is offered to PE-Online: the Entry document, and which fields each course type asks for.

Element names and rules are those of docs/connectors/pe_online.md, Payload; a spelling that proves wrong changes here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lxml import etree

from etl.connectors.pe_online.account import PeAccount

CLASSROOM_PER_MEETING, E_LEARNING, EXPERTISE_GROUP, CLASSROOM_WHOLE = 1, 2, 3, 4
# The service writes the key (person, course, module, endDate) once; nothing is said of the other types.
RESENDABLE_TYPES: Final = frozenset({E_LEARNING, EXPERTISE_GROUP})


@dataclass(frozen=True)
class Attendance:
    """One row of the ledger as it is offered."""

    item_id: int
    course_type: int
    relation_number: str
    end_date: str
    pe_course_id: str | None = None
    external_course_code: str | None = None
    pe_module_id: str | None = None
    external_module_code: str | None = None
    pe_edition_id: str | None = None
    external_edition_id: str | None = None
    pe_meeting_id: str | None = None
    external_meeting_id: str | None = None

    @cached_property
    def elements(self) -> Mapping[str, tuple[str, str]]:
        """What the row says, as element and value, by what it is about; a number goes before a code."""
        found = {}
        for field in _FIELDS:
            for choice in (field.number, field.code):
                if choice and (value := getattr(self, choice[1])):
                    found[field.label] = choice[0], value
                    break
        return found

    @property
    def ids(self) -> tuple[str, ...]:
        """What the row names besides its person: course, module, edition, meeting, by number or by own code."""
        values = (
            getattr(self, name) for field in _FIELDS for _, name in filter(None, (field.number, field.code))
        )
        return tuple(
            value for value in values if value and value not in (self.relation_number, self.end_date)
        )


@dataclass(frozen=True)
class _Field:
    """An element by the number of PE-Online or by the provider's own code, and the types that take it."""

    label: str
    number: tuple[str, str] | None  # element, attribute of Attendance: an integer
    code: tuple[str, str]  # element, attribute of Attendance: a string
    required: frozenset[int] = frozenset()
    allowed: frozenset[int] = frozenset()


_DATE: Final = "date"
_ALL: Final = frozenset({1, 2, 3, 4})
_FIELDS: Final = (
    _Field(
        "course", ("PECourseID", "pe_course_id"), ("externalCourseID", "external_course_code"), _ALL, _ALL
    ),
    _Field("person", None, ("externalPersonID", "relation_number"), _ALL, _ALL),
    _Field(
        "module",
        ("PEModuleID", "pe_module_id"),
        ("externalmoduleID", "external_module_code"),
        allowed=frozenset({E_LEARNING}),
    ),
    _Field(_DATE, None, ("endDate", "end_date"), RESENDABLE_TYPES, _ALL),
    _Field(
        "edition",
        ("PEEditionID", "pe_edition_id"),
        ("externalEditionID", "external_edition_id"),
        frozenset({CLASSROOM_PER_MEETING, CLASSROOM_WHOLE}),
        frozenset({CLASSROOM_PER_MEETING, CLASSROOM_WHOLE}),
    ),
    _Field(
        "meeting",
        ("PEMeetingID", "pe_meeting_id"),
        ("externalMeetingID", "external_meeting_id"),
        frozenset({CLASSROOM_PER_MEETING}),
        frozenset({CLASSROOM_PER_MEETING}),
    ),
)
_END_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def fault(row: Attendance) -> str | None:
    """A malformed row is found before it is sent: one such row stops its whole call."""
    for field in _FIELDS:
        element = row.elements.get(field.label)
        if element is None and row.course_type in field.required:
            return f"Course type {row.course_type}: {field.label} is missing."
        if element is not None and row.course_type not in field.allowed:
            return f"Course type {row.course_type}: {field.label} must not be given."
        if element is not None and _malformed(field, *element):
            return f"Course type {row.course_type}: {field.label} does not have the form that PE-Online asks for."
    return None


def entry(account: PeAccount, org_id: int, rows: Sequence[Attendance], with_key: bool = True) -> str:
    """The Entry document of one call; without the key it is fit to be shown."""
    root = etree.Element("Entry")
    settings = etree.SubElement(root, "Settings")
    for name, value in _settings(account, org_id, with_key):
        etree.SubElement(settings, name).text = value
    for row in rows:
        attendance = etree.SubElement(root, "Attendance")
        for label, (element, value) in row.elements.items():
            # Every row of the ledger has its date; the classroom types must not offer it.
            if label != _DATE or row.course_type in RESENDABLE_TYPES:
                etree.SubElement(attendance, element).text = value
    return etree.tostring(root, encoding="unicode", pretty_print=not with_key)


def _settings(account: PeAccount, org_id: int, with_key: bool) -> list[tuple[str, str]]:
    language = str(account.language_id)
    key = [("userKey", account.user_key)] if with_key else []
    return [
        ("userID", account.user_id),
        ("userRole", "EDU"),
        *key,
        ("orgID", str(org_id)),
        ("settingOutput", "0"),  # 1 mails an error report with person numbers in it
        ("emailOutput", ""),
        ("languageID", language),
        ("defaultLanguageID", language),
    ]


def _malformed(field: _Field, element: str, value: str) -> bool:
    if field.number and element == field.number[0]:
        return not (value.isascii() and value.isdigit())
    return bool(_NOT_XML.search(value)) or (field.label == _DATE and not _END_DATE.fullmatch(value))
