"""The Test button of each connection type."""

import json

import pytest
from learning_results_hooks import IepLvsHook, MoodleHook, PeOnlineHook

from etl.sandbox import accounts
from etl.sandbox.pe_online import system


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def define(sandbox, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    def define(conn_id, conn_type, path, **values):
        value = {"conn_type": conn_type, "host": f"{sandbox.url}{path}", **values}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(value))

    define("moodle_main", "moodle", "/moodle", password=accounts.MOODLE_TOKEN)
    return define


def test_the_test_of_moodle_names_the_site_and_that_nothing_is_missing(define):
    ok, message = MoodleHook("moodle_main").test_connection()
    assert ok, message
    assert "release 4.5.6" in message
    assert "Nothing is missing" in message


def test_a_copy_under_another_name_is_compared_with_what_is_mapped(define):
    define("zufallszeichen", "moodle", "/moodle", password=accounts.MOODLE_TOKEN_LIMITED)
    ok, message = MoodleHook("zufallszeichen").test_connection()
    assert not ok
    assert "Missing capability" in message


def test_a_wrong_token_is_said_and_not_shown(define):
    define("wrong", "moodle", "/moodle", password="no-token-of-this-site")
    ok, message = MoodleHook("wrong").test_connection()
    assert not ok
    assert "the token is not valid" in message
    assert "no-token-of-this-site" not in message


def test_the_test_of_pe_online_tells_a_right_key_from_a_wrong_one(define):
    for key, expected in ((accounts.PE_KEY, True), ("another-key", False)):
        define("pe_online", "pe_online", f"/pe{system.PATH}", login=accounts.PE_USER, password=key)
        ok, message = PeOnlineHook("pe_online").test_connection()
        assert ok is expected, message
        assert key not in message


def test_the_test_of_a_drop_location_counts_what_is_there(tmp_path, monkeypatch):
    (tmp_path / "one.xml").touch()
    monkeypatch.setenv("AIRFLOW_CONN_DROP", json.dumps({"conn_type": "iep_lvs", "host": str(tmp_path)}))
    assert IepLvsHook("drop").test_connection() == (
        True,
        "The location can be read: 1 XML files are there.\nFiles that were taken are kept.",
    )
