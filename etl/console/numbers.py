"""Numbers on the command line: plain digits, never what Python would make of 1_0 or of a sign."""

import typer

from etl import digits


def whole(value: str | int) -> int:
    """An id or a count as a person types it, or the default that typer hands through here too."""
    if reason := digits.fault(str(value)):
        raise typer.BadParameter(reason)
    return int(value)
