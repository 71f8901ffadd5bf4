"""One running sandbox for all tests here, as new for each of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from etl.sandbox import accounts
from etl.sandbox.server import Sandbox

Ask = Callable[..., Any]


@pytest.fixture(scope="package")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def respond(sandbox: Sandbox, session: requests.Session) -> Callable[..., requests.Response]:
    """Call a web service function: the response as it came."""

    def call(function: str, token: str = accounts.MOODLE_TOKEN, **params: Any) -> requests.Response:
        site = "generated" if token == accounts.GENERATED_TOKEN else "moodle"
        protocol = {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json"}
        url = f"{sandbox.url}/{site}/webservice/rest/server.php"
        return session.post(url, data=protocol | params, timeout=5)

    return call


@pytest.fixture
def ask(respond: Callable[..., requests.Response]) -> Ask:
    """Call a web service function: its answer, parsed."""

    def call(function: str, token: str = accounts.MOODLE_TOKEN, **params: Any) -> Any:
        return respond(function, token, **params).json()

    return call


@pytest.fixture
def control(sandbox: Sandbox, session: requests.Session) -> Callable[..., requests.Response]:
    """Call /control."""

    def call(method: str, path: str, **json: Any) -> requests.Response:
        return session.request(method, f"{sandbox.url}/control/{path}", json=json or None, timeout=5)

    return call
