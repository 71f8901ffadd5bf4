"""Run the benchmarks, or those that are named: python -m tests.benchmarks [--page] [moodle airflow scale=1000 ...].

With --page docs/performance.md is written anew; of what is not measured now it shows the last run.
"""

import sys
from collections.abc import Set
from importlib import import_module
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.benchmarks import page

_COLUMNS: Final = 160
_ON_REQUEST: Final = {"airflow", "erase", "scale", "standing"}  # take minutes


def main(names: list[str]) -> None:
    """Each bench_<name>.py in turn: its tables, and a line for each figure in .state/bench."""
    # Into a file as well as onto a screen: at the 80 columns of no terminal, tables are columns of single letters.
    console = Console(width=None if sys.stdout.isatty() else _COLUMNS)
    present = {path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")}
    wanted = [_asked(given, present) for given in names or sorted(present - _ON_REQUEST)]
    for name, sizes in wanted:
        console.print(f"Measuring {name} ...")
        report = import_module(f"tests.benchmarks.bench_{name}").bench(*sizes)
        report.show(console)
        console.print(f"Added to {report.save()}")


def _asked(given: str, present: Set[str]) -> tuple[str, list[int]]:
    """A benchmark and its sizes; refused before anything is measured, which may take long."""
    name, _, sizes = given.partition("=")
    try:
        numbers = [int(size) for size in sizes.split(",") if size]
    except ValueError:
        sys.exit(f"{given}: the size is no whole number")
    if name not in present:
        sys.exit(f"{name}: there is no such benchmark, but {', '.join(sorted(present))}")
    return name, numbers


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name != "--page"])
    if "--page" in sys.argv:
        print(f"Wrote {page.write()}")
