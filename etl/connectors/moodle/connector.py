"""Moodle, as a source of unit results and course completions."""

from typing import Final

from etl.connectors.moodle.files import FILES
from etl.connectors.moodle.profiles import LONGEST_PROFILE_DAYS, PROFILE_DAYS
from etl.connectors.moodle.reasons import MENDED, REASONS
from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Pool
from etl.files.kinds import number_id

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": connection_form.IN_ADDRESS,
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
        "service": connection_form.text(
            "Web service", "Only with a user name: short name of the external service to get a token for."
        ),
        "wait_limit": connection_form.wait_limit(),
        "calls_at_once": connection_form.calls_at_once(),
        "profile_days": connection_form.number(
            "Profiles every so many days",
            "A night asks who was there when; after so many days, or when somebody came or left, who they are.",
            PROFILE_DAYS,
            maximum=LONGEST_PROFILE_DAYS,
        ),
        "writing_paused": connection_form.switch(
            "Writing paused", "Nothing is sent to the site while this is on; what is due is kept."
        ),
    },
}

CONNECTOR: Final = Connector(
    system="moodle",
    title="Moodle",
    form=_FORM,
    check="etl.connectors.moodle.check:check_connection",
    pool=Pool("moodle", 2, "Calls to Moodle sites at the same time"),
    flows=(
        Flow("moodle_results", "etl.connectors.moodle.flow", of_courses=True, again=True),
        Flow("moodle_enrolments", "etl.connectors.moodle.writing.flow", of_nights=False, after_import=True),
    ),
    unit_results=True,
    completions=True,
    reports=True,
    course_id=number_id,
    user_id=number_id,
    files=FILES,
    reasons=REASONS,
    mended=MENDED,
    commands={"moodle": "etl.connectors.moodle.commands:app"},
    people="etl.connectors.moodle.people:PEOPLE",
)
