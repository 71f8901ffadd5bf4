"""Coachview, as the training administration whose requests completed courses are registered on."""

from typing import Final

from etl.connectors.coachview.files import FILES
from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Pool

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": connection_form.IN_ADDRESS,
        "relabeling": {"host": "Address", "login": "Client ID", "password": "Client secret"},
        "placeholders": {
            "host": "https://yourschool.coachview.net",
            "login": "of a client of the REST interface",
        },
    },
    "conn-fields": {"wait_limit": connection_form.wait_limit()},
}

CONNECTOR: Final = Connector(
    system="coachview",
    title="Coachview",
    form=_FORM,
    check="etl.connectors.coachview.check:check_connection",
    pool=Pool("coachview", 1, "Registrations and calls to Coachview at the same time"),
    flows=(Flow("coachview_results", "etl.connectors.coachview.flow"),),
    is_source=False,
    files=FILES,
    commands={"registrations": "etl.connectors.coachview.commands:app"},
)
