"""``make run``: from nothing to a night that ran in Airflow, then stay up until Ctrl-C.

Everything is kept in .state and used again by the next run; no program of it is left running.
"""

import argparse
import signal
import sys
from types import FrameType

from etl import settings
from etl.db import embedded
from etl.demo import product
from etl.demo.progress import console
from etl.errors import EtlError

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run the product until Ctrl-C, or with --once until the report is printed."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument(
        "--once", action="store_true", help="end after the report; the exit code tells the result"
    )
    parser.add_argument("--clean", action="store_true", help="delete all data instead")
    options = parser.parse_args()
    for number in _ENDING:
        signal.signal(number, _interrupt)
    try:
        code = _clean() if options.clean else product.run(options.once)
    except EtlError as error:
        console.print(f"✗ {error}", markup=False)
        code = 1
    except KeyboardInterrupt:
        code = 130 if options.once else 0
    sys.exit(code)


def _clean() -> int:
    embedded.remove(settings.postgres_home())
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)  # what follows is the way down: it is not to be interrupted again
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
