"""A warehouse as the demo fills it, without Airflow: every flow once, a school and senders of messages."""

from threading import Thread

import uvicorn

from etl import db
from etl.connections import from_environment
from etl.connectors import registry
from etl.demo import messages, school
from etl.demo.administration import NEW_ENROLMENTS, SAMPLE_REFERENCE, import_upon
from etl.engine import server
from etl.engine.mounting import Host
from etl.engine.options import Options

# The flows whose results others read go first.
_FLOWS = sorted(registry.FLOWS, key=lambda flow: flow.startswith(("pe_", "coachview_push")))


def receivers():
    """Where messages come in, for the warehouse of the environment."""
    return serving(server.receivers(registry.mounts(), Host(connect=from_environment)))


def fill(warehouse_url):
    """Let the stand-ins, which the environment names, deliver what they have."""
    with receivers() as url:
        school.play(warehouse_url, f"{url}/uwlr/leerresultaten")
        messages.play(url)
    engine = db.engine(warehouse_url)
    import_upon(engine, SAMPLE_REFERENCE, NEW_ENROLMENTS)
    for flow in _FLOWS:
        registry.flow(flow).run(engine, from_environment, Options())
    engine.dispose()


class serving:  # noqa: N801 - used as a block
    """An application on a port of this machine while the block lasts; its address."""

    def __init__(self, app):
        config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off")
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
