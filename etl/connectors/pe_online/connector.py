"""PE-Online, as the target of accreditation points."""

from typing import Final

from etl.connectors.pe_online.files import FILES
from etl.connectors.pe_online.reasons import MENDED, REASONS, ROW_KEYS
from etl.engine import connection_form
from etl.engine.connector import Connector, Flow, Pool

_FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": connection_form.IN_ADDRESS,
        "relabeling": {"host": "Service address", "login": "userID", "password": "userKey"},
        "placeholders": {
            "host": "https://www.pe-online.org/pe-services/pe-attendanceelearning/WriteAttendance.asmx",
            "login": "of the web service, not of the portal",
        },
    },
    "conn-fields": {
        "mode": connection_form.choice(
            "Mode",
            "test: PE-Online checks everything and gives no points. Set to live when PE-Online has activated"
            " the account; what was accepted before is then sent again.",
            {"test": "test", "live": "live"},
            "test",
        ),
        "paused": connection_form.switch("Paused", "Nothing is sent while this is on; what is due is kept."),
        "timezone": connection_form.text(
            "Time zone",
            "In which a pass date is compared with the accreditation period.",
            "Europe/Amsterdam",
        ),
        "batch_limit": connection_form.number("Rows a call", "At most 1000.", 100, minimum=1, maximum=1000),
        "language_id": connection_form.choice(
            "Language of messages", "", {1: "Dutch", 3: "French", 6: "English"}, 1
        ),
        "retry_days": connection_form.number(
            "Retry (days)",
            "How long a refused row that may be accepted later is offered again.",
            60,
            maximum=36_525,
        ),
        "timeout_seconds": connection_form.number(
            "Longest answer (seconds)", "Of silence, in one call.", 60, minimum=1, maximum=3_600
        ),
    },
}

CONNECTOR: Final = Connector(
    system="pe_online",
    title="PE-Online",
    form=_FORM,
    check="etl.connectors.pe_online.check:check_connection",
    pool=Pool("pe_online", 1, "Calls to PE-Online at the same time"),
    flows=(Flow("pe_online_attendance", "etl.connectors.pe_online.flow", of_nights=False, again=True),),
    is_source=False,
    files=FILES,
    reasons=REASONS,
    mended=MENDED,
    row_keys=ROW_KEYS,
    doubts="etl.connectors.pe_online.doubts:doubts",
    commands={"pe": "etl.connectors.pe_online.commands:app"},
)
