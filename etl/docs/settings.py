"""The table of the environment in README.md: every variable that etl.settings declares."""

from typing import Final

from etl import places
from etl.docs.markdown import cell, table
from etl.settings import VARIABLES, Variable

PAGE: Final = places.ROOT / "README.md"
_BEGIN: Final = "<!-- Made by `etl docs settings` from etl/settings.py. -->"
_END: Final = "<!-- Up to here. -->"


def settings_page() -> str:
    """README.md with the table of the variables that there are."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    made = table(["variable", "what it says", "kind", "if it is not set"], map(_row, VARIABLES))
    return f"{before}{_BEGIN}\n{made}\n{_END}{after}"


def _row(variable: Variable[object]) -> list[str]:
    names = ", ".join(f"`{name}`" for name in variable.name.split(", "))
    read_by = f" (read by {variable.read_by})" if variable.read_by else ""
    return [names, cell(variable.meaning) + read_by, variable.kind.name, cell(variable.unset)]
