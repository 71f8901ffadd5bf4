"""Why rows are not recorded or sent, where that is so with PE-Online alone: each reason code with its sentence."""

from typing import Final

from etl.transform.mending import CODE, ID, Place, RowKey

REASONS: Final = {
    "no_relation_number": "The learner has no relation number for this profession group.",
    "invalid_relation_number": "The relation number does not have the form that this profession group asks for.",
    "number_changed": "The points were accepted under a relation number that was changed since, and stand there. Have"
    " PE-Online move them (then: etl pe settle --registered), or send them again under the new number (etl pe resend"
    " --status accepted).",
    "sent_under_another_course": "This pass is, or was, sent under another PE course or module. It is offered under"
    " this one only when a person says so: etl pe resend --status withheld.",
    "points_claimed_already": "The points of this accreditation period were claimed by an earlier pass.",
    "no_longer_accredited": "No open accreditation of an active profession group covers this result any more.",
    "no_longer_passed": "The course counts as passed no more; nothing was sent.",
    "account_paused": "The account is paused, by its connection or by a person (etl pe accounts): the points wait until"
    " it is not.",
    "invalid_row": "PE-Online refuses the structure of this row.",
    # Of the faults that it answers with (etl.connectors.pe_online.faults).
    "person_missing": "No person was given.",
    "person_unknown": "The person is not known in this register.",
    "course_missing": "No course was given.",
    "course_unknown": "The course is unknown, or not accredited by this profession group.",
    "course_not_unique": "The course code is not unique in the account.",
    "module_missing": "The module is missing.",
    "module_fault": "The module is unknown or not unique.",
    "edition_missing": "The edition of a classroom course is missing.",
    "edition_fault": "The edition is unknown, not unique or not allowed.",
    "meeting_fault": "The meeting is missing, unknown, not unique or not allowed.",
    "mandate_missing": "The profession group or provider gave no mandate to register attendance for this course.",
    "date_outside_period": "The date lies outside the accreditation or registration period.",
    "date_fault": "The date is missing or not allowed.",
    "already_registered": "The attendance was registered already.",
    "not_classified": "PE-Online gave a reason of its own, which a person has to read; meanwhile it is offered again.",
}


def _points(status: str, reason: str = "") -> Place:
    """Points in the ledger that wait for a person."""
    told = {"status": status} | ({"reason": reason} if reason else {})
    asks = {"org_id": "org_id", "client_code": "client"}
    return Place("points", "decide about the points", asks, told, "rows")


_NUMBER: Final = Place(
    "relation-numbers",
    "enter the relation number",
    {"org_id": "org_id", "client_code": "client"},
    anchor="number-{client}-{org_id}",
)
_ACCREDITATION: Final = Place(
    "accreditations", "correct the accreditation", {"org_id": "org_id", "course": "course"}
)
MENDED: Final = {
    "no_relation_number": _NUMBER,
    "invalid_relation_number": _NUMBER,
    "person_missing": _NUMBER,
    "person_unknown": _NUMBER,
    "ambiguous_learner": _NUMBER,
    "number_changed": _points("accepted", "number_changed"),
    "sent_under_another_course": _points("withheld", "sent_under_another_course"),
    "points_claimed_already": _points("withheld", "points_claimed_already"),
    "not_classified": _points("rejected", "not_classified"),
    "outcome_unknown": _points("unknown"),
    "account_paused": Place("points", "let the account go on", anchor="accounts"),
    "course_unknown": _ACCREDITATION,
    "no_longer_accredited": _ACCREDITATION,
    "course_missing": _ACCREDITATION,
    "course_not_unique": _ACCREDITATION,
    "module_missing": _ACCREDITATION,
    "module_fault": _ACCREDITATION,
    "edition_missing": _ACCREDITATION,
    "edition_fault": _ACCREDITATION,
    "meeting_fault": _ACCREDITATION,
    "date_outside_period": _ACCREDITATION,
    "invalid_row": _ACCREDITATION,
}

# Whose points, of which course, under which course and module there, on which day; the scope is the profession group.
ROW_KEYS: Final = {
    "pe_attendance": RowKey(
        (("client", CODE), ("source", CODE), ("course", ID), ("there", CODE), ("day", r"[-\d]{10}")), "org_id"
    )
}
