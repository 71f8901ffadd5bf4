"""An account that is mended and pushed again in the same run leaves it as if nothing had failed."""

import pytest

from etl.connectors.pe_online import flow
from etl.connectors.pe_online.sender import AccountRefused
from etl.engine.options import Options
from etl.errors import GiveUp


def test_a_group_whose_connection_was_missing_is_planned_and_pushed_when_its_push_runs_again(site):
    site.accredit()
    site.learners(2)

    def missing(conn_id):
        raise GiveUp(f"connection {conn_id} is not defined")

    run_id = site.run_id()
    assert flow.plan(site.engine, run_id, missing, Options()) == [52]
    assert flow.finish(site.engine, run_id, failed_tasks=1) == "incomplete"
    flow.push(site.engine, run_id, 52, site.connection())
    assert sum(site.booked().values()) == 2
    assert flow.finish(site.engine, run_id) == "success"


def test_an_account_that_was_refused_is_no_problem_any_more_once_it_is_accepted(site):
    site.accredit()
    site.learners(2)
    run_id = site.run_id()
    flow.plan(site.engine, run_id, lambda _: site.connection(key="wrong"), Options())
    with pytest.raises(AccountRefused):
        flow.push(site.engine, run_id, 52, site.connection(key="wrong"))
    assert flow.finish(site.engine, run_id) == "incomplete"
    site.sql("update ops.run_steps set finished_at = finished_at - interval '2 minutes'")
    flow.push(site.engine, run_id, 52, site.connection())
    assert sum(site.booked().values()) == 2
    assert flow.finish(site.engine, run_id) == "success"


def test_a_dry_run_counts_the_rows_and_one_account_that_is_not_usable_does_not_hide_the_others(
    site, tmp_path, monkeypatch
):
    monkeypatch.setenv("ETL_STATE_DIR", str(tmp_path))
    site.accredit()
    site.learners(2)
    site.group(19)
    site.sql("update core.profession_groups set connection_id = 'nowhere' where org_id = 19")

    def connect(conn_id):
        if conn_id == "nowhere":
            raise GiveUp("connection nowhere is not defined")
        return site.connection()

    run_id = site.run_id()
    with pytest.raises(GiveUp, match="1 of 2 accounts"):
        flow.dry_run(site.engine, run_id, connect)
    assert site.sql("select step, scope, written from mart.run_steps where problem is null") == [
        ("preview", "52", 2)
    ]
    assert flow.run(site.engine, connect, Options(dry_run=True))[1] == "incomplete"
    assert site.booked() == {}
