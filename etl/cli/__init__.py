"""The command ``etl``: the same functions as the DAGs, for people and scripts."""

import sys
from typing import Annotated

import typer

from etl import __version__, settings
from etl.cli import (
    audit,
    check,
    competences,
    completions,
    database,
    demo,
    docs,
    erase,
    hooks,
    mapping,
    pages,
    path,
    person,
    pools,
    reference,
    rejections,
    report,
    review,
    run,
    sandbox,
    serve,
    why,
)
from etl.connectors.registry import CONNECTORS
from etl.engine.connector import load
from etl.errors import EtlError
from etl.http import unanswered

_typer = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"etl {__version__}")
        raise typer.Exit


@_typer.callback()
def _before_any_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    settings.check()


_typer.add_typer(competences.app, name="competences")
_typer.add_typer(completions.app, name="completions")
_typer.add_typer(database.app, name="db")
_typer.add_typer(docs.app, name="docs")
_typer.add_typer(erase.app, name="erase")
_typer.add_typer(hooks.app, name="hooks")
_typer.add_typer(mapping.app, name="mapping")
_typer.add_typer(why.app, name="why")
_typer.add_typer(reference.app, name="reference")
_typer.add_typer(rejections.app, name="rejections")
_typer.add_typer(review.app, name="review")
_typer.command("audit")(audit.audit)
_typer.command("check")(check.check)
_typer.command("demo")(demo.demo)
_typer.command("pages")(pages.pages)
_typer.command("path")(path.path)
_typer.command("person")(person.person)
_typer.command("pools")(pools.pools)
_typer.command("report")(report.report)
_typer.command("run")(run.run)
_typer.command("serve")(serve.serve)
_typer.add_typer(sandbox.app, name="sandbox")
for _connector in CONNECTORS:
    for _name, _commands in _connector.commands.items():
        _typer.add_typer(load(_commands), name=_name)


def app() -> None:
    """Run the command; what a person can do something about is one clear line, not a traceback."""
    try:
        _typer()
    except EtlError as problem:
        sys.exit(f"etl: {problem}")
    except OSError as problem:  # a file of the command line, or an address on it
        named = f"{problem.filename}: {problem.strerror}" if problem.filename else None
        sys.exit(f"etl: {named or unanswered.why(problem, '').said}")
