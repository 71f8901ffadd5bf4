"""Whose is which part of Moodle's answers."""

from typing import Final

from etl.connectors.moodle.landed import ACCESS, COMPLETION, GRADES, USER_GRADES, USERS
from etl.engine.people import ACCOUNT, CLIENT, JsonPeople

PEOPLE: Final = JsonPeople(
    lists={USERS: "", ACCESS: "", GRADES: "usergrades", USER_GRADES: "usergrades"},
    fields={"id": ACCOUNT, "userid": ACCOUNT, "idnumber": CLIENT, "useridnumber": CLIENT},
    keyed=frozenset({USER_GRADES, COMPLETION}),
)
