"""Why rows are not recorded or written, where that is so with Moodle alone: each reason code with its sentence."""

from typing import Final

from etl.transform.mending import (
    ARCHIVED,
    CLIENT_NUMBER,
    COURSE,
    EMAIL,
    FINISH_DATE,
    FOLLOW,
    GIVEN_NAME,
    USERNAME,
    Place,
    in_row,
)

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
    "account_gone": "Moodle knows the account no more: it was deleted there. Correct the Moodle user id of"
    " the client.",
    "account_protected": "Accounts of guests, of other sites and of administrators are never changed from here.",
    "account_not_confirmed": "The account has not been confirmed in Moodle: confirm it there.",
    "username_taken": "Another account in Moodle has this user name: change one of the two, or match them.",
    "email_taken": "Another account in Moodle has this e-mail address: correct one of the two, or match them.",
    "value_not_taken": "Moodle does not take one of the values as it is written: look at the user name (letters"
    " that only 'extended characters in usernames' allows), the address, the names (each of at most 100 characters),"
    " and the settings of the source.",
    "refused_by_moodle": "Moodle refused and did not say why; its log may say more.",
    "role_not_assignable": "The service account may not give the role that is set for enrolments: allow it in Moodle,"
    " or set another role id.",
    "no_manual_enrolment": "The course has no manual enrolment in use: add it in Moodle, among the course's"
    " enrolment methods.",
    "idnumber_taken": "Another course in Moodle has this occurrence code as its idnumber: link that one.",
    "short_name_taken": "Another course in Moodle has this short name: give another one.",
    "ends_before_start": "Moodle takes no course that ends before, or when, it starts: correct the dates.",
    "category_not_usable": "The category is gone from Moodle, or hidden from the service account: choose another one.",
    "waits_for_person": "Nothing is wrong, and it does not go by itself: have it sent (etl moodle enrolments).",
    "no_longer_wished": "The administration does not ask for it any more; nothing was sent.",
    "client_not_listed": "The client is not among the clients of the administration any more.",
    "client_archived": "The client is archived: make the client active, or withdraw the enrolment.",
    "client_incomplete": "Moodle makes no account without first name, last name and e-mail address: complete the"
    " client, or store the Moodle user id of the client.",
    "ambiguous_account": "More than one account in Moodle fits the client; nobody is guessed: store the Moodle user id"
    " of the client, or correct the accounts.",
    "account_of_another": "The account that fits the client carries another client's number, or is known to be another"
    " client's: correct the account in Moodle, or store the Moodle user id of the client.",
    "account_is_staff": "The account has other roles in Moodle than that of learners (a teacher, the service account):"
    " nothing is sent for it. Give the client an account of their own.",
    "service_is_administrator": "The service account is an administrator of the site, from whom Moodle protects no"
    " other one, so that no account is touched that was there before: give it a role of its own.",
    "enrolment_not_ours": "The person was in the course before the enrolment was sent; with which times is not known:"
    " suspend the enrolment in Moodle.",
    "course_of_several": "The course follows several occurrences, so that nobody knows whose dates and status it takes"
    " over: switch follow off for all but one of them.",
    "course_not_following": "The course has what its occurrence says, or follows it no more.",
    "import_incomplete": "A part of the template is in the course, and nothing more came: complete the course by hand,"
    " or empty it and import again (etl moodle courses import).",
}

MENDED: Final = {
    "course_not_linked": COURSE,
    "account_gone": CLIENT_NUMBER,
    "username_taken": USERNAME,
    "email_taken": EMAIL,
    "value_not_taken": USERNAME,
    "role_not_assignable": in_row("moodle_writing", "set another role", {"source": "source"}, "role_id"),
    "idnumber_taken": COURSE,
    "short_name_taken": COURSE,
    "category_not_usable": COURSE,
    "ends_before_start": FINISH_DATE,
    "course_of_several": FOLLOW,
    "waits_for_person": Place(
        "enrolments", "have it sent", {"occurrence": "occurrence"}, {"state": "ready"}, "rows"
    ),
    "client_not_listed": GIVEN_NAME,
    "client_archived": ARCHIVED,
    "client_incomplete": GIVEN_NAME,
    "ambiguous_account": CLIENT_NUMBER,
    "account_of_another": CLIENT_NUMBER,
}
