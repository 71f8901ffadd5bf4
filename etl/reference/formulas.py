"""Text that a spreadsheet would run as a formula: exported behind an apostrophe, which import takes away again.

What begins, after any apostrophes, with one of ``STARTS`` gets one more; so each text has one spelling and back.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

STARTS: Final = "=+-@\t\r\n＝＋－＠"


def guarded(column: sql.Composable) -> sql.Composed:
    """The text of ``column`` as it is exported."""
    statement = "case when left(ltrim({0}, ''''), 1) = any({1}) then '''' || {0} else {0} end"
    return sql.SQL(statement).format(column, sql.Literal(list(STARTS)))


def guarded_text(value: str) -> str:
    """The same for one text."""
    return "'" + value if value.lstrip("'")[:1] in tuple(STARTS) else value


def undone(values: pa.Array) -> pa.Array:
    """The text that was meant by ``values`` of a file."""
    if not pc.any(pc.starts_with(values, "'")).as_py():
        return values
    return pc.replace_substring_regex(
        values, rf"\A'('*[{STARTS}])".replace("-", r"\-"), r"\1", max_replacements=1
    )
