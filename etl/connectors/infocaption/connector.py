"""InfoCaption, as a source of passed courses."""

from typing import Final

from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Pool
from etl.files.kinds import course_id
from etl.transform.mending import COMPETENCE_LINK

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": connection_form.IN_ADDRESS,
        "relabeling": {"host": "Address", "login": "Client ID", "password": "Client secret"},
        "placeholders": {"host": "https://customer.infocaption.com"},
    },
    "conn-fields": {
        "mapping": connection_form.json("Paths and fields", "Only where the site's differ, as JSON."),
        "wait_limit": connection_form.wait_limit(),
    },
}

CONNECTOR: Final = Connector(
    system="infocaption",
    title="InfoCaption",
    form=_FORM,
    check="etl.connectors.infocaption.check:check_connection",
    pool=Pool("infocaption", 1, "Calls to InfoCaption at the same time"),
    flows=(Flow("infocaption_competences", "etl.connectors.infocaption.flow", of_courses=True, again=True),),
    course_id=course_id,
    people="etl.connectors.infocaption.people:PEOPLE",
    mended={"course_gone": COMPETENCE_LINK},
)
