"""The connection types that Airflow offers a form for; its provider discovery calls ``get_provider_info``.

Secrets go into the password field: Airflow masks it in forms, answers and logs, whatever it is called here. Those
among the options of a store are masked by their names (airflow.cfg, sensitive_var_conn_names).
Fields of our own are kept in the connection's extra; one that is left empty means the default.
"""

from typing import Any, Final

_PROXIED: Final = ["schema", "port"]  # the address holds them
_HOOKS: Final = "learning_results_hooks"  # in plugins/, which Airflow puts on the path


def get_provider_info() -> dict[str, Any]:
    """What Airflow shows and stores for each outside system."""
    return {
        "package-name": "learning-results-etl",
        "name": "Learning results",
        "description": "Moodle, InfoCaption and IEP LVS as sources of learning results, PE-Online as their target.",
        "connection-types": [_moodle(), _pe_online(), _infocaption(), _iep_lvs()],
    }


def _moodle() -> dict[str, Any]:
    return {
        "connection-type": "moodle",
        "hook-class-name": f"{_HOOKS}.MoodleHook",
        "hook-name": "Moodle",
        "ui-field-behaviour": {
            "hidden-fields": _PROXIED,
            "relabeling": {
                "host": "Site address",
                "login": "User name",
                "password": "Token, or password of the user",
            },
            "placeholders": {
                "host": "https://moodle.example.org",
                "login": "empty where a token is used (recommended)",
            },
        },
        "conn-fields": {
            "service": _text(
                "Web service", "Only with a user name: short name of the external service to get a token for."
            ),
            "wait_limit": _wait_limit(),
        },
    }


def _pe_online() -> dict[str, Any]:
    return {
        "connection-type": "pe_online",
        "hook-class-name": f"{_HOOKS}.PeOnlineHook",
        "hook-name": "PE-Online",
        "ui-field-behaviour": {
            "hidden-fields": _PROXIED,
            "relabeling": {"host": "Service address", "login": "userID", "password": "userKey"},
            "placeholders": {
                "host": "https://www.pe-online.org/pe-services/pe-attendanceelearning/WriteAttendance.asmx",
                "login": "of the web service, not of the portal",
            },
        },
        "conn-fields": {
            "mode": _choice(
                "Mode",
                "test: PE-Online checks everything and gives no points. Set to live when PE-Online has activated"
                " the account; what was accepted before is then sent again.",
                {"test": "test", "live": "live"},
                "test",
            ),
            "paused": _switch("Paused", "Nothing is sent while this is on; what is due is kept."),
            "timezone": _text(
                "Time zone",
                "In which a pass date is compared with the accreditation period.",
                "Europe/Amsterdam",
            ),
            "batch_limit": _number("Rows a call", "At most 1000.", 100, minimum=1, maximum=1000),
            "language_id": _choice("Language of messages", "", {1: "Dutch", 3: "French", 6: "English"}, 1),
            "retry_days": _number(
                "Retry (days)",
                "How long a refused row that may be accepted later is offered again.",
                60,
                maximum=36_525,
            ),
            "timeout_seconds": _number(
                "Longest answer (seconds)", "Of silence, in one call.", 60, minimum=1, maximum=3_600
            ),
        },
    }


def _infocaption() -> dict[str, Any]:
    return {
        "connection-type": "infocaption",
        "hook-class-name": f"{_HOOKS}.InfoCaptionHook",
        "hook-name": "InfoCaption",
        "ui-field-behaviour": {
            "hidden-fields": _PROXIED,
            "relabeling": {"host": "Address", "login": "Client ID", "password": "Client secret"},
            "placeholders": {"host": "https://customer.infocaption.com"},
        },
        "conn-fields": {
            "mapping": _json("Paths and fields", "Only where the site's differ, as JSON."),
            "wait_limit": _wait_limit(),
        },
    }


def _iep_lvs() -> dict[str, Any]:
    return {
        "connection-type": "iep_lvs",
        "hook-class-name": f"{_HOOKS}.IepDropHook",
        "hook-name": "IEP LVS (drop location)",
        "ui-field-behaviour": {
            "hidden-fields": [*_PROXIED, "login", "password"],
            "relabeling": {"host": "Location"},
            "placeholders": {"host": "/srv/iep, s3://bucket/folder or https://files.example.org/iep"},
        },
        "conn-fields": {
            "after": _choice(
                "Afterwards",
                "keep: files stay. move: what was taken goes to taken/, what cannot be to set_aside/.",
                {"keep": "keep", "move": "move"},
                "keep",
            ),
            "options": _json(
                "Options", 'What the store asks for besides, as JSON, e.g. {"key": "...", "secret": "..."}.'
            ),
        },
    }


def _wait_limit() -> dict[str, Any]:
    return _number(
        "Longest wait (seconds)", "In all, for a site that says it is busy, in one call.", 120, maximum=3600
    )


def _text(label: str, description: str, default: str | None = None) -> dict[str, Any]:
    return _field(label, description, type=["string", "null"], default=default)


def _number(
    label: str, description: str, default: int, minimum: int = 0, maximum: int = 1_000_000
) -> dict[str, Any]:
    bounds = {"minimum": minimum, "maximum": maximum}
    return _field(label, description, type=["integer", "null"], default=default, **bounds)


def _switch(label: str, description: str) -> dict[str, Any]:
    return _field(label, description, type="boolean", default=False)


def _choice(label: str, description: str, choices: dict[Any, str], default: object) -> dict[str, Any]:
    kind = "integer" if isinstance(default, int) else "string"
    shown = {"enum": list(choices), "values_display": {str(key): text for key, text in choices.items()}}
    return _field(label, description, type=kind, default=default, **shown)


def _json(label: str, description: str) -> dict[str, Any]:
    return _field(label, description, type=["object", "null"], default=None)


def _field(label: str, description: str, **schema: object) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": schema}
