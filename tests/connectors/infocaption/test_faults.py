"""InfoCaption: an answer that is none costs its course, never the courses after it."""

import pytest

from etl.connectors.infocaption import flow
from etl.engine.options import Options
from tests.fixtures.properties import one_quickly


@pytest.mark.parametrize("kind", one_quickly(["html", "fatal", "forbidden", "notice"]))
def test_an_answer_that_is_none_costs_its_course_and_no_other(
    kind, engine, connect, sandbox, read, listed, troubled
):
    where = {"path": "/API/public/courses/102/participants"}
    sandbox.faults.add("infocaption", kind, where=where, count=None)
    run_id, status = flow.run(engine, connect, Options())
    landed = "select distinct scope from raw.landings where scope <> '' order by 1"
    assert (status, troubled(run_id)) == ("incomplete", [("infocaption_main/102", "unusable_answer")])
    assert (listed("unusable_answer"), "102" in read(landed)["scope"].tolist()) == (["102"], False)
    assert {"101", "103", "107"} <= set(read(landed)["scope"])
    sandbox.faults.clear()
    flow.run(engine, connect, Options())
    assert (listed("unusable_answer"), "102" in read(landed)["scope"].tolist()) == ([], True)
