"""The address that a connection's fields mean: what was entered is what is asked, or it is refused with the reason.

Airflow keeps the path of a URI in the field *schema*, which for other connections holds the protocol. A reason never
repeats what was entered: it may hold a password.
"""

from ipaddress import IPv6Address
from typing import Final

from etl import digits

_WEB: Final = ("http", "https")
_PORTS: Final = 65_535
_BLANKS: Final = " \t\r\n"  # that stand around what was copied


def of_site(host: str, schema: str, port: int | None) -> str:
    """The address of a web site or service, without a slash at its end. Raises ValueError with what is wrong."""
    protocol, rest = _protocol(host.strip(_BLANKS), schema)
    if protocol not in _WEB:
        raise ValueError("the host begins with another protocol than http:// and https://")
    authority, slash, path = rest.partition("/")
    if " " in rest or "\\" in rest:
        raise ValueError("the host holds a blank or a backslash")
    _refuse_parameters(rest)
    if "@" in authority:
        raise ValueError("the host holds a login: enter it in the fields for it")
    return f"{protocol}://{_with_port(authority, port)}{_joined(slash + path, schema)}"


def of_store(host: str, schema: str, port: int | None) -> str:
    """The address of a folder, an object store or a web site. Raises ValueError with what is wrong."""
    text = host.strip(_BLANKS)
    if text.startswith("/") or not text:
        folder = _joined(text, schema)
        if port is not None or folder in ("", "/"):
            raise ValueError("a folder begins with / and has no port")
        return folder
    protocol, rest = _protocol(text, schema)
    if protocol in _WEB:
        return of_site(host, schema, port)
    authority, slash, path = rest.partition("/")
    if port is not None:
        authority = _with_port(authority, port)
    return f"{protocol}://{authority}{_joined(slash + path, schema)}"


def _protocol(host: str, schema: str) -> tuple[str, str]:
    """The protocol, https unless the host or the field says another, and the rest of the host."""
    if digits.hidden(host):
        raise ValueError("the host holds a character that does not show")
    named, separator, rest = host.partition("://")
    if not separator:
        return (schema if schema in _WEB else "https"), host
    if schema in _WEB and schema != named.lower():
        raise ValueError("the host and the field schema name two protocols")
    return named.lower(), rest


def _refuse_parameters(rest: str) -> None:
    if "?" in rest or "#" in rest:
        raise ValueError("the host holds parameters (? or #): enter the address without them")


def _with_port(authority: str, port: int | None) -> str:
    name, own = _split(authority)
    if not name:
        raise ValueError("the host is empty, or begins with / or :")
    if own is not None and (digits.fault(own, _PORTS) or own == "0"):
        raise ValueError(f"the host has a port that is no number from 1 to {_PORTS}")
    if port is not None and not 1 <= port <= _PORTS:
        raise ValueError(f"the port is no number from 1 to {_PORTS}")
    if own is not None and port is not None and int(own) != port:
        raise ValueError("the host names one port and the field port another")
    number = own or port
    return f"{name}:{number}" if number else name


def _split(authority: str) -> tuple[str, str | None]:
    """The name of a host, in brackets where it is an IPv6 address, and the port behind it."""
    if _is_ipv6(authority):
        return f"[{authority}]", None
    name, bracket, behind = authority.rpartition("]")
    if bracket:
        if not name.startswith("[") or not _is_ipv6(name[1:]) or not (behind == "" or behind.startswith(":")):
            raise ValueError("the host has brackets that hold no IPv6 address")
        return f"{name}]", behind[1:] if behind else None
    name, colon, own = authority.partition(":")
    return name, own if colon else None


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _joined(path: str, schema: str) -> str:
    """The path of the host, and what Airflow took for the schema behind it."""
    behind = "" if schema in _WEB else schema.strip("/")
    _refuse_parameters(behind)
    return "/".join([path.rstrip("/"), behind]).rstrip("/")
