"""Why completions wait, where that is so with ILIAS alone: each reason code with its sentence."""

from typing import Final

REASONS: Final = {
    "user_not_read": "The data of this user could not be read yet; the next run asks again.",
    "user_gone": "ILIAS shows no user of this id any more, so that nobody knows whose completion it is.",
    "number_missing": "The user has no number in the field that persons are known by, or the site does not export that"
    " field: fill it in, or let the site export it.",
    "mark_not_read": "The result of the test that is the mark of this course could not be read yet; the next run asks"
    " again.",
    "mark_missing": "The test that is the mark of this course has no result of this user: have it taken, or take the"
    " course out of the tests of the connection, which then registers it without a result.",
}
