"""``etl reference``: exit codes and what people read."""

import subprocess

import pytest
from typer.testing import CliRunner

from etl.cli.reference import app
from etl.console import airflow_runs
from etl.db import embedded
from etl.errors import GiveUp, InvalidInput

REASON = "does not have the form that pe:52 asks for: no points are sent for it"
WARNING = f"warning: client_numbers.csv, line 4, value: {REASON}\n"


@pytest.fixture
def reference(warehouse, monkeypatch):
    """Run ``etl reference`` on the test's warehouse."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_right_set_is_checked_imported_and_exported(reference, sample, tmp_path):
    checked, imported = reference("check", sample), reference("import", sample)
    exported = reference("export", tmp_path)

    assert [done.exit_code for done in (checked, imported, exported)] == [0, 0, 0]
    assert checked.stdout.splitlines()[0] == "file\trows\tnew\tchanged\tclosed"
    assert "units.csv\t14\t14\t0\t0" in checked.stdout.splitlines()
    assert checked.stdout.splitlines()[-1] == "The set may be imported."
    assert checked.stderr == imported.stderr == WARNING
    assert "enrolment_units.csv" in imported.output
    assert "enrolment_units.csv: 262 rows" in exported.output.splitlines()


def test_a_wrong_set_exits_1_and_names_each_wrong_line(reference, folder):
    number = folder.add("units.csv", "U9,course,Nine")
    line = f"units.csv, line {number}, kind: must be one of unit, task"

    checked, imported = reference("check", folder.path), reference("import", folder.path)

    assert (checked.exit_code, checked.output.splitlines()) == (1, [line, "1 problem"])
    assert isinstance(imported.exception, InvalidInput)
    assert str(imported.exception) == line


def test_a_warehouse_without_its_schema_is_a_clear_message(postgres_url, sample, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", embedded.ensure_database(postgres_url, "not_migrated"))

    done = CliRunner().invoke(app, ["check", str(sample)])

    assert isinstance(done.exception, GiveUp)
    assert str(done.exception) == "the warehouse does not have the newest schema: run `etl db migrate`"


@pytest.fixture
def airflow(monkeypatch):
    """A function that says what Airflow's command line answers; the commands that it got."""
    asked = []

    def answers(code):
        def run(command, **_):
            asked.append(command[1:])
            return subprocess.CompletedProcess(command, code)

        monkeypatch.setattr(airflow_runs.subprocess, "run", run)
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://somewhere/airflow")
        return asked

    return answers


def written_to(directory, writing):
    (directory / "moodle_writing.csv").write_text(
        f"source,writing\nmoodle_main,{writing}\n", encoding="utf-8"
    )


@pytest.mark.parametrize(("code", "said"), [(0, "started in Airflow"), (1, "by its clock")])
def test_an_import_has_transfers_to_moodle_follow_it(reference, folder, airflow, code, said):
    written_to(folder.path, "on")
    asked = airflow(code)
    assert said in reference("import", folder.path).output
    assert asked == [["-m", "airflow", "dags", "trigger", "moodle_enrolments"]]
    assert "moodle_enrolments" not in reference("import", folder.path).output
    assert len(asked) == 1


def test_an_import_starts_nothing_where_nothing_is_written_to_moodle(reference, folder, airflow):
    asked = airflow(0)
    reference("import", folder.path)
    assert asked == []
