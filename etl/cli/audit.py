"""What people changed: who, when, through what, before and after."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from etl.console import tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.load import audit as changes_of_people


def audit(
    who: Annotated[str | None, typer.Option(help="Only by this person.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this table, such as activity_links.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this moment on (UTC).")] = None,
    last: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many, the newest first.")] = 50,
) -> None:
    """Show what people changed by pages, commands and imports, newest first; ids only, no names."""
    begin = since.replace(tzinfo=UTC) if since else None
    with warehouse_engine() as engine, engine.connect() as session:
        found = changes_of_people.changes(session, who, table, begin, last)
    tables.show([_written(row) for row in found], "nobody has changed anything")


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **{name: _values(row[name] or {}) for name in ("key", "before", "after")}}


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={'' if value is None else value}" for name, value in values.items())
