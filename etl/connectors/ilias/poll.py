"""What one ILIAS site is asked, in one session: what changed, then only what new completions need besides."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection as Session

from etl.connectors.ilias import derive, document
from etl.connectors.ilias.client import IliasClient
from etl.connectors.ilias.derive import CHANGES, RESULTS, USERS, Site
from etl.connectors.ilias.people import PEOPLE
from etl.engine import failpoint
from etl.engine.night import batches_of
from etl.engine.people import Withheld
from etl.errors import EtlError, GiveUp, RetryLater
from etl.load import erased, landing
from etl.load.landing import Answer

Stage = Callable[[], AbstractContextManager[Session]]

_BEGINNING: Final = "1970-01-01 00:00:00"
# Asked again each time: what a slow transaction wrote late, and the hour that the site's clock has twice in autumn.
_OVERLAP: Final = timedelta(hours=2)
_USERS_A_CALL: Final = 100  # whose ids are the key of their answer, which an index has to hold


class SitePoll:
    """Each answer is landed before the next one is asked for. ``problems``: of calls that failed, by what they were
    of.
    """

    def __init__(self, stage: Stage, run_id: str, site: Site, client: IliasClient, *, full: bool) -> None:
        self.problems: dict[str, EtlError] = {}
        self._stage = stage
        self._run_id = run_id
        self._site = site
        self._client = client
        self._full = full
        with stage() as session:
            self._withheld = Withheld(erased.read(session), PEOPLE, site.integration)

    @property
    def note(self) -> str | None:
        """What the report says of people who were erased."""
        return self._withheld.note

    def changes(self) -> None:
        """What changed since the newest change that was derived. Raises what the client raises."""
        with self._stage() as session:
            seen_to = derive.state(session, self._site.integration).seen_to
        since = self._since(None if self._full else seen_to)
        body = self._client.changes(since)
        document.decode_changes(
            body, self._site.zone
        )  # what cannot be read is not landed, and asked for again
        self._land(CHANGES, since, body)
        failpoint.point("ilias.landed")

    def people_and_marks(self) -> None:
        """Users and tests that completions wait for; a call that fails stops no other."""
        with self._stage() as session:
            wanted = derive.asked_for(session, self._site, again=self._full)
        for users in batches_of(wanted.users, _USERS_A_CALL):
            self._ask("users", USERS, ",".join(users), partial(self._client.users, users))
        for test in wanted.tests:
            self._ask(f"test {test}", RESULTS, test, partial(self._client.test_results, test))
        failpoint.point("ilias.asked")

    def _since(self, seen_to: str | None) -> str:
        if seen_to is not None:
            return derive.earlier(seen_to, _OVERLAP)
        begin = self._site.account.begin
        return f"{begin} 00:00:00" if begin else _BEGINNING

    def _ask(self, what: str, resource: str, key: str, call: Callable[[], bytes]) -> None:
        try:
            body = call()
            (document.decode_users if resource == USERS else document.decode_results)(body)
        except (GiveUp, RetryLater) as problem:
            self.problems[f"{self._site.integration}/{what}"] = problem
        else:
            self._land(resource, key, body)

    def _land(self, resource: str, key: str, body: bytes) -> None:
        with self._stage() as session:
            answer = self._withheld.others(Answer("", resource, key, body))
            landing.land(session, self._run_id, self._site.integration, [answer])
