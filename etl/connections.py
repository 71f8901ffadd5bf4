"""Connections to outside systems, defined once for Airflow and for the command line.

Airflow reads ``AIRFLOW_CONN_<ID>`` as JSON or as a URI; so does this module, which must work without Airflow.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from etl.errors import GiveUp

_PROTOCOL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")


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

    @property
    def base_url(self) -> str:
        """The address without a trailing slash: https, unless the host names a scheme or is a folder."""
        complete = "://" in self.host or self.host.startswith("/")
        address = self.host if complete else f"{self.schema or 'https'}://{self.host}"
        return address.rstrip("/") + (f":{self.port}" if self.port else "")


@dataclass(frozen=True)
class CheckReport:
    """What the test of a connection found. ``ok``: it does what it is used for; ``lines``: for a person."""

    ok: bool
    lines: list[str]


def entered(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were made: a field that was left empty in a form is none."""
    return {name: value for name, value in extra.items() if value not in (None, "")}


def from_environment(conn_id: str) -> Connection:
    """Read ``AIRFLOW_CONN_<ID>`` (JSON or URI form). Raises GiveUp when it is absent or not readable."""
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    value = os.environ.get(name, "").strip()
    if not value:
        raise GiveUp(f"connection {conn_id} is not defined: set {name} or add it in Airflow")
    try:
        return _from_json(conn_id, value) if value.startswith("{") else _from_uri(conn_id, value)
    except (ValueError, TypeError, AttributeError):
        raise GiveUp(f"connection {conn_id}: {name} is neither valid JSON nor a valid URI") from None


def _from_json(conn_id: str, value: str) -> Connection:
    data = json.loads(value)
    extra = data.get("extra") or {}
    return Connection(
        conn_id=conn_id,
        conn_type=data.get("conn_type") or "",
        host=data.get("host") or "",
        login=data.get("login") or "",
        password=data.get("password") or "",
        schema=data.get("schema") or "",
        port=int(data["port"]) if data.get("port") else None,
        extra=entered(json.loads(extra) if isinstance(extra, str) else extra),
    )


def _from_uri(conn_id: str, value: str) -> Connection:
    """Airflow writes a host that has a scheme of its own as ``moodle://https://:token@host``."""
    kind, separator, rest = value.partition("://")
    if not separator:
        raise ValueError
    protocol = match[0] if (match := _PROTOCOL.match(rest)) else ""
    parts = urlsplit(f"//{rest.removeprefix(protocol)}")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Connection(
        conn_id=conn_id,
        conn_type=kind.replace("-", "_"),
        host=protocol + _host(parts),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=unquote(parts.path.lstrip("/")),
        port=parts.port,
        extra=entered(json.loads(query.pop("__extra__")) if "__extra__" in query else query),
    )


def _host(parts: SplitResult) -> str:
    host = unquote(parts.hostname or "")
    if "/" not in host:
        return host
    # With a path in it, its case counts; the parsed name is in lower case.
    return unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
