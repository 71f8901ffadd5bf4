"""The test of a connection to Coachview: whether what is read back later can be read."""

from etl.connections import CheckReport
from etl.connectors.coachview.client import ENTITIES, CoachviewClient
from etl.engine.connection_test import Tested
from etl.http.client import Refused


def check_connection(tested: Tested) -> CheckReport:
    """One row of each list; a list without its scope is named."""
    problems, notes = [], []
    with CoachviewClient(tested.at_once) as client:
        for entity in ENTITIES:
            try:
                client.rows(entity, take="1")
            except Refused as problem:
                problems.append(str(problem))
            else:
                notes.append(f"{entity}: can be read")
    return CheckReport(not problems, [*problems, *notes])
