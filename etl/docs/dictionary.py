"""The data dictionary: the comments of the schema as a page (docs/design.md, Warehouse)."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db, places
from etl.db import embedded, schema
from etl.docs.markdown import cell

PAGE: Final = places.ROOT / "docs" / "data-dictionary.md"
_ABOUT: Final = """# Data dictionary

Made from the comments in the schema by `etl docs dictionary`; do not edit it here.

The views of the schema `mart` are the public interface: columns are added, never renamed or removed. Times are
`timestamptz`, stored in UTC; dates are days in the time zone of the source. The tables behind the views, listed
at the end, may change with any release.
"""
_SCHEMAS: Final = {
    "core": "reference data and results",
    "ops": "runs, rejections and the push ledger",
    "raw": "answers of the sources, as received",
}


def fresh_dictionary() -> str:
    """The page for the newest schema, read from an empty warehouse that is made for it."""
    home = Path(tempfile.mkdtemp(prefix="etl-docs-"))
    home.chmod(0o755)  # as root, the server runs as another user, who has to get in
    try:
        with embedded.running(home, durable=False) as server_url:
            url = embedded.ensure_database(server_url, "dictionary")
            schema.migrate(url)
            engine = db.engine(url)
            with engine.connect() as session:
                page = dictionary(session)
            engine.dispose()
            return page
    finally:
        embedded.remove(home)


def dictionary(session: Session) -> str:
    """The page for the schema of one warehouse."""
    columns = db.rows(session, "docs/dictionary.views")
    tables = db.rows(session, "docs/dictionary.tables")
    return "\n".join([_ABOUT, *_views(columns), *_tables(tables)])


def _views(columns: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for view, group in groupby(columns, itemgetter("view")):
        listed = list(group)
        yield f"## mart.{view}\n\n{listed[0]['about_view']}.\n\n| column | type | what it says |\n|---|---|---|"
        for column in listed:
            yield f"| `{column['column']}` | {column['type']} | {cell(column['about'])} |"
        yield ""


def _tables(tables: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for name, group in groupby(tables, itemgetter("schema")):
        yield f"## Tables of {name}: {_SCHEMAS[name]}\n\n| table | what it holds |\n|---|---|"
        for table in group:
            yield f"| `{name}.{table['table']}` | {cell(table['about'])} |"
        yield ""
