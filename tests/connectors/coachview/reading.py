"""A Coachview whose requests are read, runs of the flow, and what they leave."""

from etl.connectors.coachview import requests
from etl.engine.options import Options
from etl.load.report import read_report
from tests.connectors.coachview.listed import Lists, reads

REQUESTS = (
    "select request_code, training_code, person_id, coalesce(external_id, '-') as external_id, status"
    " from core.training_requests where closed_at is null order by 1"
)
PARTS = (
    "select part_code, training_code, integration, course_id from core.training_parts"
    " where closed_at is null order by 1"
)
HELD = (
    "select request_code, part_code, cast(result as text), finished, approved, cast(approved_on as text)"
    " from core.training_request_parts where closed_at is null order by 1, 2"
)
ROWS = "select id from raw.coachview_rows where entity"
READ = [("r1", "t1", "p1", "X-1", "open"), ("r2", "t1", "p2", "-", "cancelled")]


class Reading:
    """A site whose requests are read, and runs of the flow."""

    def __init__(self, school, read):
        self.school = school
        self.engine = school.engine
        self.coachview = school.sandbox.coachview
        self.lists = Lists(self.coachview)
        self.counters = school.sandbox.counters
        school.connection = reads(school.connection)
        self._read = read

    def night(self, **options):
        """A run; its status."""
        self.run_id, status = requests.run(self.engine, self.school.connect, Options(**options))
        return status

    def report(self):
        return read_report(self.engine, self.run_id).runs[0]

    def written(self):
        """Rows that the last run wrote into the reference data."""
        return sum(step.counts.written for step in self.report().steps)

    def notes(self):
        return [f"{one.scope}: {one.note}" for one in self.report().notes]

    def problems(self):
        return [(one.scope, one.sentence) for one in self.report().problems]

    def calls(self):
        """Requests since the last time that this was asked."""
        found = self.counters.total("coachview")
        self.counters.reset()
        return found

    def rows(self, statement):
        return [tuple(row) for row in self._read(statement).astype(object).to_numpy()]

    def listed(self):
        return {
            (row[0], row[1]): row[2]
            for row in self.rows(
                "select reason_code, record_key, reason from mart.rejections"
                " where source = 'coachview' and resolved_at is null and resource like 'train%'"
            )
        }
