"""What becomes of a completion that an e-learning system reports, said at once: its registration follows soon."""

from sqlalchemy import Connection as Session

from etl.engine.webhooks.heard import ReportedCompletion
from etl.engine.webhooks.integrations import Integration
from etl.engine.webhooks.receiver import Verdict
from etl.results import registrations
from etl.transform.reasons import reason


def verdict(session: Session, integration: Integration, said: ReportedCompletion) -> Verdict:
    """Whether a completion is registered, was already, or is not, and why. Nothing is decided here for good."""
    if not integration.active:
        return _refused("integration_paused")
    if said.grade is not None and not integration.holds(said.grade):
        return _refused("grade_outside_definition")
    told = registrations.answer(session, integration.integration, said.person_id, said.course_id)
    return _refused(told.reason) if told.outcome == "refused" else Verdict(told.outcome)


def _refused(reason_code: str) -> Verdict:
    return Verdict("refused", reason_code, reason(reason_code))
