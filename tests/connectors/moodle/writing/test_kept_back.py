"""Participants that the site keeps back without a word are neither taken for gone nor for new.

A course in separate groups shows nobody to who is in none of them and lacks moodle/site:accessallgroups
(core_enrol_get_enrolled_users in enrol/externallib.php of Moodle); who lacks moodle/user:viewdetails sees no learner.
"""

import pytest

from etl.sandbox.moodle.groups import SEPARATE, VISIBLE
from etl.sandbox.moodle.withheld import Withheld
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE


@pytest.fixture
def keep_back(sandbox):
    """A function that has the participants of the empty course kept back, or shown again."""

    def keep_back(what, really=True, mode=SEPARATE):
        site = sandbox.moodle.site
        site.courses[EMPTY_COURSE]["groupmode"] = mode
        site.withhold(what, really)

    return keep_back


@pytest.mark.parametrize("what", [Withheld.ALL_GROUPS, Withheld.DETAILS])
@pytest.mark.parametrize("how", ["unenrol", "suspend"])
def test_a_withdrawal_is_done_only_where_participants_are_seen(
    what, how, keep_back, client, enrolled, transfer, settings, write, wrote, books, user
):
    settings(on_withdrawal=how)
    client("N1")
    enrolled("N1")
    transfer()
    wrote()
    write("update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-N1'")
    keep_back(what)

    assert transfer() == "incomplete"
    assert wrote() == {}
    kept = (EMPTY_COURSE, user("N1")["id"])
    assert not books.enrolments[kept].suspended

    keep_back(what, really=False)
    assert transfer() == "success"
    assert kept not in books.enrolments or books.enrolments[kept].suspended


def test_who_may_be_in_a_course_whose_participants_are_not_seen_is_not_enrolled_again(
    keep_back, enrolled, transfer, wrote
):
    enrolled("CL00001")
    transfer()
    enrolled("CL00001", code="E-AGAIN")
    wrote()
    keep_back(Withheld.ALL_GROUPS)

    assert transfer() == "incomplete"
    assert wrote() == {}


def test_of_a_course_in_visible_groups_everybody_is_seen(keep_back, client, enrolled, transfer, wrote):
    client("N1")
    enrolled("N1")
    keep_back(Withheld.ALL_GROUPS, mode=VISIBLE)

    assert transfer() == "success"
    assert wrote() == {"create_users": 1, "enrol_users": 1}
