"""The connection to an ILIAS site: its settings, each with what applies where the field is empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from etl import digits
from etl.connections import Connection
from etl.errors import GiveUp

TYPES: Final = "crs,grp,tst,sahs,lm,exc"
MATRICULATION, EXTERNAL_ACCOUNT = "matriculation", "external_account"
_CLIENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TYPE: Final = re.compile(r"[a-z]{2,8}")
_SERVER: Final = "webservice/soap/server.php"


@dataclass(frozen=True)
class IliasAccount:
    """``types``: of the objects that are asked about. ``person_field``: which holds the number of a person.

    ``tests``: the test whose points are the mark of an object, both by reference; what is not among them has no mark.
    ``begin``: the day since which completions count, where it is not all of them.
    """

    conn_id: str
    site: str
    server: str
    client: str
    types: tuple[str, ...]
    person_field: str
    tests: Mapping[str, str]
    begin: date | None


def account(connection: Connection) -> IliasAccount:
    """The settings of a connection. Raises GiveUp, naming the field, where one cannot be used."""
    extra = connection.extra

    def refused(what: str) -> GiveUp:
        return GiveUp(f"connection {connection.conn_id}: {what}")

    client = str(extra.get("client", ""))
    if not _CLIENT.fullmatch(client):
        raise refused("enter the client ID of the site: its login page shows it as client_id")
    types = tuple(part.strip() for part in str(extra.get("types", TYPES)).split(",") if part.strip())
    if not types or not all(map(_TYPE.fullmatch, types)):
        raise refused(f"extra types is not a list of types of objects, such as {TYPES}")
    person_field = str(extra.get("person_field", MATRICULATION))
    if person_field not in (MATRICULATION, EXTERNAL_ACCOUNT):
        raise refused(f"extra person_field is neither {MATRICULATION} nor {EXTERNAL_ACCOUNT}")
    tests = extra.get("tests", {})
    if not isinstance(tests, Mapping) or not all(map(_is_id, (*tests, *tests.values()))):
        raise refused('extra tests is not an object of ids of references, such as {"71": "85"}')
    site, server = _address(connection)
    return IliasAccount(
        connection.conn_id, site, server, client, types, person_field,
        {str(one): str(test) for one, test in tests.items()}, _day(extra.get("begin"), refused),
    )  # fmt: skip


def _address(connection: Connection) -> tuple[str, str]:
    """The site and where its SOAP server is: as entered where that is a program, else where ILIAS has it."""
    site = connection.site()
    if not site.endswith(".php"):
        return site, _SERVER
    folder, _, program = site.rpartition("/")
    return folder, program


def _is_id(value: object) -> bool:
    written = str(value)
    return not isinstance(value, bool) and digits.fault(written) is None


def _day(value: Any, refused: Any) -> date | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise refused("extra begin is not a day of the form YYYY-MM-DD") from None
