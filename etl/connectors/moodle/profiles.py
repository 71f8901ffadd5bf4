"""How often it is asked who the participants of a course are: ``profile_days`` of the connection."""

from datetime import timedelta
from typing import Annotated, Final

import msgspec

from etl.connections import Connection
from etl.errors import GiveUp

PROFILE_DAYS: Final = 7  # with the weekly sweep
LONGEST_PROFILE_DAYS: Final = 31
_Days = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_PROFILE_DAYS)]


def profile_period(connection: Connection) -> timedelta:
    """After how long it is asked anew, 0: every night. Raises GiveUp where the setting is none."""
    given = connection.extra.get("profile_days")
    if given is None:
        return timedelta(days=PROFILE_DAYS)
    try:
        return timedelta(days=msgspec.convert(given, _Days, strict=False))  # a URI gives numbers as text
    except msgspec.ValidationError:
        where = f"connection {connection.conn_id}"
        raise GiveUp(
            f"{where}: extra profile_days is not a number of days from 0 to {LONGEST_PROFILE_DAYS}"
        ) from None
