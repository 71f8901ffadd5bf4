"""The whole product on this machine, with stand-ins for the outside systems."""

import signal
from types import FrameType
from typing import Annotated

import typer

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the report; the exit code tells the result.")
    ] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Delete all data instead.")] = False,
) -> None:
    """From nothing to a night that ran in Airflow, against stand-ins; then stay up until Ctrl-C.

    Everything is kept in one folder and used again the next time; no program of it is left running.
    """
    from etl.demo import product
    from etl.demo.progress import console
    from etl.errors import EtlError

    for number in _ENDING:
        signal.signal(number, _interrupt)
    try:
        code = product.clean() if clean else product.run(once)
    except EtlError as error:
        console.print(f"✗ {error}", markup=False)
        code = 1
    except KeyboardInterrupt:
        code = 130 if once else 0
    raise typer.Exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)  # what follows is the way down: it is not to be interrupted again
    raise KeyboardInterrupt
