"""The comparison of the targets' own books with ours."""

import pytest
from sqlalchemy import text

from etl import db
from etl.demo import books
from etl.sandbox.moodle.writing.books import KeptEnrolment
from etl.sandbox.moodle.writing.enrolments import put_into
from etl.sandbox.pe_online.ledger import BookedCourse
from etl.sandbox.server import Sandbox
from tests.fixtures.points import hold

COURSE = BookedCourse(52, 301245, "2026-09-01", "2026-12-31")
PASSED = "2026-09-24T14:30:00+02:00"


@pytest.fixture
def template(sample_template: str) -> str:
    return sample_template


def execute(url: str, statement: str) -> None:
    engine = db.engine(url)
    with engine.begin() as session:
        session.execute(text(statement))
    engine.dispose()


def accept(url: str, client: str, number: str, status: str = "accepted") -> None:
    engine = db.engine(url)
    with engine.begin() as session:
        hold(
            session,
            status,
            org_id=52,
            client_code=client,
            source="moodle_main",
            source_course_id="2",
            pe_course_id="301245",
            course_type=2,
            relation_number=number,
            end_date=PASSED,
            passed_at=PASSED,
        )
    engine.dispose()


def told(url: str, request: str, part: str) -> None:
    """The ledger says that Coachview accepted a result."""
    execute(
        url,
        "with item as (insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status)"
        f" values ('coachview', 'result', '', '{{\"request\": \"{request}\"}}', '', 'read_back', 'accepted')"
        " returning item_id)"
        " insert into ops.coachview_results (item_id, completion_id, request_code, part_code, person, course_id,"
        f" completed_on) select item_id, 1, '{request}', '{part}', 'P', '2', '2026-09-25' from item",
    )


def test_books_that_hold_the_same_points_agree(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.ledger.book("052001", COURSE, "", "2026-09-24T14:30:00")
    accept(warehouse, "CL00001", "052001")
    accept(warehouse, "CL00002", "052002", status="pending")
    points, results, _ = books.read(sandbox.url, warehouse)
    assert points.disagreements() == results.disagreements() == []
    assert str(points) == "1 point in PE-Online"


def test_a_point_that_only_one_side_knows_is_named_without_the_person(
    sandbox: Sandbox, warehouse: str
) -> None:
    sandbox.ledger.book("052002", COURSE, "", "2026-09-25T10:00:00")
    accept(warehouse, "CL00001", "052001")
    assert books.read(sandbox.url, warehouse)[0].disagreements() == [
        "profession group 52, 2026-09-25 10:00:00: PE-Online booked 1 more than mart.pe_attendance says",
        "profession group 52, 2026-09-24 14:30:00: PE-Online booked 1 fewer than mart.pe_attendance says",
    ]


def test_a_result_that_coachview_was_told_twice_or_never_disagrees(sandbox: Sandbox, warehouse: str) -> None:
    school = sandbox.coachview.books
    school.enrol("TR-0001", "BUSINESS-ONLINE", "P0001", "2")
    for _ in range(2):
        school.tell({"PersoonExterneId": "P0001", "Elearningcode": "2", "DatumVoltooid": "2026-09-25"})
    told(warehouse, "TR-0001", "BUSINESS-ONLINE")
    told(warehouse, "TR-0014", "CARE-ONLINE")
    assert books.read(sandbox.url, warehouse)[1].disagreements() == [
        "request TR-0001, part BUSINESS-ONLINE: Coachview booked 1 more than mart.coachview_results says",
        "request TR-0014, part CARE-ONLINE: Coachview booked 1 fewer than mart.coachview_results says",
    ]


def test_an_enrolment_that_only_moodle_knows_is_named_without_the_account(
    sandbox: Sandbox, warehouse: str
) -> None:
    put_into(sandbox.moodle.site, 5, 7, KeptEnrolment(suspended=True))
    assert books.read(sandbox.url, warehouse)[2].disagreements() == [
        "course 5, suspended: Moodle booked 1 more than mart.moodle_enrolments says"
    ]
