"""Killed at each named point, and two runs at once: one course, one import."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from etl import db
from etl.connectors.moodle.writing import course_planning, flow
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.settings import written_site
from etl.engine.options import Options

TEMPLATE, NEW = 4, 8
POINTS = ["moodle.planned", "moodle.claimed", "moodle.answered", "moodle.recorded"]


@pytest.fixture
def wished(engine, write, settings, transfer):
    """A function after which a course, an import or a change is due."""

    def wished(kind):
        write(
            "insert into core.occurrences (occurrence_code, name, start_date, status, follow)"
            " values ('OCC-9', 'New', '2026-09-14', 'active', true)"
        )
        with engine.begin() as session:
            site = written_site(session, "moodle_main")
            course_planning.want_course(session, site, "OCC-9", WantedCourse("N9", "New nine", "2"), "clerk")
        if kind == "course":
            return
        transfer()
        if kind == "import":
            with engine.begin() as session:
                course_planning.want_import(session, site, "OCC-9", str(NEW), str(TEMPLATE), "clerk")
        if kind == "change":
            write("update core.occurrences set status = 'cancelled' where occurrence_code = 'OCC-9'")

    return wished


@pytest.fixture
def came(books, sandbox, read):
    """A function that tells whether all is as it should be, by the books of the site."""

    def came(kind):
        assert books.created["courses"] == 1
        assert books.imports == ([(TEMPLATE, NEW)] if kind == "import" else [])
        assert sandbox.moodle.site.courses[NEW]["visible"] == (kind != "change")
        items = read(
            "select distinct status from ops.outbox where kind in ('courses', 'imports', 'course changes')"
        )
        assert items["status"].tolist() == ["accepted"]
        links = read("select source_course_id, linked_by from core.moodle_course_links")
        assert [tuple(row) for row in links.to_numpy()] == [(str(NEW), "clerk")]

    return came


def run_until(point, warehouse, connection):
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = point
    flow.run(db.engine(warehouse), lambda _: connection, Options())


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "point"),
    [
        *((kind, point) for kind in ("course", "import", "change") for point in POINTS),
        ("import", "moodle.import_noted"),
    ],
)
def test_killed_anywhere_the_next_runs_end_like_an_undisturbed_one(
    kind, point, wished, came, transfer, warehouse, connect, processes, write
):
    wished(kind)
    killed = processes.Process(target=run_until, args=(point, warehouse, connect("moodle_main")))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    transfer()
    write(
        "update ops.outbox set last_attempt_at = last_attempt_at - interval '2 hours' where status = 'unknown'"
    )
    assert transfer() == "success"
    came(kind)


@pytest.mark.parametrize("kind", ["course", "import"])
def test_two_runs_at_once_make_one_course_and_one_import(kind, wished, came, engine, connect, sandbox):
    wished(kind)
    sandbox.faults.add(
        "moodle", "slow", operation=f"core_course_{'create_courses' if kind == 'course' else 'import_course'}"
    )
    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(flow.run, engine, connect, Options()) for _ in range(2)]
        assert [run.result()[1] for run in runs] == ["success", "success"]
    came(kind)
