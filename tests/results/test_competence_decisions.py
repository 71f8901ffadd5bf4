"""Revoking and restoring competences, removing links: what people decide, and what the nights make of it."""

import pandas as pd
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from etl import settings
from etl.cli.competences import app
from etl.connectors.infocaption import flow as infocaption_competences
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.results import competence_decisions as decisions
from etl.sandbox.infocaption.site import Attempt
from tests.fixtures.nights import as_text

ME = {"by": "hr@company.example", "reason": "entered by mistake"}


@pytest.fixture
def night(engine, connect):
    def night():
        return infocaption_competences.run(engine, connect, Options())

    night()
    return night


@pytest.fixture
def holders(read):
    """Who has a competence, or had."""
    return lambda code: as_text(
        read(f"select client_code, valid_from from mart.competences where competence_code = '{code}'")
    )


def test_a_competence_revoked_for_one_person_is_not_given_again(engine, night, holders):
    before = holders("CPR")
    assert decisions.revoke(engine, "CPR", "CL00001", **ME) == 3
    night()
    assert holders("CPR") == {row for row in before if row[0] != "CL00001"}


def test_a_competence_revoked_altogether_is_taken_from_everyone_and_not_given_again(engine, night, holders):
    assert decisions.revoke(engine, "CPR", None, **ME) == 6  # the administration's own too
    night()
    assert holders("CPR") == set()


def test_a_pass_after_the_revocation_is_listed_and_counts_when_the_competence_is_restored(
    engine, night, holders, read, sandbox
):
    with engine.begin() as session:  # what Ben has has ended
        session.execute(
            text(
                "update core.earned_competences set valid_to = valid_from + 30 where competence_code = 'CPR'"
            )
        )
    decisions.revoke(engine, "CPR", "CL00002", **ME)
    today = read("select cast(now() as date) - 1 as day")["day"].iloc[0].isoformat()
    attempt = Attempt("5002", "ben.smith2@student.example", "passed", completed=f"{today}T09:00:00Z")
    sandbox.infocaption.site.attempts["107"].append(attempt)
    night()
    listed = "select record_key, reason_code from mart.rejections where scope = 'CPR' and resolved_at is null"
    assert as_text(read(listed)) == {("CL00002/infocaption_main/107", "competence_revoked")}
    assert decisions.restore(engine, "CPR", "CL00002", **ME) == 1
    night()
    assert {row for row in holders("CPR") if row[0] == "CL00002"} == {
        ("CL00002", "2026-01-10"),
        ("CL00002", today),
    }
    assert read(listed).empty


def test_what_was_revoked_from_everyone_comes_back_as_it_was(engine, night, holders):
    before = holders("INFOSEC")
    decisions.revoke(engine, "INFOSEC", None, **ME)
    assert decisions.restore(engine, "INFOSEC", None, **ME) == 2
    assert holders("INFOSEC") == before


def test_what_was_revoked_from_a_person_stays_revoked_when_it_is_restored_for_everyone(
    engine, night, holders
):
    decisions.revoke(engine, "INFOSEC", "CL00010", **ME)
    decisions.revoke(engine, "INFOSEC", None, **ME)
    decisions.restore(engine, "INFOSEC", None, **ME)
    assert {row[0] for row in holders("INFOSEC")} == {"CL00011"}


def test_who_lost_a_competence_is_shown_with_who_when_and_why(engine, night, read):
    decisions.revoke(engine, "INFOSEC", "CL00010", **ME)
    lost = read("select * from mart.competences_revoked").iloc[0]
    assert (lost["client_code"], lost["revoked_by"], lost["reason"]) == ("CL00010", ME["by"], ME["reason"])
    assert not lost["from_everyone"]


