"""Reference data of the administration: check, import and export a folder of CSV files."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from etl import reference
from etl.connectors import registry
from etl.console import airflow_runs, known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.reference import effect

app = typer.Typer(no_args_is_help=True, help=__doc__)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the files, such as clients.csv.")]


@app.command()
def check(directory: Folder) -> None:
    """List every wrong line of the set, exit 1 when there is one; else say what it would change. Imports nothing."""
    with warehouse_engine() as engine:
        found = reference.preview(directory, engine)
    for problem in found.problems:
        typer.echo(problem)
    if not found.problems:
        _show(found.changes)
    for warning in found.warnings:
        _warn(warning)
    typer.echo(f"{len(found.problems)} problems" if found.problems else "The set may be imported.")
    raise typer.Exit(1 if found.problems else 0)


@app.command("import")
def import_command(
    directory: Folder,
    what_would_change: Annotated[
        bool,
        typer.Option(
            "--what-would-change", help="Say how many results, points and competences follow; import nothing."
        ),
    ] = False,
    by: Annotated[str, typer.Option(help="Who imports; by default whoever runs this.")] = "",
) -> None:
    """Make the tables equal to the files: everything, or nothing when any line is wrong."""
    with warehouse_engine() as engine:
        if what_would_change:
            found = effect.what_would_change(
                engine, known_connections.find, lambda trial: reference.import_set(trial, directory)
            )
            typer.echo("\n".join(effect.sentences(found)))
            return
        imported = reference.import_set(engine, directory, _warn, by)
        with engine.connect() as session:
            following = registry.after_import(session)
    _show(imported)
    if any(rows.written or rows.closed for rows in imported.values()):
        for flow in following:
            started = airflow_runs.start(flow)
            typer.echo(
                f"{flow}: {'started in Airflow' if started else 'follows by its clock, where Airflow runs it'}"
            )


@app.command()
def export(directory: Folder) -> None:
    """Write every file of the set, as the warehouse holds it; importing it again changes nothing."""
    with warehouse_engine() as engine:
        exported = reference.export_set(engine, directory)
    for name, count in exported.items():
        typer.echo(f"{name}: {count} rows")


def _show(files: Mapping[str, reference.Changes | reference.Imported]) -> None:
    counted = [{"file": name, **asdict(rows)} for name, rows in files.items()]
    for row in counted:
        del row["taken_over"]  # a warning says it
    tables.show(counted)


def _warn(warning: reference.Problem) -> None:
    typer.echo(f"warning: {warning}", err=True)
