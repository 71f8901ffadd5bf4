"""Parts of pages in Markdown."""

import html
import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(
        [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(re.sub(" +", " ", line) for line in lines)]
    )


def cell(text: str | None) -> str:
    """Plain text as it may stand in a table."""
    return html.escape(text or "", quote=False).replace("|", "\\|").replace("\n", " ")


def anchor(heading: str) -> str:
    """By which a link finds a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
