"""Why rows are not recorded, taken or sent, with Coachview alone: each reason code with its sentence."""

from typing import Final

from etl.transform.mending import Place

REASONS: Final = {
    "not_in_coachview": "Coachview knows no such person or enrolment, or the request is finished there already.",
    "message_not_usable": "Coachview cannot use the message: look at the numbers of the person and the course.",
    "row_not_taken": "This row of Coachview cannot be taken as it is:",
    "environment_unknown": "The connection does not say which integration this e-learning environment is.",
    "entered_by_hand": "A row that was entered by hand says otherwise than Coachview: it stands, until it is left"
    " out of its file.",
}

MENDED: Final = {
    "not_in_coachview": Place(
        "registrations", "see what it refuses", always={"status": "rejected"}, anchor="rows"
    ),
    "entered_by_hand": Place(
        "reference-row",
        "see what was entered",
        {name: name for name in ("file", "training_code", "part_code", "request_code", "client_code")},
        {"file": "training_requests"},
    ),
    "outcome_unknown": Place("registrations", "settle them", always={"status": "unknown"}, anchor="rows"),
}
