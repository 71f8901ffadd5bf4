"""Pages that are made from the product itself."""

from pathlib import Path
from typing import Annotated

import typer

from etl import places
from etl.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help=__doc__)

Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when the page is old.")]


@app.callback()
def _in_a_clone() -> None:
    if not places.IS_CLONE:
        raise InvalidInput("pages are written in a clone of the repository; this is an installed package")


@app.command()
def dictionary(check: Check = False) -> None:
    """Write docs/data-dictionary.md from the comments in the schema."""
    from etl.docs.dictionary import PAGE, fresh_dictionary

    _bring_up_to_date(PAGE, fresh_dictionary(), "dictionary", check)


@app.command()
def connectors(check: Check = False) -> None:
    """Write docs/connectors/README.md from the list of connectors."""
    from etl.docs.connectors import PAGE, connectors_page

    _bring_up_to_date(PAGE, connectors_page(), "connectors", check)


@app.command("reference-files")
def reference_files(check: Check = False) -> None:
    """Write the list of files in docs/reference-files.md from what is checked at import."""
    from etl.docs.reference_files import PAGE, reference_files_page

    _bring_up_to_date(PAGE, reference_files_page(), "reference-files", check)


@app.command()
def settings(check: Check = False) -> None:
    """Write the table of the environment in README.md from the list of variables."""
    from etl.docs.settings import PAGE, settings_page

    _bring_up_to_date(PAGE, settings_page(), "settings", check)


def _bring_up_to_date(page: Path, text: str, command: str, check: bool) -> None:
    if not check:
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    elif not page.is_file() or page.read_text(encoding="utf-8") != text:
        typer.echo(f"{page.name} is not what the product says: run `etl docs {command}`", err=True)
        raise typer.Exit(1)
