"""People in Moodle: what changed of whoever was transferred, and having it sent."""

import typer

from etl.connectors.moodle.writing import transfers
from etl.connectors.moodle.writing.enrolment_commands import AtMost, StopAfter, progress, show
from etl.connectors.moodle.writing.push import Pushing
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def preview() -> None:
    """Print exactly which fields would be changed, and write nothing. It holds names and addresses."""
    with warehouse_engine() as engine:
        lines = transfers.preview_people(engine)
    tables.show(lines, "nothing would be sent")


@app.command()
def sync(stop_after: StopAfter = None, at_most: AtMost = None) -> None:
    """Send what changed of people whose account is known, and nothing else."""
    with warehouse_engine() as engine:
        pushing = Pushing(at_most, stop_after)
        show(transfers.sync_people(engine, known_connections.find, pushing, progress))
