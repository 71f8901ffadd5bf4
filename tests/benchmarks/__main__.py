"""Run the benchmarks, or those that are named: python -m tests.benchmarks [moodle ...]."""

import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console


def main(names: list[str]) -> None:
    """Each bench_<name>.py in turn: its tables, and a line for each figure in .state/bench."""
    console = Console()
    for name in names or sorted(
        path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
    ):
        console.print(f"Measuring {name} ...")
        report = import_module(f"tests.benchmarks.bench_{name}").bench()
        report.show(console)
        console.print(f"Added to {report.save()}")


if __name__ == "__main__":
    main(sys.argv[1:])
