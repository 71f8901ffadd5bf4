"""Reason codes of rejected and withheld rows, each with a plain sentence (docs/design.md, Nothing disappears).

Here stand those that several systems share, so that no sentence names one. What can only be so with one system stands
in the ``reasons.py`` of its connector, which is given to whoever says it (``own``).
"""

from collections.abc import Mapping
from typing import Final

NO_OTHERS: Final[Mapping[str, str]] = {}

REASONS: Final = {
    "unmatched_learner": "No client of the administration matches this learner.",
    "ambiguous_learner": "More than one client or account matches; nobody is guessed: correct the number or address of"
    " one of them, or store the learner's id with the client.",
    "no_enrolment": "The client has no enrolment in this occurrence.",
    "result_stands": "A result of this unit is recorded already; it stands.",
    "enrolment_not_active": "The enrolment is not active.",
    "completed_before_start": "The completion belongs to an earlier enrolment: it is older than the start of this one,"
    " or was recorded before this one came without a start date.",
    "completion_not_current": "The completion was read before the learner's newest grades: it is asked for again.",
    "course_link_lost": "The course belonged to an occurrence that it is not linked to now (renamed, closed,"
    " cancelled, or its idnumber changed): link it again; until then nobody's enrolment is known.",
    "completion_moved": "The source gives a recorded completion another moment; neither a reset of the course nor a new"
    " enrolment was seen in between, so that it does not count again.",
    "needs_start_date": "No start date is known: enter an expected start date in the training plan.",
    "start_after_finish": "The start date lies after the finish date.",
    "activity_missing": "A mapped activity is not in the answer: removed, or hidden from the service account or"
    " from this learner.",
    "activity_type_not_supported": "Activities of this type cannot be mapped.",
    "activity_not_mapped": "Grades came in for an activity that no unit is mapped to.",
    "activity_not_readable": "The pass grade of this activity could not be read, so that a grade cannot be judged.",
    "pass_grade_not_current": "The pass grade was read before this grade was given: both are asked for again.",
    "unit_not_in_plan": "Grades came in for a unit that is not in the enrolment's training plan: add it, or unmap it.",
    "grade_pending": "The source is still to compute this grade anew; it is asked for again next night.",
    "grade_hidden": "The grade is hidden from the service account: the connection test says which right its role"
    " lacks.",
    "grade_out_of_range": "The grade is ten times the maximum or more: correct the grade or the maximum in the source.",
    "needs_graded_date": "The source gives no graded date, so that there is no finish date.",
    "identity_hidden": "What learners of the course are matched by (idnumber or another field) is not shown any more;"
    " what is known of them is used: the connection test says which right the service account's role lacks.",
    "no_learners": "The grade report of the course shows no learner, although enrolments are active: is the service"
    " account allowed to see them, and are they enrolled in the source?",
    "course_gone": "The course no longer exists in the source.",
    "access_denied": "The service account has no access.",
    "not_enrolled": "The source has no active enrolment of this learner in the course.",
    "no_completion_criteria": "The course has no completion conditions in the source.",
    "unusable_answer": "The source refused this call, or answered with something else than the interface describes"
    " (a page, a notice of an error); it is asked again next night.",
    "not_answered": "The source gave no complete answer to this call; it is asked again next night.",
    "outcome_unknown": "The answer was lost; whether the row was processed is not known.",
    "needs_completion_time": "The source says that the course was passed, but not when.",
    "completed_in_future": "The source says that the course was passed at a time that is still to come.",
    "status_unknown": "The source gives a status that is none of SCORM's, so that the attempt is not judged.",
    "course_not_published": "The course is not published in the source; only published courses give competences.",
    "course_unknown": "The source lists no course with this id; nothing else than a course can be linked.",
    "course_not_read": "This course gives the competence and was never read whole: nothing is given for the"
    " competence before. Mend what the run says about the course, or remove its link.",
    "competence_revoked": "The competence was revoked; it is given again when it is restored.",
    "person_unknown": "No training request is of a person with this number: the person, or the request, is still to be"
    " entered, or the number differs.",
    "course_not_in_training": "No training has this course as its e-learning part: enter its number there.",
    "no_training_request": "The person asked for no training that has this course as its e-learning part.",
    "request_finished": "The request, or this part of it, is finished already: nothing is registered on it.",
    "ambiguous_request": "The person has several open requests with this part; nobody is guessed: finish or cancel all"
    " but one.",
    "grade_outside_definition": "The grade is not between the minimum and maximum of the integration's result"
    " definition: correct the definition, or the grade in the source.",
    "later_attempt": "A result is registered already; the grade of this later attempt is kept and not registered.",
    "integration_paused": "The integration is paused, or no longer listed: its completions wait until it is not.",
    "malformed_record": "The record does not have the form that the interface describes.",
}


def reason(code: str, own: Mapping[str, str] = NO_OTHERS) -> str:
    """The sentence of a reason code: a connector's ``own``, else one that is shared.

    An unknown code is a programming error (KeyError).
    """
    return own[code] if code in own else REASONS[code]
