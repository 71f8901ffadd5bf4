"""People in Moodle: what changed of whoever was transferred, and having it sent."""

import typer

from etl.connectors.moodle.writing import asked
from etl.connectors.moodle.writing.enrolment_commands import AtMost, StopAfter, check, send
from etl.connectors.moodle.writing.preview import Line, WouldSend
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.settings import written_sites
from etl.connectors.moodle.writing.targets import CHANGES
from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.engine import ledger

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def preview() -> None:
    """Print exactly which fields would be changed, and write nothing. It holds names and addresses."""
    lines: list[Line] = []
    with warehouse_engine() as engine, engine.connect() as session:
        asked.refresh_all(session)
        for site in written_sites(session):
            lines += WouldSend.read(session, site).of_people()
        session.rollback()
    tables.show(lines, "nothing would be sent")


@app.command()
def sync(stop_after: StopAfter = None, at_most: AtMost = None) -> None:
    """Send what changed of people whose account is known, and nothing else."""
    with warehouse_engine() as engine:
        pushing = Pushing(at_most, stop_after, only=(CHANGES,))
        with engine.begin() as session:
            asked.refresh_all(session)
            items = {
                site.source: frozenset(one.item_id for one in ledger.due(session, CHANGES, site.source))
                for site in written_sites(session)
            }
            items = {source: due for source, due in items.items() if due}
            check(session, items, pushing)
        send(engine, items, pushing)
