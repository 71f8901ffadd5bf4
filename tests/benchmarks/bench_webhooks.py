"""Signed messages: 2,000 of aNewSpring and of the generic kind through their receivers, beside a bare application."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etl import db
from etl.connectors.coachview import flow
from etl.db import embedded, schema
from etl.engine.mounting import Asgi
from etl.engine.options import Options
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.elearning.sender import result
from etl.sandbox.posting import Poster
from tests.benchmarks.measure import Report, Watch, measured
from tests.fixtures.webhooks import HASHES, SECRET, address, fill, receivers

MESSAGES: Final = 2_000
_AT_ONCE: Final = 50
_FLOOR: Final = "bare application"
_KINDS: Final[dict[str, tuple[str, Callable[[int], bytes]]]] = {
    "aNewSpring, JSON": (
        "academy", lambda n: anewspring.as_json(anewspring.completed(f"x{n}", "12", grade=8))
    ),
    "generic message": ("studio", lambda n: result(f"p{n}", "V-1", Resultaat="8")),
}  # fmt: skip


def bench(messages: int = MESSAGES) -> Report:
    """Measure in a warehouse of its own; applications are called as a server would, without the network."""
    report = Report(
        "webhooks", f"{messages:,} signed messages of each kind, {_AT_ONCE} at once, then derived"
    )
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres") as server_url:
            url = embedded.ensure_database(server_url, "webhooks")
            schema.migrate(url)
            report.add(measured(_stage, url, messages, laps=1))
    floor = report.parts[_FLOOR].cpu_seconds
    for kind in _KINDS:
        seconds = report.parts[kind].cpu_seconds
        report.goal(f"{kind}: times the processor time of the bare application", seconds / floor, at_most=150)
        report.goal(f"{kind}: messages/s of own processor time", messages / seconds, at_least=300)
    report.goal("rows that a second run writes", report.parts["derive again"].rows, at_most=0)
    return report


def _stage(watch: Watch, url: str, messages: int) -> None:
    with _filled(url, messages) as engine:
        app = receivers(url)
        for kind, (integration, body) in _KINDS.items():
            bodies = [body(number) for number in range(messages)]
            _deliver(watch, kind, app, integration, bodies, engine)
        _deliver(watch, _FLOOR, _bare(), "studio", bodies, None)
        for part in ("derive", "derive again"):
            with watch(part, database=engine):
                run_id, _ = flow.run(engine, _no_connection, Options())
            watch.count(part, _written(engine, run_id))


def _deliver(
    watch: Watch, part: str, app: Asgi, integration: str, bodies: Sequence[bytes], engine: Engine | None
) -> None:
    signer = Poster("", SECRET, HASHES[integration], lambda _: False, 1, 1.0)
    signed = [(body, signer.signature(body)) for body in bodies]
    with watch(part, database=engine):
        statuses = asyncio.run(_posted(app, address("", integration), signed))
    assert set(statuses) == {200}
    watch.count(part, len(bodies), f"{len(bodies) / watch.parts[part].seconds:,.0f} messages/s")


async def _posted(app: Asgi, path: str, signed: Sequence[tuple[bytes, str]]) -> list[int]:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(body: bytes, signature: str) -> int:
        async with room:
            return await _answer(app, path, body, signature)

    return await asyncio.gather(*(one(*each) for each in signed))


async def _answer(app: Asgi, path: str, body: bytes, signature: str) -> int:
    headers = [(b"content-type", b"text/xml"), (b"x-webhook-signature", signature.encode())]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": headers, "scheme": "http", "server": ("bench", 80), "client": ("::1", 1),
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    await app(scope, receive, send)
    return statuses[0]


def _bare() -> Starlette:
    async def take(request: Request) -> Response:
        await request.body()
        return Response("registered")

    return Starlette(routes=[Route("/{integration:path}", take, methods=["POST"])])


@contextmanager
def _filled(url: str, people: int) -> Iterator[Engine]:
    engine = db.engine(url)
    fill(engine)
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.training_requests (request_code, training_code, person_id, external_id, status)"
            " select 'M' || n, 'T', 'p' || n, 'x' || n, 'open' from generate_series(0, %s) as n",
            (people,),
        )
    yield engine
    engine.dispose()


def _written(engine: Engine, run_id: str) -> int:
    with engine.connect() as session:
        statement = "select coalesce(sum(written), 0) from ops.run_steps where run_id = %s"
        return int(session.exec_driver_sql(statement, (run_id,)).scalar_one())


def _no_connection(conn_id: str) -> None:
    raise AssertionError(conn_id)
