"""Ports: the usual one, another where it is taken, and what was asked for or nothing."""

import socket
from collections.abc import Iterator

import pytest

from etl.demo.ports import choose_port
from etl.errors import GiveUp
from etl.settings import PORT, Variable

IT_PORT = Variable("IT_PORT", "its port", PORT, None, "the usual one")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_the_usual_port_is_used_where_it_is_free(free: int) -> None:
    assert choose_port("it", free, IT_PORT) == free


def test_another_port_is_taken_instead_and_said(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    port = choose_port("the sandbox", taken, IT_PORT)
    assert port != taken
    assert f"the sandbox gets {port} instead" in capsys.readouterr().out


def test_a_port_that_was_asked_for_is_used(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT_PORT", str(free))
    assert choose_port("it", 1, IT_PORT) == free


@pytest.mark.parametrize("asked", ["eighty", "99999"])
def test_what_is_no_port_is_refused_by_name(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT_PORT", asked)
    with pytest.raises(GiveUp, match="set IT_PORT to another"):
        choose_port("it", 1, IT_PORT)


def test_a_taken_port_that_was_asked_for_is_refused(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT_PORT", str(taken))
    with pytest.raises(GiveUp, match=f"{taken} is taken"):
        choose_port("it", 1, IT_PORT)
