"""Each fault does what it says, to the calls that it was ordered for, and leaves the others alone."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from etl.sandbox.faults import AFTER, INSTEAD, FaultKind, Faults, PlannedFault

INFO = "core_webservice_get_site_info"


@pytest.mark.parametrize("kind", ["drop", "lost_answer"])
def test_a_connection_that_is_closed_brings_no_answer(sandbox, respond, kind):
    sandbox.faults.add("moodle", kind)
    with pytest.raises(requests.ConnectionError, match="without response"):
        respond(INFO)
    assert respond(INFO).ok


def test_a_lost_answer_is_processed_and_a_dropped_call_is_not(sandbox, respond):
    function = "core_user_create_users"
    new = {"users[0][username]": "new.person@student.example", "users[0][firstname]": "New"}
    new |= {"users[0][lastname]": "Person", "users[0][email]": "new.person@student.example"}
    new |= {"users[0][idnumber]": "CL90001", "users[0][createpassword]": 1}
    sandbox.faults.add("moodle", "drop")
    sandbox.faults.add("moodle", "lost_answer")
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            respond(function, **new)
    assert "Username already exists" in respond(function, **new).text  # created by the second call


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("server_error", 500, "<h1>Internal Server Error</h1>"),
        ("bad_gateway", 502, "<h1>Bad Gateway</h1>"),
        ("unavailable", 503, "<h1>Service Unavailable</h1>"),
        ("too_many_requests", 429, "<h1>Too Many Requests</h1>"),
        ("forbidden", 403, ""),
        ("html", 200, "<html>"),
        ("dbconnectionfailed", 200, '"errorcode":"dbconnectionfailed"'),
        ("sitemaintenance", 200, '"errorcode":"sitemaintenance"'),
        ("soap_fault", 500, "<faultcode>soap:Server</faultcode>"),
    ],
)
def test_another_answer_comes_instead(sandbox, respond, kind, status, content):
    sandbox.faults.add("moodle", kind)
    response = respond(INFO)
    assert response.status_code == status
    assert content in response.text
    assert bool(response.text) == bool(content)


@pytest.mark.parametrize("kind", ["unavailable", "too_many_requests"])
def test_retry_after_says_how_long_to_wait(sandbox, respond, kind):
    sandbox.faults.add("moodle", kind, retry_after=7)
    assert respond(INFO).headers["retry-after"] == "7"


def test_a_truncated_answer_claims_to_be_whole_and_is_not_json(sandbox, respond):
    whole = respond(INFO).content
    sandbox.faults.add("moodle", "truncated", keep=0.25)
    assert respond(INFO).content == whole[: len(whole) // 4]


def test_a_cut_answer_ends_before_its_announced_length(sandbox, respond):
    sandbox.faults.add("moodle", "cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        respond(INFO)


def test_slow_answers_come_late_and_hold_up_nobody_else(sandbox, respond):
    sandbox.faults.add("moodle", "slow", seconds=0.2, count=4)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert all(response.ok for response in pool.map(respond, [INFO] * 4))
    assert time.monotonic() - started >= 0.2
    assert sandbox.counters.peak["moodle"] == 4


def test_a_caller_that_will_not_wait_is_gone_before_a_slow_answer_comes(sandbox, session):
    sandbox.faults.add("pe", "slow", seconds=0.3)
    with pytest.raises(requests.ReadTimeout):
        session.get(f"{sandbox.url}/pe/", timeout=0.05)


def test_a_fault_happens_to_its_own_operation_only(sandbox, respond):
    sandbox.faults.add("moodle", "server_error", operation="core_course_get_courses")
    assert respond(INFO).ok
    assert respond("core_course_get_courses").status_code == 500
    assert respond("core_course_get_courses").ok


def test_a_fault_happens_after_so_many_calls_and_so_many_times(sandbox, respond):
    sandbox.faults.add("moodle", "server_error", after=2, count=3)
    assert [respond(INFO).status_code for _ in range(7)] == [200, 200, 500, 500, 500, 200, 200]


def test_a_fault_without_a_count_lasts_until_it_is_cleared(sandbox, respond):
    sandbox.faults.add("*", "sitemaintenance", count=None)
    assert {respond(INFO).json()["errorcode"] for _ in range(5)} == {"sitemaintenance"}
    sandbox.faults.clear()
    assert "sitename" in respond(INFO).json()


def test_faults_are_ordered_listed_and_cleared_over_http(control, respond):
    order = {"system": "moodle", "kind": "bad_gateway", "operation": INFO, "count": 2}
    assert control("POST", "faults", **order).status_code == 201
    assert respond(INFO).status_code == 502
    (pending,) = control("GET", "faults").json()
    assert pending["count"] == 1
    control("DELETE", "faults")
    assert control("GET", "faults").json() == []
    assert respond(INFO).ok


@pytest.mark.parametrize(
    "order", [{"kind": "earthquake"}, {"kind": "slow", "speed": 1}, {"kind": "drop", "count": 0}]
)
def test_a_fault_that_does_not_exist_cannot_be_ordered(control, order):
    assert control("POST", "faults", system="moodle", **order).status_code == 422


def test_every_kind_of_fault_is_one_that_something_happens_for():
    elsewhere = {FaultKind.DROP, FaultKind.LOST_ANSWER, FaultKind.SLOW}
    assert set(FaultKind) == set(INSTEAD) | set(AFTER) | elsewhere


def test_the_oldest_matching_fault_happens_first():
    faults = Faults()
    first, second = faults.add("pe", "drop"), faults.add("*", "html")
    assert faults.take("moodle", "x") == second
    assert faults.take("pe", "x") == first
    assert faults.take("pe", "x") is None
    assert isinstance(first, PlannedFault)


def test_calls_are_counted_by_operation_with_the_most_at_once(sandbox, respond, control):
    for _ in range(3):
        respond(INFO)
    respond("core_course_get_courses")
    counters = control("GET", "counters").json()
    assert counters["moodle"] == {"calls": {"core_course_get_courses": 1, INFO: 3}, "peak": 1}
    control("DELETE", "counters")
    assert sandbox.counters.total("moodle") == 0
