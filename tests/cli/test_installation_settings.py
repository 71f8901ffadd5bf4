"""A shell that does not have the services' settings: it is said, and no second warehouse is made."""

from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from etl import cli, places
from etl.db import embedded
from etl.errors import GiveUp, InvalidInput

AIRFLOW = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@pytest.fixture(autouse=True)
def shell(monkeypatch, tmp_path):
    """An installation's shell in which WAREHOUSE_URL was forgotten."""
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    monkeypatch.setenv("ETL_STATE_DIR", str(tmp_path))
    monkeypatch.setenv(AIRFLOW, "postgresql+psycopg2://airflow@127.0.0.1/airflow")
    return tmp_path


def test_no_second_warehouse_is_made_beside_a_configured_airflow(shell):
    for start in (lambda: embedded.warehouse().__enter__(), embedded.start_warehouse):
        with pytest.raises(GiveUp, match="WAREHOUSE_URL is not set in this shell"):
            start()
    assert list(shell.iterdir()) == []


def test_nor_where_the_settings_of_an_installation_lie_and_were_not_read(shell, monkeypatch):
    monkeypatch.delenv(AIRFLOW)
    monkeypatch.setattr(places, "ROOT", shell)
    (shell / "settings.env").touch()
    with pytest.raises(GiveUp, match="read the settings of the services"):
        embedded.start_warehouse()


def test_the_embedded_warehouse_is_named_where_it_is_used(shell, monkeypatch):
    monkeypatch.setattr(embedded, "warehouse", lambda: nullcontext("postgresql://127.0.0.1:1/none"))
    said = CliRunner().invoke(cli._typer, ["report"])
    assert f"(the embedded warehouse in {shell}/postgres; WAREHOUSE_URL names another)" in said.output


def test_an_address_of_airflows_database_that_airflow_cannot_use_is_said_with_the_right_form(monkeypatch):
    monkeypatch.setenv(AIRFLOW, "postgresql://airflow@127.0.0.1/airflow")
    refused = CliRunner().invoke(cli._typer, ["db", "migrate"]).exception
    assert isinstance(refused, InvalidInput)
    assert "write postgresql+psycopg2://" in str(refused)
