"""Says what is going on, on a terminal and in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)
_SECONDS_BETWEEN_LINES = 15


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """A step of the work: announced, kept alive by what it reports, and closed with the time that it took."""
    started = time.monotonic()
    spoken = started

    with console.status(title) as status:

        def report(detail: str) -> None:
            nonlocal spoken
            status.update(f"{title}: {detail}")
            if not console.is_terminal and time.monotonic() - spoken >= _SECONDS_BETWEEN_LINES:
                spoken = time.monotonic()
                console.print(f"  {title}: {detail}")

        if not console.is_terminal:
            console.print(f"{title} ...")
        yield report
    console.print(f"[green]✓[/] {title} ({time.monotonic() - started:.0f} s)")
