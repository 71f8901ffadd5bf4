"""IEP LVS, as a source of pupils' test results: sent over UWLR, or left in a drop location."""

from typing import Final

from etl.connections import Connection
from etl.connectors.iep_lvs.files import FILES, NUMBER_RULES, UNUSED_NUMBERS
from etl.connectors.iep_lvs.reasons import MENDED, REASONS
from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Mount, Pool

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": [*connection_form.IN_ADDRESS, "login", "password"],
        "relabeling": {"host": "Location"},
        "placeholders": {"host": "/srv/iep, s3://bucket/folder or https://files.example.org/iep"},
    },
    "conn-fields": {
        "after": connection_form.choice(
            "Afterwards",
            "keep: files stay. move: what was taken goes to taken/, what cannot be to set_aside/.",
            {"keep": "keep", "move": "move"},
            "keep",
        ),
        "options": connection_form.json(
            "Options", 'What the store asks for besides, as JSON, e.g. {"key": "...", "secret": "..."}.'
        ),
    },
}

CONNECTOR: Final = Connector(
    system="iep_lvs",
    title="IEP LVS (drop location)",
    form=_FORM,
    check="etl.connectors.iep_lvs.check:check_connection",
    pool=Pool("iep_lvs", 1, "Calls to IEP LVS at the same time"),
    flows=(Flow("iep_test_results", "etl.connectors.iep_lvs.flow"),),
    mounts=(Mount("/uwlr", "UWLR receiver", "etl.connectors.iep_lvs.app:create_app", "uwlr_messages"),),
    files=FILES,
    number_rules=NUMBER_RULES,
    unused_numbers=UNUSED_NUMBERS,
    reasons=REASONS,
    mended=MENDED,
    commands={"iep": "etl.connectors.iep_lvs.commands:app"},
    address=Connection.store,
    people_of_messages="etl.connectors.iep_lvs.people:without",
)
