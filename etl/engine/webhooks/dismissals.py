"""Messages that cannot be used, and of which a person says that nothing is to be done about them."""

from collections.abc import Sequence

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput


def dismiss(session: Session, messages: Sequence[int], by: str, reason: str) -> None:
    """Keep who said so and why; the next run lists them no more, nor those of the same person and course before them.

    A later message is listed again. All are dismissed or, with InvalidInput, none.
    """
    said = {"messages": list(messages), "by": by, "reason": reason}
    done = {row["message_id"] for row in db.rows(session, "engine/webhooks.dismiss", **said)}
    if missing := sorted(set(messages) - done):
        raise InvalidInput(
            f"message {missing[0]}: there is no such message that cannot be used, or it is dismissed already:"
            " `etl hooks unusable` shows them"
        )
