"""A warehouse that the version before filled: the next night corrects what was decided on less, and nothing else."""

import pytest
from sqlalchemy import text

from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.moodle import flow as moodle_results
from etl.db import schema
from etl.engine.options import Options
from etl.sandbox.infocaption.site import Attempt
from tests.fixtures.nights import as_text

FINN = "finn.jones16@student.example"
WRONG = ("CL00016", "INFOSEC", "2025-10-15")
AS_BEFORE = (
    "drop view mart.competence_corrections",
    "drop view mart.competence_links",
    "drop table core.corrected_competences",
    "drop view core.courses_read",
    "drop table core.course_readings",
    "alter table core.courses drop column gone_when_asked cascade",
    "drop trigger link_again on core.competence_links",
    "drop function core.link_again",
    "alter table core.competence_links drop column linked_at",
    "delete from ops.schema_migrations where version in ('20261126003001', '20261126920001')",
)


@pytest.fixture
def sql(engine):
    def sql(*statements):
        with engine.begin() as session:
            for statement in statements:
                session.execute(text(statement))

    return sql


@pytest.fixture
def night(engine, connect):
    return lambda: infocaption_competences.run(engine, connect, Options())


def periods(read):
    return as_text(read("select client_code, competence_code, valid_from from core.earned_competences"))


@pytest.mark.long
def test_the_first_night_after_an_upgrade_writes_nothing(engine, connect, warehouse, night, sql, read):
    moodle_results.run(engine, connect, Options())
    night()
    before = periods(read)
    sql(*AS_BEFORE)
    schema.migrate(warehouse)
    run_id, status = night()
    written = read(f"select coalesce(sum(written), 0) as n from ops.run_steps where run_id = '{run_id}'")
    assert (status, written["n"].tolist(), periods(read)) == ("success", [0], before)
    assert read("select from core.corrected_competences").empty


@pytest.mark.parametrize(("linked", "corrected"), [("before", True), ("later", False)])
@pytest.mark.long
def test_what_was_given_without_a_course_is_corrected_where_its_link_was_older(
    warehouse, night, sql, read, sandbox, linked, corrected
):
    """Course 103 gave INFOSEC; course 106 could not be read, or was linked after that."""
    link = "insert into core.competence_links (source, source_course_id, competence_code) values"
    attempts = sandbox.infocaption.site.attempts
    attempts["103"].append(Attempt("5016", FINN, "passed", completed="2025-10-15T09:00:00Z"))
    attempts["106"][:] = [Attempt("5016", FINN, "passed", completed="2024-10-03T09:00:00Z")]
    sandbox.faults.add(
        "infocaption", "unavailable", where={"path": "/API/public/courses/106/participants"}, count=None
    )
    if linked == "before":
        sql(f"{link} ('infocaption_main', '106', 'INFOSEC')")
    night()
    held = "('CL00016', 'INFOSEC', '2025-10-15', null, 'infocaption_main', '103', 'run')"
    if linked == "before":  # it did not wait for 106
        sql(f"insert into core.earned_competences values {held}")
    else:
        sql(f"{link} ('infocaption_main', '106', 'INFOSEC')")
        night()
    sql(*AS_BEFORE)
    schema.migrate(warehouse)
    sandbox.faults.clear()
    night()
    assert (WRONG in periods(read)) is not corrected
    history = as_text(
        read("select client_code, competence_code, valid_from from mart.competence_corrections")
    )
    assert history == ({WRONG} if corrected else set())
