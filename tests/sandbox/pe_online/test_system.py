"""PE-Online's service: WSDL, structure, row rules, and how it answers."""

from dataclasses import replace

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from etl.sandbox import accounts
from etl.sandbox.pe_online.control import PeOnlineSettings
from etl.sandbox.pe_online.ledger import BookedAccount, BookedCourse
from etl.sandbox.pe_online.system import NAMESPACE, PATH
from tests.sandbox.pe_online.entries import END, MODULE_ROW, entry, row


@pytest.fixture(scope="package")
def client(running_sandbox):
    return zeep.Client(
        f"{running_sandbox.url}/pe{PATH}?WSDL", transport=Transport(timeout=5, operation_timeout=5)
    )


@pytest.fixture
def send(sandbox, client):
    """Send an Entry: the Summary as {counts, errors, accepted}, None when the client saw nothing."""

    def call(payload):
        summary = client.service.ProcessXML(payload)
        if summary is None:
            return None
        results = {child.tag: int(child.text) for child in summary.find("Results")}
        errors = [
            (error.findtext("errorNR"), error.findtext("errorMsg")) for error in summary.findall("Error")
        ]
        accepted = [{child.tag: child.text for child in one} for one in summary.findall("Accepted")]
        return results, errors, accepted

    return call


def test_the_wsdl_has_one_operation_at_the_served_address(sandbox, client):
    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    assert list(port.binding.all()) == ["ProcessXML"]
    assert port.binding_options["address"] == f"{sandbox.url}/pe{PATH}"
    assert port.binding.get("ProcessXML").soapaction == f"{NAMESPACE}/ProcessXML"
    assert client.wsdl.types.get_element(f"{{{NAMESPACE}}}ProcessXML")


def test_a_good_row_is_accepted_and_booked(sandbox, send):
    results, errors, accepted = send(entry(row()))
    assert results == {"rejected_rows": 0, "accepted_rows": 1, "total_rows": 1}
    assert errors == []
    assert accepted == [{"person": "052001", "course": "301245", "date": "25-09-2026"}]
    (booking,) = sandbox.ledger.bookings()
    assert (booking["person"], booking["moment"], booking["points"]) == ("052001", "2026-09-25T17:13:20", 1)


def test_good_rows_are_processed_when_others_fail_and_come_back_in_reverse(sandbox, send):
    results, errors, accepted = send(entry(row(), row("99"), row("052002"), row("052022", course="1")))
    assert results == {"rejected_rows": 2, "accepted_rows": 2, "total_rows": 4}
    assert [one["person"] for one in accepted] == ["052002", "052001"]
    assert errors == [
        ("100", "Professional 99 op regel 3 bestaat niet in PE"),
        ("100", "Cursus 1 op regel 5 bestaat niet in PE"),
    ]
    assert len(sandbox.ledger.bookings()) == 2


def test_the_newer_error_style_puts_a_code_into_the_text(sandbox, send, control):
    control("POST", "pe/settings", error_style="code").raise_for_status()
    _, errors, accepted = send(entry(row("99"), row(end="2027-02-01T10:00:00+01:00"), row()))
    assert errors == [
        ("100", "ERROR1050 Professional 99 bestaat niet"),
        (
            "100",
            "Cursus 301245 op regel 3 is niet (juist) geaccrediteerd; "
            "De datum 01-02-2027 valt buiten alle accr. periodes",
        ),
    ]
    assert set(accepted[0]) == {"person", "course", "date", "edition", "meeting"}


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([row() | {"colour": "red"}], "505"),
        ([{"externalPersonID": "052001", "PECourseID": "301245", "endDate": END}], "505"),
        ([row(course="a course")], "505"),
        ([row(end="25-09-2026")], "505"),
        ([{"PECourseID": "301245", "endDate": END}], "505"),
        ([{"externalPersonID": "052001", "endDate": END}], "505"),
        ([row(PEModuleID="12")], "505"),
        ([], "505"),
        ([row()] * 101, "500"),
    ],
)
def test_a_wrong_structure_or_too_many_rows_stop_the_whole_call(sandbox, send, rows, number):
    results, ((found, _),), accepted = send(entry(row(), *rows) if rows else entry())
    assert (found, accepted) == (number, [])
    assert results["accepted_rows"] == 0
    assert sandbox.ledger.bookings() == sandbox.ledger.received() == []


