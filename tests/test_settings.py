"""The environment: one list of variables, and each that is written wrongly is a sentence at every entry point."""

import re
from pathlib import Path

import pytest

from etl import cli, settings
from etl.docs.settings import PAGE, settings_page
from etl.errors import InvalidInput

ROOT = Path(__file__).parents[1]
WRONG = [
    (settings.MAX_ANSWER_BYTES, "ten"),
    (settings.MAX_ANSWER_BYTES, "1e9"),
    (settings.UWLR_MAX_BYTES, "0"),
    (settings.UWLR_MAX_BYTES, "-1"),
    (settings.INBOX_RETENTION_DAYS, "9" * 5000),
    (settings.INBOX_RETENTION_DAYS, "٣"),
    (settings.SANDBOX_PORT, "65536"),
    (settings.AIRFLOW_PORT, "http"),
    (settings.UWLR_PUBLIC_URL, "uwlr.example.org"),
    (settings.UWLR_PUBLIC_URL, "https://[broken"),
]


@pytest.mark.parametrize(("variable", "written"), WRONG)
def test_what_is_written_wrongly_is_refused_by_name(variable, written, monkeypatch):
    monkeypatch.setenv(variable.name, written)
    with pytest.raises(InvalidInput, match=f"^{variable.name} must be a "):
        variable.get()
    with pytest.raises(InvalidInput, match=f"^{variable.name} must be a "):
        settings.check()


def test_all_that_is_wrong_is_said_at_once(monkeypatch):
    monkeypatch.setenv("UWLR_MAX_BYTES", "x")
    monkeypatch.setenv("SANDBOX_PORT", "x")
    with pytest.raises(InvalidInput, match=r"UWLR_MAX_BYTES must .*; SANDBOX_PORT must "):
        settings.check()


def test_a_command_says_it_in_one_line_before_it_begins(monkeypatch):
    monkeypatch.setenv("UWLR_MAX_BYTES", "20 MiB")
    monkeypatch.setattr("sys.argv", ["etl", "report"])
    with pytest.raises(SystemExit) as ended:
        cli.app()
    assert ended.value.code == (
        "etl: UWLR_MAX_BYTES must be a whole number above 0, in digits only, such as 20971520"
    )


def test_the_words_for_a_default_begin_with_the_default():
    numbers = [variable for variable in settings.VARIABLES if isinstance(variable.default, int)]
    assert len(numbers) == 5
    assert [one.name for one in numbers if not one.unset.startswith(str(one.default))] == []


def test_no_other_file_names_a_variable_that_it_reads():
    named = re.compile(r"""(environ(\.get\(|\[)|getenv\(|envvar=)f?["']""")
    files = [
        path for folder in ("etl", "dags", "plugins", "deploy") for path in (ROOT / folder).rglob("*.py")
    ]
    assert [path.name for path in files if named.search(path.read_text(encoding="utf-8"))] == []


def test_the_table_of_the_readme_is_that_list():
    assert PAGE.read_text(encoding="utf-8") == settings_page()
