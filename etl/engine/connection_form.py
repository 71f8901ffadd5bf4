"""The fields of a connection's form in Airflow: its own, relabelled, and those that are kept in its extra.

Secrets go into the password field: Airflow masks it in forms, answers and logs, whatever it is called here. Those
among the options of a store are masked by their names (airflow.cfg, sensitive_var_conn_names).
A field of our own that is left empty means the default.
"""

from typing import Any, Final

from etl.http.width import CALLS_AT_ONCE, MOST_AT_ONCE

IN_ADDRESS: Final = ["schema", "port"]  # fields that are hidden, since the address holds them


def wait_limit() -> dict[str, Any]:
    """How long a call waits for a busy system."""
    return number(
        "Longest wait (seconds)", "In all, for a site that says it is busy, in one call.", 120, maximum=3600
    )


def calls_at_once() -> dict[str, Any]:
    """How many calls the site gets at the same time."""
    return number(
        "Most calls at once",
        "Of all tasks together; each begins with one, grows while the site answers as quickly, halves when it is busy.",
        CALLS_AT_ONCE,
        minimum=1,
        maximum=MOST_AT_ONCE,
    )


def text(label: str, description: str, default: str | None = None) -> dict[str, Any]:
    """A line of text."""
    return _field(label, description, type=["string", "null"], default=default)


def number(
    label: str, description: str, default: int, minimum: int = 0, maximum: int = 1_000_000
) -> dict[str, Any]:
    """A whole number between bounds."""
    bounds = {"minimum": minimum, "maximum": maximum}
    return _field(label, description, type=["integer", "null"], default=default, **bounds)


def switch(label: str, description: str) -> dict[str, Any]:
    """On or off."""
    return _field(label, description, type="boolean", default=False)


def choice(label: str, description: str, choices: dict[Any, str], default: object) -> dict[str, Any]:
    """One of some values, each with the words that are shown for it."""
    kind = "integer" if isinstance(default, int) else "string"
    shown = {"enum": list(choices), "values_display": {str(key): text for key, text in choices.items()}}
    return _field(label, description, type=kind, default=default, **shown)


def json(label: str, description: str) -> dict[str, Any]:
    """An object, entered as JSON."""
    return _field(label, description, type=["object", "null"], default=None)


def _field(label: str, description: str, **schema: object) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": schema}