@pytest.mark.parametrize("payload", ["", "no xml", "<Entry>", "<Other/>"])
def test_what_is_no_entry_is_a_wrong_structure(send, payload):
    _, ((number, _),), _ = send(payload)
    assert number == "505"


@pytest.mark.parametrize("settings", [{"userKey": "wrong"}, {"userID": "nobody"}, {"orgID": "999"}])
def test_a_wrong_key_or_a_profession_that_is_not_set_up_stops_the_whole_call(sandbox, send, settings):
    _, ((number, _),), _ = send(entry(row(), **settings))
    assert number == "400"
    assert sandbox.ledger.received() == []


def test_the_limit_can_be_that_of_the_newer_page(control, send):
    control("POST", "pe/settings", limit=1000).raise_for_status()
    results, _, _ = send(entry(*[row()] * 150))
    assert results["accepted_rows"] == 150


def test_an_external_course_code_is_accepted_and_comes_back_as_the_pe_number(sandbox, send):
    by_code = {"externalCourseID": "PEO-BUSINESS-3", "externalPersonID": "052001", "endDate": END}
    assert send(entry(by_code))[2][0]["course"] == "301245"
    sandbox.pe.settings = replace(sandbox.pe.settings, echo_pe_course=False)
    assert send(entry(by_code))[2][0]["course"] == "PEO-BUSINESS-3"
    assert len(sandbox.ledger.bookings()) == 1


@pytest.fixture
def classroom(sandbox):
    """Courses of every type, an ambiguous code, a course of somebody else's."""
    for number, course_type in ((1, 1), (3, 3), (4, 4)):
        sandbox.ledger.add_course(
            BookedCourse(52, number, "2026-01-01", "2026-12-31", course_type, f"TYPE-{number}")
        )
    for number in (7, 8):
        sandbox.ledger.add_course(BookedCourse(52, number, "2026-01-01", "2026-12-31", 2, "TWICE"))
    sandbox.ledger.add_course(BookedCourse(52, 9, "2026-01-01", "2026-12-31", 2, None, "somebody-else"))
    sandbox.ledger.add_meeting(52, 1, (11, "E11"), (111, "M111"))
    sandbox.ledger.add_meeting(52, 4, (44, "E44"))


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        (row(person=""), "", "Professional op regel 2 niet opgegeven"),
        (row(person="052999"), "ERROR1050", "Professional 052999 bestaat niet"),
        (row(course="77"), "ERROR1021", "Cursus bestaat niet"),
        (row(course="401777"), "ERROR1021", "Cursus 401777 op regel 2 is niet geaccrediteerd"),
        (row(course="9"), "ERROR1030", "geen reseller-presentie toestaat"),
        (
            {"externalCourseID": "TWICE", "externalPersonID": "052001", "endDate": END},
            "ERROR1020",
            "Cursus niet uniek",
        ),
        (row(end=None), "", "bevat geen enddate, dit is verplicht voor e-learning"),
        (row(end="2026-08-31T23:59:59+02:00"), "", "De datum 31-08-2026 valt buiten alle accr. periodes"),
        (row(end="2026-12-31T23:59:59Z"), "", "De datum 01-01-2027 valt buiten"),
        (row(course="301300", end="2026-09-23T06:00:00+02:00"), "", "Module op regel 2 niet opgegeven"),
        (MODULE_ROW | {"PEModuleID": "13"}, "", "Module 13 op regel 2 bestaat niet in PE"),
        (row(PEEditionID="11"), "", "bevat editions en/of meetings, dat niet niet toegestaan"),
        (row(PEMeetingID="11"), "", "bevat editions en/of meetings, dat niet niet toegestaan"),
        (row(course="1"), "", "bevat een enddate, dit is niet mogelijk voor klassikaal"),
        (row(course="1", end=None), "ERROR1022", "Uitvoering (edition) niet meegegeven"),
        (row(course="1", end=None, PEEditionID="11"), "", "bijeenkomst op regel 2 niet opgegeven"),
        (
            row(course="1", end=None, PEEditionID="12", PEMeetingID="111"),
            "",
            "uitvoering 12 op regel 2 bestaat niet in PE",
        ),
        (
            row(course="1", end=None, PEEditionID="11", PEMeetingID="112"),
            "",
            "bijeenkomst 112 op regel 2 bestaat niet in PE",
        ),
        (row(course="4", PEEditionID="44"), "", "bevat een enddate"),
        (row(course="4", end=None), "ERROR1022", "Uitvoering (edition) niet meegegeven"),
        (row(course="3", end=None), "", "bevat geen enddate, dit is verplicht voor groepen"),
    ],
)
def test_each_row_fault_has_its_reason(sandbox, classroom, send, fields, code, text):
    sandbox.pe.settings = PeOnlineSettings(error_style="code")
    results, ((number, message),), _ = send(entry(fields))
    assert (results["rejected_rows"], number) == (1, "100")
    assert message.startswith(f"{code} ") == bool(code)
    assert text in message
    assert sandbox.ledger.bookings() == []


