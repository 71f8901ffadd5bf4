"""What the warehouse refuses, without the rows that it refused.

PostgreSQL's own texts hold values (``DETAIL: Key (email)=(...)``, the line of a COPY, the statement), and so do the
exceptions that carry them. What people, logs and reports get is the SQLSTATE and names of the schema.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg2
from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext

from etl.errors import DatabaseFault

# The longest beginning of the SQLSTATE counts (PostgreSQL, appendix A).
_WHAT_TO_DO: Final = {
    "": "try again; if it stays, report it",
    "08": "the connection was lost: run it again",
    "22": "a value does not fit the column: report it",
    "23": "a row breaks a rule of the schema: report it",
    "25006": "the server takes no changes: connect to the primary server",
    "28": "correct user and password in WAREHOUSE_URL",
    "3D000": "make the database first, or correct its name in WAREHOUSE_URL",
    "40": "another run was at the same rows: run it again",
    "42": "the schema is not that of this version: run `etl db migrate`",
    "42501": "the user of WAREHOUSE_URL lacks a right: run as the owner of the warehouse",
    "53": "the server is out of room, memory or connections: give it more, then run it again",
    "53100": "the disk of the server is full: make room, then run it again",
    "53300": "the server has no connection left: end others, or raise max_connections",
    "57": "the server ended or is starting: run it again when it is up",
    "57014": "the server cancelled it (a time-out, or a person): run it again",
}
# What libpq says when no connection comes about has no SQLSTATE; these phrases are stable.
_NOT_CONNECTED: Final = (
    ("closed the connection|EOF detected|could not (receive|send) data|already closed", _WHAT_TO_DO["08"]),
    ("password authentication failed", "it refuses user or password: correct them in WAREHOUSE_URL"),
    ("no password supplied", "it asks for a password: add one to WAREHOUSE_URL"),
    ("no pg_hba.conf entry", "it does not let this user or machine in: change its pg_hba.conf"),
    ("authentication failed", "it refuses the user: correct WAREHOUSE_URL, or its pg_hba.conf"),
    ('role ".*" does not exist', "it does not know the user: make the role, or correct WAREHOUSE_URL"),
    (
        'database ".*" does not exist',
        "there is none of this name: make it (createdb), or correct WAREHOUSE_URL",
    ),
    ("permission denied for database", "the user may not connect to it: grant connect"),
    ("could not translate host name", "there is no such host: correct WAREHOUSE_URL"),
    ("Connection refused", "nothing answers there: start the server, or correct WAREHOUSE_URL"),
    ("No such file or directory", "no server runs on that socket: start it, or correct WAREHOUSE_URL"),
    ("timeout expired|timed out", "it does not answer in time: look at network and firewall"),
    ("too many|slots are reserved", _WHAT_TO_DO["53300"]),
    ("starting up|shutting down", _WHAT_TO_DO["57"]),
    ("certificate", "its certificate is not trusted: correct sslrootcert or sslmode in WAREHOUSE_URL"),
    ("SSL", "TLS does not come about: correct sslmode in WAREHOUSE_URL"),
)
_UNREACHABLE: Final = "it cannot be reached: is it up, and is WAREHOUSE_URL right?"


def guard(engine: Engine) -> None:
    """From now on this engine raises DatabaseFault for whatever the database refuses."""

    @event.listens_for(engine, "handle_error")
    def translate(context: ExceptionContext) -> DatabaseFault | None:
        original = context.original_exception
        if not isinstance(original, psycopg2.Error):
            return None
        fault = fault_of(original, engine.url)
        original.args = (str(fault),)  # it stays the cause of the fault, and a traceback prints it
        return fault


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """For what goes to the driver directly: raises DatabaseFault instead of the driver's own errors."""
    try:
        yield
    except psycopg2.Error as problem:
        raise fault_of(problem, url) from None


def fault_of(problem: psycopg2.Error, url: URL) -> DatabaseFault:
    """The fault that a driver's error is, by SQLSTATE and names of the schema only."""
    if problem.pgcode is None and isinstance(problem, psycopg2.OperationalError | psycopg2.InterfaceError):
        return _not_connected(problem, url)
    if problem.pgcode is None:
        return DatabaseFault(f"the warehouse: {type(problem).__name__} of the driver: {_advice('22')}", None)
    diagnosis = problem.diag
    names = {
        "table": ".".join(filter(None, (diagnosis.schema_name, diagnosis.table_name))),
        "column": diagnosis.column_name,
        "constraint": diagnosis.constraint_name,
    }
    found = ", ".join([problem.pgcode, *(f"{what} {name}" for what, name in names.items() if name)])
    message = f"the warehouse: {type(problem).__name__} ({found}): {_advice(problem.pgcode)}"
    return DatabaseFault(message, problem.pgcode)


def _advice(sqlstate: str) -> str:
    return next(_WHAT_TO_DO[sqlstate[:size]] for size in range(5, -1, -1) if sqlstate[:size] in _WHAT_TO_DO)


def _not_connected(problem: psycopg2.Error, url: URL) -> DatabaseFault:
    text = str(problem)
    found = next((words for phrase, words in _NOT_CONNECTED if re.search(phrase, text)), _UNREACHABLE)
    host = url.host or url.query.get("host") or "this machine"
    port = f":{url.port}" if url.port else ""
    return DatabaseFault(f"the warehouse {url.database or ''} at {host}{port}: {found}", None)
