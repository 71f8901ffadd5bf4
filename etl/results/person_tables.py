"""Which rows of which table are about a person: the one list that an erasure goes by.

A test holds it against the schema: a new table is in it, or among those that hold nobody, with the reason.
"""

from dataclasses import dataclass
from typing import Final

from psycopg2 import sql

from etl.engine.people import ACCOUNT, CLIENT, REQUEST

ENROLMENT, COMPLETION, MESSAGE, ITEM = "enrolment", "completion", "message", "item"
LISTED, TRIED, RESULT, ROW, ORIGIN, CHANGE = "listed", "tried", "result", "row", "origin", "change"


@dataclass(frozen=True)
class Held:
    """Rows of ``table`` whose ``column`` is an id of this ``kind``, at the place that the column ``place`` names."""

    table: str
    column: str
    kind: str
    place: str = ""
    is_number: bool = False

    @property
    def condition(self) -> sql.Composable:
        """What says that a row is the person's, over ``held`` and the ids that were gathered (person_ids)."""
        place = sql.SQL("held.{}").format(sql.Identifier(self.place)) if self.place else sql.Literal("")
        return sql.SQL(
            "exists (select from person_ids as ids where ids.kind = {} and ids.place = {} and ids.{} = held.{})"
        ).format(
            sql.Literal(self.kind),
            place,
            sql.Identifier("number" if self.is_number else "value"),
            sql.Identifier(self.column),
        )


# In the order in which rows can go: what refers to another row before that row.
HELD: Final = (
    *(
        Held(table, "item_id", ITEM, is_number=True)
        for table in (
            "ops.outbox_attempts",
            "ops.outbox_decisions",
            "ops.pe_attendance",
            "ops.coachview_results",
            "ops.moodle_enrolments",
            "ops.moodle_people",
            "ops.outbox",
        )
    ),
    Held("ops.rejections", "rejection_id", LISTED, is_number=True),
    Held("ops.dry_run_rejections", "record_key", TRIED, "source"),
    Held("core.registration_attempts", "completion_id", COMPLETION, is_number=True),
    Held("core.registration_attempts", "request_code", REQUEST),
    Held("core.registrations", "request_code", REQUEST),
    Held("core.reported_completions", "completion_id", COMPLETION, is_number=True),
    *(
        Held(table, "message_id", MESSAGE, is_number=True)
        for table in ("core.completion_messages", "ops.webhook_log", "ops.deliveries", "raw.inbox")
    ),
    *(
        Held(f"core.ilias_{name}", "user_id", ACCOUNT, "integration")
        for name in ("reported", "completions", "marks", "users")
    ),
    Held("core.test_result_versions", "pupil_key", CLIENT),
    Held("core.unreadable_results", "record_key", RESULT, "brin6"),
    Held("core.training_request_parts", "request_code", REQUEST),
    Held("core.training_requests", "request_code", REQUEST),
    *(
        Held(table, "client_code", CLIENT)
        for table in (
            "core.course_completions",
            "core.course_passes",
            "core.earned_competences",
            "core.corrected_competences",
            "core.recorded_competences",
            "ops.competence_decisions",
            "ops.completion_decisions",
            "core.moodle_accounts",
            "core.client_numbers",
        )
    ),
    *(
        Held(f"core.{table}", "enrolment_code", ENROLMENT)
        for table in (
            "open_activities",
            "proposed_results",
            "unit_results",
            "recorded_results",
            "enrolment_completions",
            "enrolment_units",
            "enrolments",
        )
    ),
    Held("core.site_accounts", "user_id", ACCOUNT, "source", is_number=True),
    Held("ops.derived_learners", "user_id", ACCOUNT, "source", is_number=True),
    Held("raw.coachview_rows", "id", ROW, "entity"),
    Held("raw.coachview_seen", "id", ROW, "entity"),
    Held("ops.reference_origins", "key", ORIGIN, "file"),
    Held("ops.audit", "audit_id", CHANGE, is_number=True),
    Held("core.clients", "client_code", CLIENT),
)
