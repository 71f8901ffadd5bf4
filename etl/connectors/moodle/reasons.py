"""Why rows are not recorded or sent, where that is so with Moodle alone: each reason code with its sentence."""

from typing import Final

REASONS: Final = {
    "course_not_linked": "No course of the source has this occurrence code as its idnumber.",
    "idnumber_hidden": "The site does not show this course's idnumber any more; the known one is used: give the service"
    " account's role moodle/course:update in the course.",
    "report_empty": "The grade report shows nobody, although the course has students: can the service account's role"
    " see their grades (gradereport/user:view, moodle/grade:viewall)?",
    "participants_not_shown": "Learners with a grade report are not shown among the participants, so that nobody sees"
    " when they were there: all is asked every night. Give the role moodle/user:viewdetails.",
    "learner_not_in_report": "The grade report that was asked for this learner is not about them.",
    "completion_not_shown": "Nobody's completion of this course is shown: it is switched off there, or the service"
    " account's role lacks report/completion:view.",
    "learner_gone": "The learner no longer exists in the source.",
    "source_error": "The source answered with an error that is not known here; its log may say more.",
}
