"""Connections to outside systems, defined once for Airflow and for the command line.

Airflow reads ``AIRFLOW_CONN_<ID>`` as JSON or as a URI; so does this module, which must work without Airflow.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from etl import digits, settings
from etl.errors import ConnectionMissing, GiveUp
from etl.http import addresses

_TYPE: Final = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)
_PROTOCOL: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FIELDS: Final = frozenset(
    {"conn_type", "description", "host", "login", "password", "schema", "port", "extra"}
)


@dataclass(frozen=True)
class Connection:
    """One outside system as its administrator defined it. The password never shows in a repr."""

    conn_id: str
    conn_type: str
    host: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    port: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def site(self) -> str:
        """The address without a trailing slash: https, unless it says otherwise. Raises GiveUp when it is none."""
        return self._address(addresses.of_site)

    def store(self) -> str:
        """The address of a folder or a store, or else of a web site. Raises GiveUp when it is none."""
        return self._address(addresses.of_store)

    def _address(self, build: Callable[[str, str, int | None], str]) -> str:
        try:
            return build(self.host, self.schema, self.port)
        except ValueError as reason:
            raise GiveUp(f"connection {self.conn_id}: {reason}") from None


@dataclass(frozen=True)
class CheckReport:
    """What the test of a connection found. ``ok``: it does what it is used for; ``lines``: for a person."""

    ok: bool
    lines: list[str]


def entered(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were made: a field that was left empty in a form is none."""
    return {name: value for name, value in extra.items() if value not in (None, "")}


def from_environment(conn_id: str) -> Connection:
    """Read ``AIRFLOW_CONN_<ID>`` (JSON or URI form). Raises ConnectionMissing, or GiveUp where it is not readable."""
    variable = settings.connection(conn_id)
    name, value = variable.name, variable.written()
    if not value:
        raise ConnectionMissing(f"connection {conn_id} is not defined: set {name} or add it in Airflow")
    try:
        return _from_json(conn_id, value) if value.startswith("{") else _from_uri(conn_id, value)
    except _Unreadable as reason:
        raise GiveUp(f"connection {conn_id}: {name}: {reason}") from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise GiveUp(f"connection {conn_id}: {name} is neither valid JSON nor a valid URI") from None


class _Unreadable(Exception):  # noqa: N818 - the reason is for a person
    """What is wrong with a part of a connection."""


def _from_json(conn_id: str, value: str) -> Connection:
    data = json.loads(value)
    if not data.keys() <= _FIELDS:
        raise _Unreadable(
            f"it has a field that no connection has; those of one are {', '.join(sorted(_FIELDS))}"
        )
    extra = data.get("extra") or {}
    return Connection(
        conn_id=conn_id,
        conn_type=_type(_text(data, "conn_type")),
        host=_text(data, "host"),
        login=_text(data, "login"),
        password=_text(data, "password"),
        schema=_text(data, "schema"),
        port=_port(data.get("port")),
        extra=entered(json.loads(extra) if isinstance(extra, str) else extra),
    )


def _from_uri(conn_id: str, value: str) -> Connection:
    """Airflow writes a host that has a scheme of its own as ``elearning://https://:token@host``."""
    kind, separator, rest = value.partition("://")
    protocol = match[0] if (match := _PROTOCOL.match(rest)) else ""
    if not separator:
        raise ValueError
    if "://" in rest.removeprefix(protocol):
        raise _Unreadable(":// stands in it at a place that no URI has (in a value it is written %3A%2F%2F)")
    if not _TYPE.fullmatch(kind):
        raise _Unreadable("the type before :// has letters, digits and hyphens only, such as elearning")
    parts = urlsplit(f"//{rest.removeprefix(protocol)}")
    if parts.fragment:
        raise _Unreadable("it holds a #, behind which nothing would be read (in a value it is written %23)")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Connection(
        conn_id=conn_id,
        conn_type=_type(kind.lower()),
        host=_host(protocol.lower(), parts),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=unquote(parts.path[1:]),
        port=_port_of(parts),
        extra=entered(json.loads(query.pop("__extra__")) if "__extra__" in query else query),
    )


def _type(name: str) -> str:
    return name.replace("-", "_")


def _text(data: Mapping[str, object], name: str) -> str:
    given = data.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise _Unreadable(f"{name} must be text, in quotes")
    return given


def _port(given: object) -> int | None:
    """A port of JSON, a number or its digits; none where the field is empty."""
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int | str) or digits.fault(str(given)):
        raise _Unreadable("the port is not a whole number")
    return int(given)


def _port_of(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _Unreadable("the port is no number from 1 to 65535") from None


def _host(protocol: str, parts: SplitResult) -> str:
    host = unquote(parts.hostname or "")
    if "/" in host:
        # With a path in it, its case counts; the parsed name is in lower case.
        host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
    return host and protocol + host
