"""The test of a connection to ILIAS names what its account lacks."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from etl.connectors import registry


@pytest.fixture
def checked(engine, ilias, connection):
    """A function that tests the connection; returns whether it is content, and what it says."""
    ilias.books.change("301", "260", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}", "2")

    def checked(**fields):
        report = registry.check(
            replace(connection, **fields), lambda: nullcontext(engine), lambda _: connection
        )
        return report.ok, report.lines

    return checked


def test_all_that_a_poll_needs_can_be_read(checked, ilias):
    content, lines = checked()
    assert content
    assert lines == [
        "The login works, and SOAP is enabled",
        "Changes of learning progress in the last 30 days: 1",
        "Matriculation is shown of 1 of 1 users",
        "Test 85: results of 3 users",
        "Courses of trainings that are registered without a result: 72",
    ]
    assert ilias.sessions == {}


def no_soap(ilias):
    ilias.soap_enabled = False


def without(right):
    return lambda ilias: ilias.rights.discard(right)


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        (no_soap, "SOAP is not enabled for this client"),
        (without("progress"), "The account lacks the right to learning progress"),
        (without("users"), "The account lacks the right to user data"),
        (without("results"), "Test 85: the account lacks the right to test results"),
        (lambda ilias: ilias.exported.clear(), "Matriculation is shown of none of 1 users"),
        (
            lambda ilias: ilias.books.objects.update({"270": ("crs", ["85"])}),
            "results of test 85: there is no test with this reference",
        ),
    ],
)
def test_what_is_missing_is_named(checked, ilias, lack, said):
    lack(ilias)
    content, lines = checked()
    assert (content, any(said in line for line in lines)) == (False, True), lines
    assert ilias.sessions == {}


def test_a_site_where_nobody_completed_anything_lately_says_so(checked, ilias):
    ilias.books.progress.clear()
    content, lines = checked()
    assert (content, "Nobody completed anything in them" in lines[2]) == (True, True)
