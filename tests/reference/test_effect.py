"""What a change would do is what it then does, and until then nothing of it is written."""

import os
import shutil
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from etl import db
from etl.cli.reference import app
from etl.connections import Connection
from etl.connectors import registry
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import ConnectionMissing
from etl.load import runs
from etl.reference import import_set
from etl.reference.effect import sentences, what_would_change
from etl.sandbox.server import serve
from tests.fixtures.nights import infocaption_connection, moodle_connection
from tests.fixtures.properties import examples
from tests.fixtures.warehouse import SAMPLE, copy_of

WRITTEN = (
    "core.unit_results", "core.course_completions", "core.enrolment_completions", "core.earned_competences",
    "core.activity_links", "core.accreditations", "ops.outbox", "ops.runs", "ops.rejections", "ops.derived_courses",
    "ops.reference_version",
)  # fmt: skip
pytestmark = pytest.mark.long
LINES = tuple((SAMPLE / "activity_links.csv").read_text(encoding="utf-8").splitlines()[1:])
GRANTED = "19,moodle_main,3,2026-01-01,2026-12-31,301999,,,"


def connect(conn_id):
    """Nobody listens there: what is tried asks no site."""
    if conn_id.startswith("moodle"):
        return moodle_connection("http://127.0.0.1:9", conn_id)
    if conn_id.startswith("infocaption"):
        return infocaption_connection("http://127.0.0.1:9")
    if conn_id.startswith("ilias"):
        return Connection(
            conn_id, "ilias", "http://127.0.0.1:9", "login", "password", extra={"client": "school"}
        )
    if conn_id == "coachview":
        raise ConnectionMissing("there is no connection coachview")
    return Connection(conn_id, "pe_online", host="http://127.0.0.1:9", login="user", password="key")


@pytest.fixture(scope="module")
def template(postgres_url, sample_template):
    """What a night of the recorded site leaves."""
    with copy_of(postgres_url, sample_template) as url:
        engine = db.engine(url)
        with serve() as sandbox:
            moodle_results.run(engine, lambda conn_id: moodle_connection(sandbox.url, conn_id), Options())
        follow(engine)
        engine.dispose()  # a database that is in use cannot be copied
        yield engine.url.database


def follow(engine):
    """What a night does to which no site says anything new."""
    for name, again in registry.again():
        with engine.begin() as session:
            run_id = runs.open_run(session, name)
        again(engine, run_id, connect)


def content(engine, tables=WRITTEN):
    with engine.connect() as session:
        return {
            table: sorted(map(str, session.execute(text(f"select t::text from {table} as t")).scalars()))
            for table in tables
        }


def rows(engine, statement):
    with engine.connect() as session:
        return {tuple(row) for row in session.execute(text(statement))}


def edited(tmp_path, left_out=(), accreditations=()):
    """The sample set with other mappings."""
    folder = tmp_path / "edited"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SAMPLE, folder)
    links = folder / "activity_links.csv"
    head = links.read_text(encoding="utf-8").splitlines()[0]
    kept = [line for line in LINES if line not in left_out]
    links.write_text("\n".join([head, *kept, ""]), encoding="utf-8")
    granted = folder / "accreditations.csv"
    granted.write_text(
        granted.read_text(encoding="utf-8") + "".join(f"{one}\n" for one in accreditations), encoding="utf-8"
    )
    return folder


RESULTS = "select enrolment_code, unit_code, status, finished_on from core.unit_results"
POINTS = (
    "select item_id, org_id, client_code, source_course_id, item.status"
    " from ops.pe_attendance join ops.outbox as item using (item_id)"
)


@examples(5)
@given(
    before=st.sets(st.sampled_from(LINES), max_size=20),
    after=st.sets(st.sampled_from(LINES), max_size=20),
    granted=st.booleans(),
)
def test_what_it_says_is_what_then_happens(postgres_url, template, tmp_path, before, after, granted):
    with copy_of(postgres_url, template) as url:
        engine = db.engine(url)
        import_set(engine, edited(tmp_path, before))
        follow(engine)
        folder = edited(tmp_path, after, [GRANTED] if granted else [])
        standing = content(engine)

        told = what_would_change(engine, connect, lambda trial: import_set(trial, folder))

        assert content(engine) == standing
        had, waiting = rows(engine, RESULTS), rows(engine, POINTS)
        import_set(engine, folder)
        follow(engine)
        has, waits = rows(engine, RESULTS), rows(engine, POINTS)
        engine.dispose()
    new = {one[:2] for one in has} - {one[:2] for one in had}
    changed = {one[:2] for one in has - had} - new
    sent = {one for one in waits - waiting if one[-1] == "pending"}
    assert (told.results.new, told.results.changed) == (len(new), len(changed))
    assert told.points_to_send == len(sent)
    assert sum(one.people for one in told.points) == len({(one[1], one[2], one[3]) for one in sent})
    assert told.unknown == []


def test_points_are_told_by_accreditation_with_their_people(engine, tmp_path):
    folder = edited(tmp_path, accreditations=[GRANTED])

    told = what_would_change(engine, connect, lambda trial: import_set(trial, folder))

    [one] = told.points
    assert (one.org_id, one.source_course_id, one.pe_course) == (19, "3", "301999")
    assert one.points >= one.people > 0
    assert any("PE-Online has no undo" in line for line in sentences(told))


def test_the_command_says_it_and_what_it_could_not_work_out(warehouse, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("AIRFLOW_CONN_INFOCAPTION_MAIN", "infocaption://user:key@127.0.0.1")
    standing = content(engine)

    done = CliRunner().invoke(app, ["import", str(edited(tmp_path)), "--what-would-change"])

    assert done.exit_code == 0, done.output
    assert any(line.startswith("not known: plan 52: ") for line in done.output.splitlines())
    assert done.output.splitlines()[-1] == "What is recorded already stays recorded, whatever is mapped."
    assert content(engine) == standing


def test_a_wrong_set_is_refused_as_by_an_import_and_nothing_is_written(engine, tmp_path):
    folder = edited(tmp_path, accreditations=["52,moodle_main,3,2026-01-01,2026-12-31,,,13,"])
    standing = content(engine)

    with pytest.raises(Exception, match=r"accreditations\.csv, line"):
        what_would_change(engine, connect, lambda trial: import_set(trial, folder))

    assert content(engine) == standing


@pytest.mark.parametrize("point", ["load.written", "load.recorded", "push.planned"])
def test_a_process_that_is_killed_meanwhile_leaves_nothing(warehouse, engine, tmp_path, processes, point):
    folder = edited(tmp_path, LINES[:4], [GRANTED])
    standing = content(engine)

    child = processes.Process(target=killed, args=(warehouse, folder, point))
    child.start()
    child.join()

    assert child.exitcode == -signal.SIGKILL
    assert content(engine) == standing


def killed(url, folder, point):
    os.environ["ETL_FAILPOINT"] = point
    engine = db.engine(url)
    what_would_change(engine, connect, lambda trial: import_set(trial, folder))