@pytest.mark.parametrize(
    "fields",
    [
        MODULE_ROW,
        {
            "externalCourseID": "PEO-BUSINESS-4",
            "externalPersonID": "052014",
            "externalmoduleID": "PEO-BUSINESS-4-M12",
        }
        | {"endDate": "2026-09-23T06:13:20+02:00"},
        row(course="1", end=None, PEEditionID="11", PEMeetingID="111"),
        row(course="1", end=None, externalEditionID="E11", externalMeetingID="M111"),
        row(course="4", end=None, PEEditionID="44"),
        row(course="3"),
        row(end="2026-09-25T17:13:20.9422087+02:00"),
        row(end="2026-08-31T22:00:00Z"),
    ],
)
def test_each_course_type_is_booked_with_the_elements_it_takes(sandbox, classroom, send, fields):
    results, errors, _ = send(entry(fields))
    assert errors == []
    assert results["accepted_rows"] == len(sandbox.ledger.bookings()) == 1


def test_a_mandate_lets_an_account_send_for_somebody_else(sandbox, classroom, send):
    sandbox.ledger.add_account(
        BookedAccount(accounts.PE_USER, accounts.PE_KEY, "live", "52", "somebody-else")
    )
    assert send(entry(row(course="9")))[0]["accepted_rows"] == 1


def test_attendance_may_be_too_late_after_the_period(send, control):
    control("POST", "pe/courses", org_id=52, pe_course_id=5, valid_from="2020-01-01", valid_to="2020-12-31")
    late = entry(row(course="5", end="2020-06-01T10:00:00+02:00"))
    assert send(late)[0]["accepted_rows"] == 1
    control("POST", "pe/settings", registration_months=2).raise_for_status()
    assert "registratie kan plaatsvinden" in send(late)[1][0][1]


@pytest.mark.parametrize("kind", ["escaped", "empty"])
def test_an_escaped_or_empty_summary_looks_like_nothing_but_was_processed(sandbox, send, kind):
    sandbox.faults.add("pe", kind)
    assert send(entry(row())) is None
    assert len(sandbox.ledger.bookings()) == 1


def test_a_crash_is_a_soap_fault_and_books_nothing(sandbox, send):
    sandbox.faults.add("pe", "soap_fault")
    with pytest.raises(zeep.exceptions.Fault):
        send(entry(row()))
    assert sandbox.ledger.received() == []


def test_a_lost_answer_was_processed(sandbox, send):
    sandbox.faults.add("pe", "lost_answer", operation="ProcessXML")
    with pytest.raises(requests.ConnectionError):
        send(entry(row()))
    assert len(sandbox.ledger.bookings()) == 1


def test_another_soap_action_or_no_envelope_is_a_soap_fault(sandbox, session):
    url = f"{sandbox.url}/pe{PATH}"
    wrong_action = session.post(url, data=b"<x/>", headers={"SOAPAction": '"other"'}, timeout=5)
    no_envelope = session.post(
        url, data=b"<x", headers={"SOAPAction": f'"{NAMESPACE}/ProcessXML"'}, timeout=5
    )
    for response in (wrong_action, no_envelope):
        assert response.status_code == 500
        assert etree.fromstring(response.content).findtext(".//faultcode") == "soap:Client"
    assert session.get(f"{sandbox.url}/pe/elsewhere", timeout=5).status_code == 404
