"""Reference data of the administration: check, import and export a folder of CSV files."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from etl import reference
from etl.connectors import registry
from etl.console import airflow_runs, known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.errors import InvalidInput
from etl.load import audit
from etl.reference import effect, entering
from etl.words import counted

app = typer.Typer(no_args_is_help=True, help=__doc__)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the files, such as clients.csv.")]
Name = Annotated[str, typer.Argument(metavar="FILE", help="File without its ending, such as accreditations.")]
Columns = Annotated[
    list[str],
    typer.Argument(metavar="COLUMN=VALUE...", help="What the row says; nothing after the = empties it."),
]
Key = Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE...", help="The key of the row.")]
By = Annotated[str, typer.Option(help="Who decides; by default whoever runs this.")]
Trial = Annotated[
    bool,
    typer.Option(
        "--what-would-change", help="Say how many results, points and competences follow; change nothing."
    ),
]


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
    typer.echo(counted(len(found.problems), "problem") if found.problems else "The set may be imported.")
    raise typer.Exit(1 if found.problems else 0)


@app.command("import")
def import_command(
    directory: Folder,
    what_would_change: Trial = False,
    by: By = "",
) -> None:
    """Make the tables equal to the files: everything, or nothing when any line is wrong."""
    with warehouse_engine() as engine:
        if _tried(engine, lambda trial: reference.import_set(trial, directory), what_would_change):
            return
        imported = reference.import_set(engine, directory, _warn, by)
        _show(imported)
        if any(rows.written or rows.closed for rows in imported.values()):
            _set_off(engine)


@app.command()
def enter(name: Name, columns: Columns, by: By = "", what_would_change: Trial = False) -> None:
    """Enter one row of a FILE, or change the one of its key: columns that are not named stay as they are.

    Put it into the file too: an import that does not state it takes it away again.
    """
    file, said = entering.file_named(name), _said(columns)
    with warehouse_engine() as engine:
        with engine.connect() as session:
            row = {**(entering.standing(session, file, said) or {}), **said}

        def change(at: Engine) -> bool:
            done = entering.enter(at, file, row, by or audit.user())
            for doubt in done.doubts:
                typer.echo(f"warning: {doubt}", err=True)
            return done.written

        if _tried(engine, change, what_would_change):
            return
        written = change(engine)
        typer.echo("1 row written" if written else "the row stands as it is")
        if written:
            _set_off(engine)


@app.command()
def remove(name: Name, key: Key, by: By = "", what_would_change: Trial = False) -> None:
    """Have one row of a FILE, by its key, stand no more; what followed from it stays.

    Take it out of the file too: an import that states it brings it back.
    """
    file, said = entering.file_named(name), _said(key)

    def change(at: Engine) -> None:
        entering.remove(at, file, said, by or audit.user())

    with warehouse_engine() as engine:
        if not _tried(engine, change, what_would_change):
            change(engine)
            typer.echo("1 row removed")
            _set_off(engine)


@app.command()
def export(directory: Folder) -> None:
    """Write every file of the set, as the warehouse holds it; importing it again changes nothing."""
    with warehouse_engine() as engine:
        exported = reference.export_set(engine, directory)
    for name, count in exported.items():
        typer.echo(f"{name}: {counted(count, 'row')}")


def _said(columns: list[str]) -> dict[str, str]:
    if unclear := [one for one in columns if "=" not in one]:
        raise InvalidInput(f"argument {columns.index(unclear[0]) + 1}: say it as COLUMN=VALUE")
    return dict(one.split("=", 1) for one in columns)


def _tried(engine: Engine, change: Callable[[Engine], object], only_tried: bool) -> bool:
    if only_tried:
        found = effect.what_would_change(engine, known_connections.find, change)
        typer.echo("\n".join(effect.sentences(found)))
    return only_tried


def _set_off(engine: Engine) -> None:
    """Have what follows new reference data started."""
    with engine.connect() as session:
        following = registry.after_import(session)
    for flow in following:
        started = airflow_runs.start(flow)
        typer.echo(
            f"{flow}: {'started in Airflow' if started else 'follows by its clock, where Airflow runs it'}"
        )


def _show(files: Mapping[str, reference.Changes | reference.Imported]) -> None:
    counted = [{"file": name, **asdict(rows)} for name, rows in files.items()]
    for row in counted:
        del row["taken_over"]  # a warning says it
    tables.show(counted)


def _warn(warning: reference.Problem) -> None:
    typer.echo(f"warning: {warning}", err=True)
