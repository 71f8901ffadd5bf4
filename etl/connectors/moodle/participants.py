"""Moodle's lists of participants as a table (docs/connectors/moodle.md)."""

from collections.abc import Sequence
from operator import attrgetter

import msgspec
import numpy as np
import pandas as pd
from msgspec import Raw

from etl.engine.decoding import Decoded, Epoch, Id, Rejects, Text, each, outlined, whole


class _Role(msgspec.Struct, gc=False):
    """A role of a participant."""

    shortname: Text


class _User(msgspec.Struct):
    """A participant; only the fields that were asked for, and that the service account may see, are there."""

    id: Id
    idnumber: Text | None = None
    username: Text | None = None
    email: Text | None = None
    firstname: Text | None = None
    lastname: Text | None = None
    roles: list[_Role] | None = None
    lastcourseaccess: Epoch | None = None


_users = msgspec.json.Decoder(list[_User])
_rows = msgspec.json.Decoder(list[Raw])
_user = msgspec.json.Decoder(_User)
# The columns of text, and what they are called in an answer.
_TEXTS = {
    "idnumber": "idnumber",
    "username": "username",
    "email": "email",
    "given_name": "firstname",
    "surname": "lastname",
}


class ParticipantLists:
    """Takes in lists of participants one after another, for who they are; ``table`` is one of all of them: a frame for
    each would take longer than decoding it.
    """

    def __init__(self) -> None:
        self._users: list[_User] = []
        self._sizes: list[int] = []

    def __len__(self) -> int:
        return len(self._users)

    def add(self, body: bytes) -> pd.DataFrame:
        """Take in a list; returns its rows that cannot be read."""
        users, rejected = _decoded(body)
        self._users += users
        self._sizes.append(len(users))
        return rejected

    def table(self) -> pd.DataFrame:
        """Who they are (see decode_enrolled_users); ``list`` is the position of the list of which a row is."""
        return _profiles(self._users).assign(list=np.repeat(np.arange(len(self._sizes)), self._sizes))


def decode_enrolled_users(body: bytes) -> Decoded:
    """user_id, idnumber, username, email, given_name, surname, roles ("a,b"), is_student, last_course_access.

    Text that was not asked for or not shown is missing. last_course_access is epoch seconds, 0 = never,
    -1 = not in the answer.
    """
    users, rejected = _decoded(body)
    roles = [None if user.roles is None else [role.shortname for role in user.roles] for user in users]
    access = [-1 if user.lastcourseaccess is None else user.lastcourseaccess for user in users]
    frame = _profiles(users).assign(
        roles=pd.Series([None if names is None else ",".join(names) for names in roles], dtype="str"),
        is_student=np.array(["student" in (names or ()) for names in roles], dtype=bool),
        last_course_access=np.array(access, dtype=np.int64),
    )
    return Decoded(frame, None, rejected)


def _decoded(body: bytes) -> tuple[list[_User], pd.DataFrame]:
    """The participants of a list, and its rows that cannot be read."""
    rejects = Rejects()
    users = whole(body, _users)
    if users is None:
        rows = outlined(body, _rows, "participants", rejects)
        users = list(each(rows or [], _user, rejects, "user"))
    return users, rejects.frame()


def _profiles(users: Sequence[_User]) -> pd.DataFrame:
    """user_id and the texts."""
    texts = {name: list(map(attrgetter(theirs), users)) for name, theirs in _TEXTS.items()}
    return pd.DataFrame(
        {
            "user_id": np.array([user.id for user in users], dtype=np.int64),
            **{name: pd.Series(values, dtype="str") for name, values in texts.items()},
        }
    )
