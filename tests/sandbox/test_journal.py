"""What the stand-ins were told outlives them, until everything is as it was at first."""

from urllib.parse import urlencode

from etl.sandbox import accounts
from etl.sandbox.frame import Call
from etl.sandbox.moodle.protocol import SERVER
from etl.sandbox.server import create_app

ENROLMENT = {
    "wstoken": accounts.MOODLE_TOKEN,
    "wsfunction": "enrol_manual_enrol_users",
    "moodlewsrestformat": "json",
    "enrolments[0][roleid]": "5",
    "enrolments[0][userid]": "7",
    "enrolments[0][courseid]": "5",
}
TOLD = {"PersoonExterneId": "P0001", "Elearningcode": "2", "DatumVoltooid": "2026-09-25", "Resultaat": "8.7"}


def shown(app):
    coachview, moodle = app.systems["coachview"], app.systems["moodle"]
    return coachview.books.registered(), moodle.site.books.shown()["enrolments"]


def tell(app):
    app.systems["coachview"].books.tell(TOLD)
    app.systems["moodle"].answer(Call("POST", SERVER, "", {}, urlencode(ENROLMENT).encode(), ""))


def test_what_coachview_and_moodle_were_told_is_there_after_a_restart_and_gone_after_a_reset(tmp_path):
    first = create_app(tmp_path)
    at_first = shown(first)
    tell(first)
    assert at_first == ([], [])
    assert [len(books) for books in shown(first)] == [1, 1]
    again = create_app(tmp_path)
    assert shown(again) == shown(first)
    again.reset()
    assert shown(again) == shown(create_app(tmp_path)) == at_first
