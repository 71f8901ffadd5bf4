"""Acknowledged means kept: killed at any point, sent again, from many senders at once."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import Engine

from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import current, golden, night, rejected
from tests.connectors.iep_lvs.school import KEY, rows

FIRST, SECOND = samples()["first_night"], samples()["second_night"]
SERVE = """
import socket, sys
from etl.connectors.registry import mounts
from etl.engine.server import receivers, server
server(receivers(mounts())).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@contextmanager
def receiving_until_killed(url: str, point: str):
    listener = socket.create_server(("127.0.0.1", 0))
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(listener.fileno())],
        pass_fds=[listener.fileno()], env=os.environ | {"WAREHOUSE_URL": url, "ETL_FAILPOINT": point},
    )  # fmt: skip
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/uwlr/leerresultaten"
    listener.close()
    try:
        yield address
        assert process.wait(timeout=30) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@pytest.mark.long
@pytest.mark.parametrize(("point", "kept"), [("iep.before_commit", 0), ("iep.before_acknowledgement", 1)])
def test_killed_before_the_acknowledgement_the_message_is_sent_again_and_kept_once(
    point: str, kept: int, warehouse: str, engine: Engine, iep: Sender
) -> None:
    with receiving_until_killed(warehouse, point) as address, pytest.raises(requests.ConnectionError):
        Sender(address, KEY).send(FIRST)
    assert len(rows(engine, "select * from raw.inbox")) == kept
    assert iep.send(FIRST).taken
    assert iep.send(SECOND).taken
    night(engine)
    assert current(engine) == golden("test_results")
    assert rejected(engine) == golden("rejections")


def test_fifty_senders_at_once_are_all_kept_and_each_once(iep: Sender, engine: Engine) -> None:
    def deliver(number: int) -> bool:
        minute = f"2026-01-13T01:{number % 25:02}:00".encode()
        return iep.send(FIRST.replace(b"2026-01-13T01:05:00", minute)).taken

    with ThreadPoolExecutor(50) as senders:
        assert all(senders.map(deliver, range(50)))
    assert rows(engine, "select (select count(*) from raw.inbox), count(*) from ops.deliveries") == [(25, 50)]
    night(engine)
    assert rows(engine, "select count(*), max(version) from mart.test_results") == [(10, 1)]
