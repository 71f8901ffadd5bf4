"""The test of a connection to Coachview: what is agreed on, and whether what is read can be read, list by list."""

from etl.connections import CheckReport
from etl.connectors.coachview.account import CoachviewAccount, account
from etl.connectors.coachview.client import CoachviewClient, ListPage
from etl.connectors.coachview.entities import DONE, ENTITIES, Entity
from etl.engine.connection_test import Tested
from etl.errors import GiveUp


def check_connection(tested: Tested) -> CheckReport:
    """What the settings lack, and one row of each list that is used, by a token for that list alone: so each list that
    lacks its scope is named.
    """
    agreed, problems, notes = None, [], []
    try:
        agreed = account(tested.connection)
    except GiveUp as problem:
        problems.append(str(problem))
    refused: dict[str, list[str]] = {}
    for entity in _used(agreed):
        with CoachviewClient(tested.at_once, [entity.name]) as client:
            try:
                page = client.page(entity.name, take=1)
            except GiveUp as problem:
                refused.setdefault(str(problem), []).append(entity.name)
            else:
                notes.append(f"{entity.name}: can be read{_lacking(entity, page)}")
    if agreed and agreed.read and not agreed.environments:
        notes.append("no e-learning environment is named: no part of a training will be taken")
    problems += [f"{', '.join(names)}: {problem}" for problem, names in refused.items()]
    return CheckReport(not problems, [*problems, *notes])


def _used(agreed: CoachviewAccount | None) -> list[Entity]:
    """The lists that are read: what became of results, and the others where requests are read."""
    return [entity for entity in ENTITIES if entity.name == DONE or (agreed and agreed.read)]


def _lacking(entity: Entity, page: ListPage) -> str:
    """Which of the fields that are used a row does not have: not all their names are published."""
    missing = [field for field in entity.fields.values() if field not in page.rows[0]] if page.rows else []
    return f", but its first row has no {', '.join(missing)}" if missing else ""
