"""Numbers on the command line: plain digits, never what Python would make of 1_0 or of a sign."""

import typer

from etl import digits


def whole(value: str) -> int:
    """An id or a count as a person types it."""
    if reason := digits.fault(value):
        raise typer.BadParameter(reason)
    return int(value)
