"""The test of a connection to an ILIAS site: that its account can read all that a poll needs, and what is missing."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from etl import db
from etl.connections import CheckReport
from etl.connectors.ilias import document
from etl.connectors.ilias.account import MATRICULATION
from etl.connectors.ilias.client import IliasClient
from etl.engine.connection_test import Tested
from etl.errors import CapabilityMissing, GiveUp

_LOOKED_BACK: Final = timedelta(days=30)
_SOME: Final = 20  # users whose numbers are looked at
_PROGRESS: Final = "learning progress (ask an administrator of ILIAS which right its version wants for it)"
_USERS: Final = "user data (read access to the administration's user accounts)"
_RESULTS: Final = "test results (edit settings, or results of participants, in the test)"


def check_connection(tested: Tested) -> CheckReport:
    """Logs in, asks what changed lately, for some of its users' numbers, and for each test; registers nothing."""
    with tested.reading() as engine, engine.connect() as session:
        known = [
            row["connection_id"] for row in db.rows(session, "ilias/completions.connections", system="ilias")
        ]
        ids = [one for one in known if tested.leads_to(one)]
        rows = db.rows(session, "ilias/completions.courses", system="ilias", connection_ids=ids)
    with IliasClient(tested.at_once) as client:
        client.log_in()
        found = _Found(client)
        found.look_at_progress_and_users()
        found.look_at_tests({row["course_id"]: row["sends_result"] for row in rows})
    return CheckReport(
        not found.problems, ["The login works, and SOAP is enabled", *found.notes, *found.problems]
    )


class _Found:
    """What was seen, and what is missing."""

    def __init__(self, client: IliasClient) -> None:
        self._client = client
        self.notes: list[str] = []
        self.problems: list[str] = []

    def look_at_progress_and_users(self) -> None:
        """The changes of the last month, and the numbers of some users among them."""
        since = f"{datetime.now(UTC) - _LOOKED_BACK:%Y-%m-%d %H:%M:%S}"
        try:
            changes = document.decode_changes(self._client.changes(since), ZoneInfo("UTC"))
        except CapabilityMissing:
            self.problems.append(f"The account lacks the right to {_PROGRESS}")
            return
        self.notes.append(f"Changes of learning progress in the last 30 days: {len(changes.frame)}")
        completed = changes.frame[changes.frame["status"] == document.COMPLETED]
        users = sorted(set(completed["user_id"]))[:_SOME]
        if not users:
            self.notes.append("Nobody completed anything in them, so that nobody's number was looked at")
            return
        try:
            numbers = document.decode_users(self._client.users(users)).frame[
                self._client.account.person_field
            ]
        except CapabilityMissing:
            self.problems.append(f"The account lacks the right to {_USERS}")
            return
        self._look_at_numbers(len(users), int(numbers.notna().sum()))

    def _look_at_numbers(self, users: int, filled: int) -> None:
        field = "Matriculation" if self._client.account.person_field == MATRICULATION else "ExternalAccount"
        if filled:
            self.notes.append(f"{field} is shown of {filled} of {users} users")
        else:
            self.problems.append(
                f"{field} is shown of none of {users} users: is it filled in, and among the fields that the site"
                " exports (Administration, User Management, Settings)?"
            )

    def look_at_tests(self, courses: dict[str, bool]) -> None:
        """Whether each test that is to give a mark can be read; which courses of trainings have none."""
        tests = self._client.account.tests
        for test in sorted({test for course, test in tests.items() if courses.get(course, True)}):
            try:
                results = document.decode_results(self._client.test_results(test)).frame
            except CapabilityMissing:
                self.problems.append(f"Test {test}: the account lacks the right to {_RESULTS}")
            except GiveUp as problem:
                self.problems.append(str(problem))
            else:
                self.notes.append(f"Test {test}: results of {len(results)} users")
        without = [course for course, sends_result in courses.items() if sends_result and course not in tests]
        if without:
            self.notes.append(
                f"Courses of trainings that are registered without a result: {', '.join(without)}"
            )
