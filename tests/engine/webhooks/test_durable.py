"""Whatever the moment, nothing is lost and nothing counts twice: killed receivers, many senders at once."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from etl.connectors.coachview import flow
from etl.engine.options import Options
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.elearning import sender as elearning
from etl.sandbox.elearning.sender import result
from tests.fixtures.webhooks import SECRET, address, receivers, serving

SERVE = """
import socket, sys
from etl.connectors.registry import mounts
from etl.engine.server import receivers, server
server(receivers(mounts())).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""
SENDERS, MESSAGES = 200, 1000


@contextmanager
def receiving_until_killed(url, point):
    listener = socket.create_server(("127.0.0.1", 0))
    secrets = {
        f"AIRFLOW_CONN_{name.upper()}_SECRET": json.dumps({"conn_type": "elearning", "password": SECRET})
        for name in ("academy", "studio")
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(listener.fileno())],
        pass_fds=[listener.fileno()], env=os.environ | secrets | {"WAREHOUSE_URL": url, "ETL_FAILPOINT": point},
    )  # fmt: skip
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    try:
        yield origin
        assert process.wait(timeout=60) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@pytest.mark.long
@pytest.mark.parametrize(("point", "kept"), [("webhooks.before_commit", 0), ("webhooks.before_answer", 1)])
@pytest.mark.parametrize("system", ["academy", "studio"])
def test_killed_before_the_answer_the_message_is_sent_again_and_counts_once(
    system, point, kept, warehouse, filled, rows
):
    def send(origin):
        if system == "academy":
            poster = anewspring.sender(address(origin, "academy"), SECRET)
            return anewspring.send(poster, anewspring.completed("X1", "12", grade=8))
        poster = elearning.sender(address(origin, "studio"), SECRET)
        return elearning.send(poster, result("1001", "V-1", Resultaat="8"))

    with receiving_until_killed(warehouse, point) as origin:
        assert send(origin).status == 0  # no answer, however often it was tried
    assert rows("select count(*) from core.reported_completions") == [(kept,)]
    with serving(receivers(warehouse)) as origin:
        assert send(origin).status == 200
    assert flow.run(filled, None, Options())[1] == "success"
    assert rows("select count(*) from raw.inbox") == [(1,)]
    assert rows("select count(*) from core.reported_completions") == [(1,)]
    assert rows("select result from mart.registrations") == [(8,)]


@pytest.mark.long
def test_a_thousand_messages_of_two_hundred_senders_at_once_are_all_kept_and_each_once(
    warehouse, filled, rows
):
    with filled.begin() as session:
        session.execute(
            text(
                "insert into core.training_requests (request_code, training_code, person_id, external_id, status)"
                " select 'M' || n, 'T', 'p' || n, 'x' || n, 'open' from generate_series(1, :people) as n"
            ),
            {"people": MESSAGES},
        )

    def deliver(number):
        person = number + 1
        if number % 2:
            return elearning.send(
                elearning.sender(address(origin, "studio"), SECRET),
                result(f"p{person}", "V-1", Resultaat="8"),
            ).status
        academy = anewspring.sender(address(origin, "academy"), SECRET)
        said = anewspring.completed(f"x{person}", "12", grade=8)
        return anewspring.send(academy, said, xml=number % 4 == 0).status

    everyone = [
        *range(MESSAGES),
        *range(0, MESSAGES, 5),
    ]  # every fifth comes twice, perhaps at the same moment
    with serving(receivers(warehouse)) as origin, ThreadPoolExecutor(SENDERS) as senders:
        told = Counter(senders.map(deliver, everyone))
    assert told == {200: len(everyone)}
    assert rows("select count(*) from raw.inbox") == [(MESSAGES,)]
    assert rows(
        "select count(*), count(distinct (integration, person_id)) from core.reported_completions"
    ) == [(MESSAGES, MESSAGES)]
    assert rows("select count(*) from ops.deliveries") == [(len(everyone),)]
    assert flow.run(filled, None, Options())[1] == "success"
    assert rows("select count(*) from mart.registrations where result = 8") == [(MESSAGES,)]