def test_a_removed_link_keeps_what_it_gave_and_is_in_the_history(engine, night, holders, read):
    before = holders("INFOSEC")
    decisions.unlink(engine, "infocaption_main", "103", "INFOSEC", **ME)
    night()
    assert holders("INFOSEC") == before
    history = read("select decision, source_course_id, competence_code from mart.competence_history")
    assert as_text(history) == {("unlinked", "103", "INFOSEC")}
    link = read("select linked, produced from mart.competence_links where source_course_id = '103'").iloc[0]
    assert (link["linked"], link["produced"]) == (False, 2)


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (lambda e: decisions.revoke(e, "CPX", None, **ME), "there is no competence CPX"),
        (lambda e: decisions.revoke(e, "CPR", "CL99999", **ME), "there is no client CL99999"),
        (lambda e: decisions.restore(e, "CPR", "CL00001", **ME), "competence CPR of CL00001 is not revoked"),
        (lambda e: decisions.revoke(e, "CPR", None, "hr", " "), "say who decides and why"),
        (lambda e: decisions.unlink(e, "infocaption_main", "9", "CPR", **ME), "course 9 .* is not linked"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_not_recorded(engine, read, decide, message):
    with pytest.raises(InvalidInput, match=message):
        decide(engine)
    assert read("select * from ops.competence_decisions").empty


def test_revoking_twice_is_refused(engine):
    decisions.revoke(engine, "CPR", None, **ME)
    with pytest.raises(InvalidInput, match="CPR of everyone was revoked already"):
        decisions.revoke(engine, "CPR", None, **ME)


def test_a_night_and_each_decision_leave_the_groups_counted(engine, night, read):
    changed = "select 1 from ops.competences_changed"
    counted = "select group_code, people, held from {} order by group_code"
    for change in (
        night,
        lambda: decisions.revoke(engine, "CPR", None, **ME),
        lambda: decisions.restore(engine, "CPR", None, **ME),
    ):
        change()
        assert read(changed).empty
        standing = read(counted.format("ops.competence_groups"))
        assert standing["people"].sum() > 0
        pd.testing.assert_frame_equal(standing, read(counted.format("mart.competences_by_group")))


def test_the_commands_revoke_restore_and_unlink(engine, warehouse, monkeypatch, read):
    monkeypatch.setenv(settings.WAREHOUSE_URL.name, warehouse)
    why = ["--by", "hr", "--reason", "left"]
    for command in (
        ["revoke", "CPR", "--client", "CL00007", *why],
        ["restore", "CPR", "--client", "CL00007", *why],
        ["revoke", "CPR", "--everyone", *why],
        ["unlink", "infocaption_main", "102", "CPR", *why],
    ):
        assert CliRunner().invoke(app, command).exit_code == 0
    assert read("select decision from mart.competence_history order by decision_id")["decision"].tolist() == [
        "revoked",
        "restored",
        "revoked",
        "unlinked",
    ]
    with pytest.raises(InvalidInput, match="say either --client CODE or --everyone"):
        CliRunner().invoke(app, ["revoke", "CPR", *why], catch_exceptions=False)


def test_an_expired_competence_and_one_that_is_held_are_told_apart(engine, night, read):
    with engine.begin() as session:
        today = "cast(now() at time zone 'Europe/Stockholm' as date)"
        session.execute(text(f"update core.earned_competences set valid_to = {today} + 10"))
        session.execute(
            text(
                "update core.earned_competences set valid_to = valid_from"
                " where client_code = 'CL00011' and competence_code = 'INFOSEC'"
            )
        )
    held = read(
        "select client_code, days_left, path from mart.competences_held where competence_code = 'INFOSEC'"
    )
    assert [tuple(row) for row in held.to_numpy()] == [
        ("CL00010", 10, "Digital kompetens > Informationssäkerhet")
    ]
    expired = read("select client_code from mart.competences_expired where competence_code = 'INFOSEC'")
    assert expired["client_code"].tolist() == ["CL00011"]
    groups = read("select group_code, held, expiring_in_30_days from mart.competences_by_group")
    assert ("DIGITAL", "1", "1") in as_text(groups)


def test_what_was_revoked_from_everyone_is_not_restored_for_one_and_that_is_said(engine):
    decisions.revoke(engine, "CPR", None, **ME)
    with pytest.raises(InvalidInput, match="CPR of CL00001 is not revoked; it was revoked from everyone"):
        decisions.restore(engine, "CPR", "CL00001", **ME)


def test_what_a_revocation_holds_back_stays_listed_while_the_competence_waits_for_a_course(
    engine, night, read
):
    decisions.revoke(engine, "INFOSEC", None, **ME)
    with engine.begin() as session:
        session.execute(text("delete from core.earned_competences where competence_code = 'INFOSEC'"))
    night()
    listed = (
        "select record_key, reason_code from mart.rejections where scope = 'INFOSEC' and resolved_at is null"
    )
    before = as_text(read(listed))
    assert {row[1] for row in before} == {"competence_revoked"}
    with engine.begin() as session:
        session.execute(text("insert into core.competence_links values ('moodle_main', '2', 'INFOSEC')"))
    night()
    assert as_text(read(listed)) == before | {("moodle_main/2", "course_not_read")}
