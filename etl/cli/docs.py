"""Pages that are made from the product itself."""

from typing import Annotated

import typer

from etl.docs import dictionary as pages

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def _more_pages_may_follow() -> None:
    """Keep ``dictionary`` a command of its own: typer drops the name of an only command."""


@app.command()
def dictionary(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when the page is old.")
    ] = False,
) -> None:
    """Write docs/data-dictionary.md from the comments in the schema."""
    page = pages.fresh_dictionary()
    if not check:
        pages.PAGE.parent.mkdir(exist_ok=True)
        pages.PAGE.write_text(page, encoding="utf-8")
    elif not pages.PAGE.is_file() or pages.PAGE.read_text(encoding="utf-8") != page:
        typer.echo(f"{pages.PAGE.name} is not what the schema says: run `etl docs dictionary`", err=True)
        raise typer.Exit(1)
