"""A whole night over HTTP: calls, bytes and seconds, with the sandbox in the process that started this one."""

from etl import db
from etl.connections import Connection
from etl.flows import moodle_results
from etl.flows.options import Options
from etl.sandbox import accounts
from etl.sandbox.generated_site import Settings
from etl.sandbox.server import serve
from tests.benchmarks.measure import Part, Watch, measured

_COUNTS = """
select coalesce(sum(calls), 0) as calls, coalesce(sum(bytes), 0) as bytes, coalesce(sum(written), 0) as written
from ops.run_steps where run_id = %s
"""


def nights(warehouse: str, settings: Settings) -> dict[str, Part]:
    """The first night, an identical one, and one before which 1 % of the students got a grade."""
    parts: dict[str, Part] = {}
    with serve() as sandbox:
        for night, name in ((0, "first"), (0, "identical"), (1, "1 % changed")):
            sandbox.generated.configure(**vars(settings) | {"night": night})
            parts |= measured(_night, warehouse, sandbox.url, f"over HTTP: {name}", laps=1)
    return parts


def _night(watch: Watch, warehouse: str, sandbox: str, name: str) -> None:
    engine = db.engine(warehouse)
    site = Connection(
        "moodle_generated", "moodle", host=f"{sandbox}/generated", password=accounts.GENERATED_TOKEN
    )
    with watch(name):
        run_id, _ = moodle_results.run(engine, lambda _: site, Options())
    with engine.connect() as session:
        [counts] = session.exec_driver_sql(_COUNTS, (run_id,)).mappings()
    note = f"{counts['calls']:,} calls, {int(counts['bytes']):,} bytes, {counts['written']:,} written"
    watch.count(name, int(counts["calls"]), note)
