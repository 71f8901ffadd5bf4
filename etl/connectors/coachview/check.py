"""The test of a connection to Coachview: what is agreed on sending, and whether what is read back later can be read."""

from etl.connections import CheckReport
from etl.connectors.coachview.account import account
from etl.connectors.coachview.client import ENTITIES, CoachviewClient
from etl.engine.connection_test import Tested
from etl.errors import GiveUp
from etl.http.statuses import Refused


def check_connection(tested: Tested) -> CheckReport:
    """What sending lacks, and one row of each list; a list without its scope is named."""
    problems, notes = [], []
    try:
        account(tested.connection)
    except GiveUp as problem:
        problems.append(str(problem))
    with CoachviewClient(tested.at_once) as client:
        for entity in ENTITIES:
            try:
                client.rows(entity, take="1")
            except Refused as problem:
                problems.append(str(problem))
            else:
                notes.append(f"{entity}: can be read")
    return CheckReport(not problems, [*problems, *notes])
