"""What Airflow's API server serves besides its own pages."""

import json
import sys
from functools import partial
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.types import TaskInstanceKey

from etl.connections import Connection
from etl.connectors import registry
from etl.connectors.registry import mounts
from etl.engine.connector import Mount
from etl.engine.mounting import Asgi, Host, Mounted, receiver

_TEST = "/api/v2/connections/test"
_LARGEST = 64 * 1024  # bytes of a connection in a test
_MOST_PIECES = 256  # that it comes in


def _receivers() -> list[dict[str, Any]]:
    """The receivers of all connectors, each below its path. Senders have no login here: each checks its own.

    An application is built for its first request: this file runs in every process of Airflow, and a fault in one
    receiver is to stop nothing else.
    """
    return [
        {"app": receiver(mount, _host(mount)), "url_prefix": mount.path, "name": mount.title}
        for mount in mounts()
    ]


def _host(mount: Mount) -> Host:
    return Host(partial(_tell, mount.asset), _connect)


def _pages() -> Asgi:
    """The pages. This file is read by every process of Airflow, and asks for what they need late."""
    from learning_results_pages import application

    return application()


def _tell(asset: str) -> None:
    """Messages came in: the flow that reads them runs soon, and not only in the night.

    What goes wrong here costs nothing but time, since the flow reads the inbox and never this event.
    """
    from airflow.assets.manager import asset_manager
    from airflow.sdk import Asset
    from airflow.serialization.definitions.assets import SerializedAssetUniqueKey
    from airflow.utils.session import create_session

    messages = SerializedAssetUniqueKey.from_asset(Asset(asset))
    with create_session() as session:
        asset_manager.register_asset_change(asset=messages, session=session)


def _connect(conn_id: str) -> Connection:
    """A connection as the tasks find it. This file is read by every process of Airflow, and asks for it late."""
    from learning_results_airflow import connect

    return connect(conn_id)


class PortlessTest:
    """The Test button works for connections without a port.

    Airflow's page sends port 0 for them, and up to 3.3.2 its API takes that for another system than the stored
    one and refuses (apache/airflow, pull request 73298). Goes with the first release that has the correction.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on; in a connection test, port 0 becomes none."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith(_TEST):
            receive = await _without_port_zero(receive)
        await self._app(scope, receive, send)


async def _without_port_zero(receive: Any) -> Any:
    """The same messages; one that is small enough to be a connection, without its port 0.

    Nobody has logged in yet: of anything larger only the beginning was held, and it goes on as it came.
    """
    messages, size = [await receive()], 0
    while (size := size + len(messages[-1].get("body", b""))) <= _LARGEST and messages[-1].get("more_body"):
        if len(messages) == _MOST_PIECES:
            break
        messages.append(await receive())
    if size <= _LARGEST and messages[-1]["type"] == "http.request" and not messages[-1].get("more_body"):
        body = b"".join(message.get("body", b"") for message in messages)
        messages = [{"type": "http.request", "body": _portless(body)}]
    waiting = iter(messages)

    async def replay() -> Any:
        return next(waiting, None) or await receive()

    return replay


def _portless(body: bytes) -> bytes:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return body  # Airflow says what is wrong with it
    if isinstance(asked, dict) and asked.get("port") == 0:
        return json.dumps(asked | {"port": None}).encode()
    return body


_BELOW = "learning-results/pages"  # relative, so that it holds where Airflow is below a prefix
_ICON = f"{_BELOW}/static/icon.svg"


class WhatToDo(BaseOperatorLink):
    """On each task of the flows, red or not: the report of its run, with what to do about each problem."""

    name = "Report: what it met, and what to do"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Asked of the API server for tasks of every DAG; others than ours have no such link."""
        from learning_results_airflow import page_of

        return page_of(ti_key.dag_id, ti_key.run_id) if ti_key.dag_id in registry.FLOWS else ""


class Preloading:
    """Tasks begin with the flows imported: with the LocalExecutor each is forked from a process of the scheduler, which
    imports them once, before it makes those processes. With another executor a task imports its flow itself.
    """

    @hookimpl
    def on_starting(self, component: object) -> None:
        """Airflow calls this in each of its programs, and in each task."""
        if sys.argv[1:2] == ["scheduler"]:
            for flow in registry.FLOWS:
                registry.flow(flow)


class LearningResultsPlugin(AirflowPlugin):
    """The receivers of the connectors, each with a check of its own, and the pages behind Airflow's login."""

    name = "learning_results"
    listeners = [Preloading()]  # noqa: RUF012
    global_operator_extra_links = [WhatToDo()]  # noqa: RUF012
    fastapi_apps = [  # noqa: RUF012
        *_receivers(),
        {"app": Mounted(_pages), "url_prefix": f"/{_BELOW}", "name": "Learning results"},
    ]
    external_views = [  # noqa: RUF012
        {
            "name": "Learning results",
            "href": f"{_BELOW}/tonight",
            "url_route": "learning-results",
            "destination": "nav",
            "icon": _ICON,
        },
        {
            "name": "Report",
            "href": f"{_BELOW}/run?run_id={{RUN_ID}}&flow={{DAG_ID}}",
            "url_route": "learning-results-report",
            "destination": "dag_run",
            "icon": _ICON,
        },
    ]
    fastapi_root_middlewares = [{"middleware": PortlessTest, "name": "Test without a port"}]  # noqa: RUF012
