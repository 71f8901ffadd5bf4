"""Run a flow without Airflow."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from etl.cli.report import render
from etl.connectors import registry
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.engine.options import read_options
from etl.load.report import read_report


def run(
    flow: Annotated[str, typer.Argument(help=f"One of: {', '.join(registry.FLOWS)}")],
    first: Annotated[
        str | None, typer.Option("--from", help="First night (UTC day) to derive again.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last night (UTC day) to derive again.")] = None,
    course: Annotated[list[str] | None, typer.Option(help="Only this course; repeat for more.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Ask and derive everything, changed or not.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write no result and send nothing.")] = False,
) -> None:
    """Run FLOW now; prints what it did, or would do, and its id and status; exits 1 unless it is a success."""
    registry.check_options(flow, courses=bool(course), nights=bool(first or last))
    given = {"from": first, "to": last, "courses": course, "full": full, "dry_run": dry_run}
    options = read_options(given, None, datetime.now(UTC))
    with warehouse_engine() as engine:
        run_id, status = registry.flow(flow).run(engine, known_connections.find, options)
        render(read_report(engine, run_id, registry.sentence), tables.console())
    typer.echo(f"{flow} {run_id}: {status}")
    sys.exit(0 if status == "success" else 1)
