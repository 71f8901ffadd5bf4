"""ILIAS, as a source of completed courses: its learning progress is polled over SOAP."""

from typing import Final

from etl.connectors.ilias.account import EXTERNAL_ACCOUNT, MATRICULATION, TYPES
from etl.connectors.ilias.reasons import REASONS
from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Pool
from etl.files.rules import given_where

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": connection_form.IN_ADDRESS,
        "relabeling": {"host": "Site address", "login": "User name", "password": "Password"},
        "placeholders": {
            "host": "https://ilias.example.org, or the whole address of its server.php",
            "login": "of an account of its own",
        },
    },
    "conn-fields": {
        "client": connection_form.text("Client ID", "As client_id on the site's login page."),
        "person_field": connection_form.choice(
            "Number of a person",
            "In which field of ILIAS it is; whose number it is, integrations.csv says (person_scheme).",
            {MATRICULATION: "Matriculation number", EXTERNAL_ACCOUNT: "External account"},
            MATRICULATION,
        ),
        "tests": connection_form.json(
            "Tests",
            'Whose points are the result of a course, by ref_id: {"71": "85"}. A test that is itself the course of a'
            " training part stands for itself. A course that is not named here has no result.",
        ),
        "types": connection_form.text("Types", "Of objects that are asked about.", TYPES),
        "begin": connection_form.text(
            "Completions from", "YYYY-MM-DD: the first run asks since then. Empty: all that ILIAS knows."
        ),
        "wait_limit": connection_form.wait_limit(),
    },
}

CONNECTOR: Final = Connector(
    system="ilias",
    title="ILIAS",
    form=_FORM,
    check="etl.connectors.ilias.check:check_connection",
    pool=Pool("ilias", 1, "Calls to ILIAS sites at the same time"),
    flows=(Flow("ilias_completions", "etl.connectors.ilias.flow", again=True),),
    is_source=False,
    reports=True,
    integration_rules=(given_where("connection_id", "system", "ilias"),),
    reasons=REASONS,
    answers="etl.connectors.ilias.why:answers",
    people="etl.connectors.ilias.people:PEOPLE",
)
