"""What Airflow's API server serves besides its own pages."""

import asyncio

import learning_results_plugin as plugin
import pytest
from airflow.sdk.types import TaskInstanceKey


def ask(app, method, path, body=b""):
    """The status and body with which an ASGI application answers."""
    sent = []
    messages = [{"type": "http.request", "body": body}]

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"etl.test")], "scheme": "http", "server": ("etl.test", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_the_receiver_answers_below_its_own_path_only():
    mounted = {one["url_prefix"]: one["app"] for one in plugin.LearningResultsPlugin.fastapi_apps}
    assert set(mounted) == {"/uwlr", "/anewspring", "/certwell", "/elearning", "/learning-results/pages"}
    receiver = mounted["/uwlr"]
    status, contract = ask(receiver, "GET", "/leerresultaten")
    assert status == 200
    assert b"BrengLeerresultaten" in contract
    assert ask(receiver, "GET", "/anything")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "passed_on"),
    [
        (
            "/api/v2/connections/test",
            b'{"conn_type": "moodle", "port": 0}',
            b'{"conn_type": "moodle", "port": null}',
        ),
        ("/api/v2/connections/test", b'{"port": 8443}', b'{"port": 8443}'),
        ("/api/v2/connections/test", b"not json", b"not json"),
        ("/api/v2/connections", b'{"port": 0}', b'{"port": 0}'),
    ],
)
def test_the_test_button_works_without_a_port(path, body, passed_on):
    async def airflow(scope, receive, send):
        message = await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": message["body"]})

    assert ask(plugin.PortlessTest(airflow), "POST", path, body) == (200, passed_on)


@pytest.mark.parametrize("piece", [1, 1000, 64 * 1024])
def test_a_large_body_without_a_login_is_passed_on_as_it_came_and_hardly_any_of_it_is_held(piece):
    sent, held = [], []
    total = 100 * 1024

    async def receive():
        sent.append(min(piece, total - piece * len(sent)))
        return {"type": "http.request", "body": b" " * sent[-1], "more_body": piece * len(sent) < total}

    async def airflow(scope, receive, send):
        held.append(sum(sent))
        more, size = True, 0
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        assert size == total

    scope = {"type": "http", "method": "POST", "path": "/api/v2/connections/test"}
    asyncio.run(plugin.PortlessTest(airflow)(scope, receive, None))
    assert held[0] <= 128 * 1024
    assert held[0] <= 256 * piece


def test_only_a_connection_test_is_read_before_airflow_reads_it():
    read = []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"{}"}

    async def airflow(scope, receive, send):
        assert read == []

    for method, path in (("GET", "/api/v2/connections/test"), ("POST", "/api/v2/dags")):
        asyncio.run(
            plugin.PortlessTest(airflow)({"type": "http", "method": method, "path": path}, receive, None)
        )


def test_a_caller_that_hangs_up_is_passed_on():
    async def receive():
        return {"type": "http.disconnect"}

    async def airflow(scope, receive, send):
        assert await receive() == {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/api/v2/connections/test"}
    asyncio.run(plugin.PortlessTest(airflow)(scope, receive, None))


@pytest.mark.parametrize(
    ("dag", "link"),
    [
        (
            "moodle_results",
            "https://etl.test/below/dags/moodle_results/runs/manual__1/plugin/learning-results-report",
        ),
        ("somebody_elses", ""),
    ],
)
def test_each_task_of_a_flow_links_to_the_report_of_its_run(monkeypatch, dag, link):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://etl.test/below/")
    [found] = plugin.LearningResultsPlugin.global_operator_extra_links
    task = TaskInstanceKey(dag, "batch.land", "manual__1")
    assert found.get_link(None, ti_key=task) == link
