"""A setting that is written wrongly: Airflow's log says it in words, wherever it is met first."""

import asyncio
import logging

import learning_results_airflow
import learning_results_plugin
import pytest

from etl.errors import InvalidInput


def test_a_run_in_airflow_says_it_before_its_first_task(monkeypatch, caplog):
    class Task:
        try_number, max_tries = 1, 3

    class Run:
        dag_id, run_id = "moodle_results", "scheduled__1"

    monkeypatch.setenv("IEP_INBOX_RETENTION_DAYS", "two years")
    with pytest.raises(InvalidInput, match="IEP_INBOX_RETENTION_DAYS must be a whole number"):
        learning_results_airflow.begin_run(None, {"ti": Task(), "dag_run": Run()})
    assert "IEP_INBOX_RETENTION_DAYS must be a whole number above 0" in caplog.text


def test_the_receiver_says_it_in_the_log_and_senders_are_told_to_come_again(monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    monkeypatch.setenv("UWLR_MAX_BYTES", "x")
    mounted, *_ = learning_results_plugin._receivers()
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(mounted["app"]({"type": "http"}, None, send))
    assert sent[0]["status"] == 503
    assert "UWLR_MAX_BYTES must be a whole number above 0" in caplog.text
    assert "Traceback" not in caplog.text
