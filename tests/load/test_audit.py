"""What people change is kept with who, when, before and after; what a night does is not (docs/pages.md, Audit)."""

import shutil

import pandas as pd
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from etl import cli
from etl.connectors.pe_online import pauses
from etl.load import audit, rejections, runs
from etl.load.dismissals import ChosenRejections, dismiss
from etl.reference.importing import import_set
from etl.reference.spec import FILES
from etl.results import competence_decisions
from tests.fixtures.warehouse import SAMPLE


@pytest.fixture
def template(sample_template):
    return sample_template


def kept(engine, table):
    """Who, through what, key, before and after of each change of a table, in order."""
    with engine.connect() as session:
        found = session.execute(
            text(
                "select who, through, key, before, after from mart.audit"
                " where table_name = :table and who = 'anna' order by audit_id"
            ),
            {"table": table},
        )
        return [tuple(row) for row in found]


def test_a_row_that_a_person_changes_is_kept_as_it_was_and_as_it_is(engine):
    with engine.begin() as session:
        audit.by(session, "anna", "page")
        session.exec_driver_sql(
            "update core.competences set validity_days = 90 where competence_code = 'FIRE-BASIC'"
        )
    [(who, through, key, before, after)] = kept(engine, "core.competences")
    assert (who, through, key) == ("anna", "page", {"competence_code": "FIRE-BASIC"})
    assert before.keys() == after.keys() == {"validity_days"}
    assert after == {"validity_days": 90} != before


def test_what_is_written_as_it_was_is_no_change(engine):
    with engine.begin() as session:
        audit.by(session, "anna")
        session.exec_driver_sql("update core.competences set validity_days = validity_days")
    assert kept(engine, "core.competences") == []


def test_of_a_person_only_is_kept_that_a_name_or_number_changed(engine):
    with engine.begin() as session:
        audit.by(session, "anna", "page")
        session.exec_driver_sql(
            "insert into core.clients (client_code, surname) values ('NEW', 'Someone');"
            "update core.clients set surname = 'Other' where client_code = 'NEW';"
            "insert into core.client_numbers (client_code, scheme, value) values ('NEW', 'pe', '12345')"
        )
    changes = kept(engine, "core.clients") + kept(engine, "core.client_numbers")
    assert not [word for word in ("Someone", "Other", "12345") if word in str(changes)]
    assert changes[1][3:] == ({"surname": "(not kept)"}, {"surname": "(not kept)"})


def test_an_import_keeps_a_line_for_each_file_and_each_row_of_a_mapping(engine, tmp_path):
    for name in ("competences", "clients"):
        shutil.copy(SAMPLE / f"{name}.csv", tmp_path)
    with (tmp_path / "competences.csv").open("a") as file:
        file.write("NEW,FIRE,A new one,365\n")
    import_set(engine, tmp_path, by="anna")
    row, whole = kept(engine, "core.competences")
    assert row[:4] == ("anna", "import", {"competence_code": "NEW"}, None)
    assert whole[2:4] == (None, None)
    assert (whole[4]["added"], whole[4]["changed"], whole[4]["closed"]) == (1, 0, 0)
    [people] = kept(engine, "core.clients")
    assert people[4].items() >= {"added": 0, "changed": 0, "closed": 0}.items()


def test_the_competence_that_a_person_revokes_is_kept(engine):
    competence_decisions.revoke(engine, "FIRE-BASIC", None, "anna", "taught wrongly")
    [(_, through, _, before, after)] = kept(engine, "ops.competence_decisions")
    assert (through, before, after["decision"]) == ("command", None, "revoked")


def test_a_decision_about_what_is_sent_is_kept_with_the_status_before_and_after(engine):
    with engine.begin() as session:
        [item] = session.execute(
            text(
                "insert into ops.outbox (target, kind, account, business_key, record_key, status, if_unknown,"
                " reason, explanation)"
                " values ('pe_online', 'points', '1', '{}', '1', 'rejected', 'person', 'refused', 'It was.')"
                " returning item_id"
            )
        ).scalars()
        audit.by(session, "anna")
        session.execute(
            text(
                "with decided as (insert into ops.outbox_decisions (item_id, decision, decided_by, status_before)"
                " values (:item, 'resend', 'anna', 'rejected'))"
                " update ops.outbox set status = 'pending', reason = null, explanation = null where item_id = :item"
            ),
            {"item": item},
        )
    [(_, _, key, before, after)] = kept(engine, "ops.outbox")
    assert (key, before, after) == (
        {"item_id": item},
        {"status": "rejected"},
        {"status": "pending", "decision": "resend"},
    )


def night(engine):
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", None, {})
        row = ["2", "learner", "2/7", "unmatched_learner", "Nobody matches."]
        frame = pd.DataFrame([row], columns=rejections.COLUMNS)
        rejections.replace(session, run_id, "moodle_results", "main", ["2"], frame)
        runs.close_run(session, run_id)


def test_a_night_leaves_nothing_and_a_dismissal_does(engine):
    before = counted(engine)
    night(engine)
    assert counted(engine) == before
    dismiss(engine, ChosenRejections("main", "unmatched_learner"), "anna", "a test account")
    [(_, _, _, was, now)] = kept(engine, "ops.rejections")
    assert was["dismissed_by"] is None
    assert (now["dismissed_by"], now["dismissed_because"]) == ("anna", "a test account")
    night(engine)
    assert counted(engine) == before + 1


def counted(engine):
    with engine.connect() as session:
        return session.execute(text("select count(*) from ops.audit")).scalar_one()


def test_no_reference_table_is_without_audit(engine):
    with engine.connect() as session:
        triggers = session.execute(
            text("select cast(cast(tgrelid as regclass) as text) from pg_trigger where tgname = 'audit'")
        )
        assert {file.table for file in FILES} <= set(triggers.scalars())


def test_the_command_shows_what_a_person_did(engine, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    with engine.begin() as session:
        audit.by(session, "anna")
        session.exec_driver_sql(
            "update core.competences set validity_days = 90 where competence_code = 'FIRE-BASIC'"
        )
    shown = CliRunner().invoke(cli._typer, ["audit", "--who", "anna", "--table", "competences"])
    assert "validity_days=90" in shown.output
    since = ["audit", "--who", "anna", "--since", "2999-01-01"]
    assert "nobody has changed anything" in CliRunner().invoke(cli._typer, since).output


def test_an_account_that_is_paused_and_goes_on_is_kept(engine):
    with engine.connect() as session:
        account = session.execute(
            text("select connection_id from core.profession_groups limit 1")
        ).scalar_one()
    pauses.pause(engine, account, "anna", "a holiday", through="page")
    pauses.resume(engine, account, "anna")
    paused, resumed = kept(engine, "ops.account_pauses")
    assert (paused[1], paused[3], paused[4]["paused_because"]) == ("page", None, "a holiday")
    assert (resumed[1], resumed[3]["resumed_by"], resumed[4]["resumed_by"]) == ("command", None, "anna")
