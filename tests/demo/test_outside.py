"""The sample in the warehouse, and the comparison of PE-Online's own books with ours."""

import pytest
from sqlalchemy import text

from etl import db
from etl.demo import outside
from etl.errors import GiveUp
from etl.sandbox.pe_online.ledger import BookedCourse
from etl.sandbox.server import Sandbox
from tests.fixtures.points import hold

COURSE = BookedCourse(52, 301245, "2026-09-01", "2026-12-31")
PASSED = "2026-09-24T14:30:00+02:00"


@pytest.fixture
def template(sample_template: str) -> str:
    return sample_template


@pytest.fixture
def sample(warehouse: str) -> str:
    outside.prepare_warehouse(warehouse)
    return warehouse


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


def test_books_that_hold_the_same_points_agree(sandbox: Sandbox, sample: str) -> None:
    sandbox.ledger.book("052001", COURSE, "", "2026-09-24T14:30:00")
    accept(sample, "CL00001", "052001")
    accept(sample, "CL00002", "052002", status="pending")
    assert outside.disagreements(sandbox.url, sample) == []
    assert outside.points_accepted(sample) == 1


def test_a_point_that_only_one_side_knows_is_named_without_the_person(sandbox: Sandbox, sample: str) -> None:
    sandbox.ledger.book("052002", COURSE, "", "2026-09-25T10:00:00")
    accept(sample, "CL00001", "052001")
    assert outside.disagreements(sandbox.url, sample) == [
        "profession group 52, 2026-09-25 10:00:00: PE-Online booked 1 more than mart.pe_attendance says",
        "profession group 52, 2026-09-24 14:30:00: PE-Online booked 1 fewer than mart.pe_attendance says",
    ]


def test_reference_data_that_is_there_is_left_alone(sample: str) -> None:
    execute(sample, "update core.sources set timezone = 'Europe/Stockholm'")
    outside.prepare_warehouse(sample)
    engine = db.engine(sample)
    with engine.connect() as session:
        assert (
            session.execute(text("select distinct timezone from core.sources")).scalar() == "Europe/Stockholm"
        )
    engine.dispose()


def test_a_given_warehouse_with_other_data_is_refused(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(sample, "insert into core.clients (client_code, surname) values ('REAL-1', 'Real')")
    outside.prepare_warehouse(sample)
    monkeypatch.setenv("WAREHOUSE_URL", sample)
    with pytest.raises(GiveUp, match="holds other data than the sample"):
        outside.prepare_warehouse(sample)
