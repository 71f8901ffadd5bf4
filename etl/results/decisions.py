"""What each decision of a person says."""

from etl.errors import InvalidInput


def check_reason(by: str, reason: str) -> None:
    """Raises InvalidInput unless it is said who decides and why."""
    if not (by.strip() and reason.strip()):
        raise InvalidInput("say who decides and why")
