"""How far a run is that a page started: Airflow's word for it, and what the warehouse holds of it so far."""

from dataclasses import dataclass
from typing import Final

from etl.load.report import read_run
from etl.load.report_types import Run
from etl.pages.host import FlowRun, PagesHost

# The state of a run in Airflow: its colour and shape, and the words beside it.
STATES: Final = {
    "queued": ("adjusted", "waits for its turn"),
    "running": ("adjusted", "running"),
    "success": ("ready", "done"),
    "failed": ("blocked", "stopped, or not complete"),
}


@dataclass(frozen=True)
class Progress:
    """A run, and what was recorded of it; None: it did not begin yet."""

    flow: str
    run: FlowRun
    so_far: Run | None

    @property
    def state(self) -> tuple[str, str]:
        """Its colour and words."""
        return STATES[self.run.state]


def progress_of(host: PagesHost, flow: str, run_id: str) -> Progress | None:
    """How far a run is; None where there is no such run."""
    run = host.runs.find(flow, run_id) if host.runs else None
    return Progress(flow, run, read_run(host.engine(), run_id, flow)) if run else None
