"""Words as sentences have them."""


def counted(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``; ``many`` where that is not ``one`` with an s: ``1 row is``, ``2 rows are``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def full_stop(words: str) -> str:
    """``Why.``; what has its full stop, or asks something, stays as it is."""
    return words if words.endswith((".", "?", "!")) else words + "."
