"""Coachview, as the training administration whose requests completed courses are registered on."""

from typing import Final

from etl.connectors.coachview.files import FILES
from etl.connectors.coachview.reasons import MENDED, REASONS
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
    "conn-fields": {
        "push": connection_form.switch(
            "Send results", "Registrations are sent to Coachview while this is on; each goes out once."
        ),
        "plugin": connection_form.text("Plugin", "Code of the integration in Coachview's service center."),
        "webhook_secret": connection_form.text(
            "Webhook secret", "Under which results are signed, as agreed there."
        ),
        "hash": connection_form.choice(
            "Hash",
            "Of the signature.",
            {name: name for name in ("sha512", "sha384", "sha256", "sha1")},
            "sha512",
        ),
        "timeout_seconds": connection_form.number(
            "Longest answer (seconds)", "Of silence, in one call.", 60, minimum=1, maximum=3_600
        ),
        "wait_limit": connection_form.wait_limit(),
        "read": connection_form.switch(
            "Read requests",
            "Trainings, their e-learning parts and who asked for them are read every night while this is on.",
        ),
        "environments": connection_form.text(
            "E-learning environments",
            "Which integration each of Coachview's e-learning environments is: 6=moodle_main, 7=studio.",
        ),
        "persons_are_clients": connection_form.switch(
            "Persons are clients",
            "Who asked for a training becomes a client: only where clients.csv does not have these people.",
        ),
    },
}

CONNECTOR: Final = Connector(
    system="coachview",
    title="Coachview",
    form=_FORM,
    check="etl.connectors.coachview.check:check_connection",
    pool=Pool("coachview", 1, "Registrations and calls to Coachview at the same time"),
    flows=(
        Flow("coachview_results", "etl.connectors.coachview.flow", again=True),
        Flow("coachview_requests", "etl.connectors.coachview.requests", of_nights=False),
        Flow("coachview_push", "etl.connectors.coachview.push", of_nights=False, again=True),
    ),
    is_source=False,
    files=FILES,
    reasons=REASONS,
    mended=MENDED,
    commands={
        "registrations": "etl.connectors.coachview.commands:app",
        "coachview": "etl.connectors.coachview.push_commands:app",
    },
)
