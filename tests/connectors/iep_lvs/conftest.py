"""A receiver on a real port, a school with a link and pupils, and IEP LVS on the other side."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Thread

import pytest
import uvicorn
from sqlalchemy import Engine, text

from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.app import create_app
from etl.connectors.iep_lvs.links import LinkTerms
from etl.sandbox.iep_lvs.sender import Sender
from tests.connectors.iep_lvs.school import KEY, PUPILS


@contextmanager
def serving(url: str) -> Iterator[str]:
    """The receiver's address while the block lasts."""
    server = uvicorn.Server(uvicorn.Config(create_app(url), log_level="warning", lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)  # callers that come early wait
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/leerresultaten"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def school(engine: Engine) -> str:
    """School 99QQ00 with pupils and an active link."""
    with engine.begin() as session:
        for client_code, numbers in PUPILS.items():
            session.execute(text("insert into core.clients (client_code) values (:c)"), {"c": client_code})
            for scheme, value in numbers.items():
                session.execute(
                    text("insert into core.client_numbers (client_code, scheme, value) values (:c, :s, :v)"),
                    {"c": client_code, "s": scheme, "v": value},
                )
        terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
        return links.activate(session, KEY, "Bureau ICE", "BUREAUICE", terms, "beheer")


@pytest.fixture
def receiver(warehouse: str, school: str) -> Iterator[str]:
    with serving(warehouse) as address:
        yield address


@pytest.fixture
def iep(receiver: str) -> Sender:
    return Sender(receiver, KEY)


@pytest.fixture
def source(engine: Engine, school: str) -> str:
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.sources (source, system, connection_id, timezone) "
            "values ('iep_lvs', 'iep_lvs', 'iep_drop', 'Europe/Amsterdam')"
        )
    return "iep_lvs"
