"""Every variable of the environment that the product reads: its one home.

The table in README.md is made from this list by `etl docs settings`. What is written wrongly is refused by name: by
every command before it begins, by every run in Airflow before its first task, by the receiver at each request.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from etl.errors import InvalidInput

T = TypeVar("T", covariant=True)
_MIB = 1024 * 1024
_MOST_DIGITS = 15


@dataclass(frozen=True)
class VariableKind(Generic[T]):
    """What may be written: ``read`` returns None for anything else, which ``must`` says in words."""

    name: str
    read: Callable[[str], T | None]
    must: str = ""


@dataclass(frozen=True)
class Variable(Generic[T]):
    """A name in the environment, what it says, what may be written, and what applies where nothing is.

    ``unset`` says in words what the default means; a variable that others read for us has ``read_by``.
    """

    name: str
    meaning: str
    kind: VariableKind[T]
    default: T
    unset: str
    read_by: str = ""

    def __str__(self) -> str:
        return self.name

    def written(self) -> str:
        """What the environment holds, as it is; empty where it holds nothing."""
        return os.environ.get(self.name, "").strip()

    def get(self) -> T:
        """What applies. Raises InvalidInput, naming the variable, where something else is written than may be."""
        written = self.written()
        if not written:
            return self.default
        value = self.kind.read(written)
        if value is None:
            raise InvalidInput(f"{self.name} {self.kind.must}".replace("{default}", str(self.default)))
        return value


def _whole(written: str) -> int | None:
    digits = written.isascii() and written.isdecimal() and len(written) <= _MOST_DIGITS
    return int(written) or None if digits else None


def _port(written: str) -> int | None:
    number = _whole(written)
    return number if number and number < 2**16 else None


def _web_address(written: str) -> str | None:
    try:
        address = urlsplit(written)
    except ValueError:
        return None
    return written if address.scheme in ("http", "https") and address.hostname else None


def _list(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())


NUMBER: Final = VariableKind(
    "number", _whole, "must be a whole number above 0, in digits only, such as {default}"
)
PORT: Final[VariableKind[int | None]] = VariableKind(
    "port", _port, "must be a port: a whole number from 1 to 65535"
)
WEB_ADDRESS: Final[VariableKind[str | None]] = VariableKind(
    "web address", _web_address,
    "must be a whole address, such as https://uwlr.example.org/uwlr/leerresultaten",
)  # fmt: skip
LIST: Final = VariableKind("list, by commas", _list)
FOLDER: Final[VariableKind[str | None]] = VariableKind("folder", str)
TEXT: Final[VariableKind[str | None]] = VariableKind("text", str)
SECRET: Final[VariableKind[str | None]] = VariableKind("secret", str)
DATABASE: Final[VariableKind[str | None]] = VariableKind("database address", str)

WAREHOUSE_URL: Final = Variable(
    "WAREHOUSE_URL", "the warehouse, as `postgresql://user:password@host:port/database`", DATABASE, None,
    "embedded PostgreSQL in `postgres` of the state folder",
)  # fmt: skip
STATE_DIR: Final = Variable(
    "ETL_STATE_DIR", "folder for data, logs and dry runs", FOLDER, None,
    "`.state` in a clone, `learning-results-etl` in `XDG_STATE_HOME` for a wheel",
)  # fmt: skip
XDG_STATE_HOME: Final = Variable(
    "XDG_STATE_HOME", "where programs of this user keep such folders", FOLDER, None, "`~/.local/state`"
)
ALERT_MAIL: Final[Variable[tuple[str, ...]]] = Variable(
    "ETL_ALERT_MAIL", "mail addresses that are told of a red run, over the connection `smtp_default`", LIST, (),
    "nobody",
)  # fmt: skip
MAX_ANSWER_BYTES: Final = Variable(
    "ETL_MAX_ANSWER_BYTES", "largest answer of an outside system, unpacked, in bytes", NUMBER, 256 * _MIB,
    "268435456 (256 MiB)",
)  # fmt: skip
UWLR_MAX_BYTES: Final = Variable(
    "UWLR_MAX_BYTES", "largest message of IEP LVS, unpacked, sent or dropped, in bytes", NUMBER, 20 * _MIB,
    "20971520 (20 MiB)",
)  # fmt: skip
UWLR_PUBLIC_URL: Final = Variable(
    "UWLR_PUBLIC_URL", "address of the receiver in its WSDL", WEB_ADDRESS, None, "the one that is asked"
)
INBOX_RETENTION_DAYS: Final = Variable(
    "IEP_INBOX_RETENTION_DAYS", "for how many days messages of IEP LVS are kept", NUMBER, 730,
    "730: this school year and the one before",
)  # fmt: skip
WEBHOOK_MAX_BYTES: Final = Variable(
    "WEBHOOK_MAX_BYTES",
    "largest message of an e-learning system, unpacked, in bytes",
    NUMBER,
    _MIB,
    "1048576 (1 MiB)",
)
WEBHOOK_RETENTION_DAYS: Final = Variable(
    "WEBHOOK_RETENTION_DAYS", "for how many days messages of e-learning systems, and their log, are kept", NUMBER,
    730, "730",
)  # fmt: skip
VERIFICATIECODE: Final = Variable(
    "IEP_VERIFICATIECODE", "a school's code, for the commands that need it", SECRET, None, "it is asked for"
)
SANDBOX_PORT: Final = Variable(
    "SANDBOX_PORT", "port of the stand-ins of `etl demo`", PORT, None, "8090, or a free one"
)
CRASH_AT: Final = Variable(
    "ETL_FAILPOINT", "for tests: the named point at which the process kills itself", TEXT, None, "none"
)
AIRFLOW_DATABASE: Final = Variable(
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "Airflow's database; begins with `postgresql+psycopg2://`", DATABASE,
    None, "for `etl demo`: a database of its own in the embedded server", "Airflow",
)  # fmt: skip
AIRFLOW_PORT: Final = Variable(
    "AIRFLOW__API__PORT", "port of Airflow's pages", PORT, None, "8080; for `etl demo` a free one where it is taken",
    "Airflow",
)  # fmt: skip
_CONNECTION: Final = Variable(
    "AIRFLOW_CONN_<ID>", "a connection, as JSON or URI; comes before the one that is entered in Airflow", SECRET,
    None, "Airflow's own list", "Airflow",
)  # fmt: skip
_PROXIES: Final = Variable(
    "FORWARDED_ALLOW_IPS", "proxies whose word on the caller's address is taken", LIST, (), "`127.0.0.1`",
    "the web server",
)  # fmt: skip
_WEB_PROXY: Final = Variable(
    "HTTPS_PROXY, HTTP_PROXY", "the proxy to the outside systems", TEXT, None, "none", "every HTTP client"
)
_NO_PROXY: Final = Variable(
    "NO_PROXY, no_proxy",
    "what is reached without it",
    LIST,
    (),
    "nothing but this machine",
    "every HTTP client",
)
VARIABLES: Final[tuple[Variable[object], ...]] = (
    WAREHOUSE_URL, STATE_DIR, XDG_STATE_HOME, ALERT_MAIL, MAX_ANSWER_BYTES, UWLR_MAX_BYTES, UWLR_PUBLIC_URL,
    INBOX_RETENTION_DAYS, VERIFICATIECODE, WEBHOOK_MAX_BYTES, WEBHOOK_RETENTION_DAYS, SANDBOX_PORT, CRASH_AT,
    AIRFLOW_DATABASE, AIRFLOW_PORT, _CONNECTION, _PROXIES, _WEB_PROXY, _NO_PROXY,
)  # fmt: skip


def check() -> None:
    """Raises InvalidInput, one sentence for each, where variables are written wrongly."""
    wrong = []
    for variable in VARIABLES:
        try:
            variable.get()
        except InvalidInput as problem:
            wrong.append(str(problem))
    if wrong:
        raise InvalidInput("; ".join(wrong))


def connection(conn_id: str) -> Variable[str | None]:
    """The variable that defines a connection."""
    name = _CONNECTION.name.replace("<ID>", conn_id.upper())
    return Variable(name, _CONNECTION.meaning, _CONNECTION.kind, None, _CONNECTION.unset, _CONNECTION.read_by)


def airflow_is_configured() -> bool:
    """Does the environment name Airflow's database, as that of a running installation does?"""
    return any(os.environ.get(AIRFLOW_DATABASE.name + form) for form in ("", "_CMD", "_SECRET"))


def check_airflow_database() -> None:
    """Raises InvalidInput where Airflow's database is written in a way that Airflow takes for another driver."""
    if AIRFLOW_DATABASE.written().startswith(("postgresql://", "postgres://")):
        raise InvalidInput(
            f"{AIRFLOW_DATABASE} begins with postgresql://, for which Airflow looks for a driver that is not"
            " installed: write postgresql+psycopg2://"
        )
