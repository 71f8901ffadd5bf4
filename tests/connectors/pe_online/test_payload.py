"""The Entry document: elements in their order, rows of the right form, the key only where it is sent."""

import pytest
from lxml import etree

from etl.connectors.pe_online import payload
from etl.connectors.pe_online.account import PeAccount
from etl.connectors.pe_online.payload import Attendance

ACCOUNT = PeAccount("pe_online", "http://pe.test", "5201", "the-key", "live", language_id=3)
END = "2026-09-25T17:13:20+02:00"
FULL = {"pe_course_id": "301245", "pe_module_id": "12", "pe_edition_id": "7", "pe_meeting_id": "9"}
OWN = {
    "external_course_code": "C",
    "external_module_code": "M",
    "external_edition_id": "E",
    "external_meeting_id": "T",
}


def row(kind, **fields):
    return Attendance(1, kind, "052001", END, **fields)


def elements(document):
    return [[child.tag for child in part] for part in etree.fromstring(document)]


def test_settings_and_attendance_have_their_elements_in_the_order_of_the_service():
    classroom = row(1, pe_course_id="301245", pe_edition_id="7", pe_meeting_id="9")
    lesson = row(2, pe_course_id="301245", pe_module_id="12")
    settings, first, second = elements(payload.entry(ACCOUNT, 52, [classroom, lesson]))
    assert settings == [
        "userID", "userRole", "userKey", "orgID", "settingOutput", "emailOutput", "languageID", "defaultLanguageID",
    ]  # fmt: skip
    assert first == ["PECourseID", "externalPersonID", "PEEditionID", "PEMeetingID"]
    assert second == ["PECourseID", "externalPersonID", "PEModuleID", "endDate"]


def test_own_codes_go_into_the_elements_for_own_codes():
    assert elements(payload.entry(ACCOUNT, 52, [row(1, **OWN | {"external_module_code": None})]))[1] == [
        "externalCourseID", "externalPersonID", "externalEditionID", "externalMeetingID",
    ]  # fmt: skip
    lesson = row(2, external_course_code="C", external_module_code="M")
    assert elements(payload.entry(ACCOUNT, 52, [lesson]))[1] == [
        "externalCourseID", "externalPersonID", "externalmoduleID", "endDate",
    ]  # fmt: skip


def test_no_error_report_is_mailed_and_both_languages_are_equal():
    settings = etree.fromstring(payload.entry(ACCOUNT, 52, []))[0]
    values = {child.tag: child.text for child in settings}
    assert (values["settingOutput"], values["emailOutput"]) == ("0", None)
    assert (values["languageID"], values["defaultLanguageID"], values["orgID"]) == ("3", "3", "52")


def test_without_the_key_the_document_can_be_shown():
    assert "the-key" in payload.entry(ACCOUNT, 52, [])
    shown = payload.entry(ACCOUNT, 52, [], with_key=False)
    assert "the-key" not in shown
    assert "userKey" not in shown


def test_text_of_a_site_cannot_become_markup():
    hostile = Attendance(1, 2, "</externalPersonID><x>&", END, external_course_code="<!DOCTYPE a>")
    attendance = etree.fromstring(payload.entry(ACCOUNT, 52, [hostile]))[1]
    assert [child.text for child in attendance] == ["<!DOCTYPE a>", "</externalPersonID><x>&", END]


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        (2, {"pe_course_id": "1"}, None),
        (2, {"external_course_code": "A B"}, None),
        (2, {"pe_course_id": "1", "pe_module_id": "2"}, None),
        (3, {"pe_course_id": "1"}, None),
        (1, {"pe_course_id": "1", "pe_edition_id": "7", "pe_meeting_id": "9"}, None),
        (4, {"pe_course_id": "1", "external_edition_id": "x"}, None),
        (2, {}, "course is missing"),
        (2, {"pe_course_id": "12a"}, "course does not have the form"),
        (2, {"pe_course_id": "\u0661"}, "course does not have the form"),
        (2, {"external_course_code": "a\x00"}, "course does not have the form"),
        (2, {"pe_course_id": "1", "pe_module_id": "x"}, "module does not have the form"),
        (2, {"pe_course_id": "1", "pe_edition_id": "7"}, "edition must not"),
        (2, {"pe_course_id": "1", "external_meeting_id": "7"}, "meeting must not"),
        (1, {"pe_course_id": "1", "pe_meeting_id": "9"}, "edition is missing"),
        (1, {"pe_course_id": "1", "pe_edition_id": "7"}, "meeting is missing"),
        (4, {"pe_course_id": "1"}, "edition is missing"),
        (4, {"pe_course_id": "1", "pe_edition_id": "7", "pe_module_id": "2"}, "module must not"),
    ],
)
def test_a_row_is_held_against_the_table_of_course_types_before_it_is_sent(kind, fields, wrong):
    found = payload.fault(row(kind, **fields))
    assert found is None if wrong is None else wrong in found


@pytest.mark.parametrize("end", ["2026-09-25", "2026-09-25T17:13:20", "2026-09-25T17:13:20Z", ""])
def test_a_date_without_its_offset_is_not_sent(end):
    assert payload.fault(Attendance(1, 2, "052001", end, pe_course_id="1"))
