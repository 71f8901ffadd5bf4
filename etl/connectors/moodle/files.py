"""The file of sites that are written to, and how (docs/connectors/moodle.md, Settings of writing)."""

from typing import Final

from etl.files.columns import File, extra, reference, required
from etl.files.kinds import boolean, code, number_id, one_of, some_of, whole_number

STATUSES: Final = ("planned", "active", "finished", "cancelled")

FILES: Final = (
    File(
        "moodle_writing",
        ("source",),
        (
            reference("source", "sources"),
            required("writing", one_of("off", "test", "on")),
            extra("role_id", number_id, default="5"),
            extra("send_start_date", boolean, default="true"),
            extra("on_withdrawal", one_of("nothing", "suspend", "unenrol"), default="suspend"),
            extra("auth", code),
            extra("visible_when", some_of(*STATUSES), default="active+finished"),
            extra("send_automatically", boolean, default="false"),
            extra("follow", boolean, default="false"),
            extra("at_most", whole_number, default="100"),
        ),
        about="Moodle sites that people, enrolments and courses are sent to, and the settings of each",
    ),
)
