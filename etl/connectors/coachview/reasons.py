"""Why rows are not recorded or sent, where that is so with Coachview alone: each reason code with its sentence."""

from typing import Final

REASONS: Final = {
    "not_in_coachview": "Coachview knows no such person or enrolment, or the request is finished there already.",
    "message_not_usable": "Coachview cannot use the message: look at the numbers of the person and the course.",
}
