"""Runs of the flows for the pages: started and stopped as Airflow's own buttons do it."""

from collections.abc import Mapping
from typing import Any, cast

from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.core_api.datamodels.dag_run import DagRunMutableStates
from airflow.api_fastapi.core_api.services.public.dag_run import patch_dag_run_state
from airflow.exceptions import ParamValidationError
from airflow.models import DagModel, DagRun, Log
from airflow.models.dagbag import DBDagBag
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from etl.errors import InvalidInput
from etl.pages.host import UNDER_WAY, AlreadyDone, FlowRun


class AirflowRuns:
    """The runs in the database of this Airflow. A call lasts as long as its own statements."""

    def under_way(self, flow: str) -> list[FlowRun]:
        """Those that wait or run now, newest first; none of a backfill, which derives past nights."""
        with create_session() as session:
            return _under_way(session, flow)

    def find(self, flow: str, run_id: str) -> FlowRun | None:
        """One run, over or not."""
        with create_session() as session:
            run = session.scalar(_of(flow).where(DagRun.run_id == run_id))
            return _as_told(run) if run else None

    def start(
        self, flow: str, conf: Mapping[str, Any], by: str, already: AlreadyDone
    ) -> tuple[FlowRun, bool]:
        """As Airflow's button *Trigger*, unless one of those under way does ``already`` what is asked for."""
        with create_session() as session:
            _take_turns(session, flow)
            if found := already(_under_way(session, flow)):
                return found, False
            try:
                run = trigger_dag(
                    flow,
                    triggered_by=DagRunTriggeredByType.UI,
                    triggering_user_name=by,
                    conf=dict(conf),
                    session=session,
                )
            except (ParamValidationError, ValueError) as refused:
                raise InvalidInput(f"Airflow does not start {flow}: {refused}") from None
            _keep_who(session, "trigger_dag_run", flow, run.run_id, by)
            return _as_told(run), True

    def stop(self, flow: str, run_id: str, by: str) -> bool:
        """As Airflow's button *Mark as failed*: what runs is ended, what waits is skipped. Was it under way?"""
        with create_session() as session:
            run = session.scalar(_of(flow).where(DagRun.run_id == run_id))
            if run is None or run.state not in UNDER_WAY:
                return False
            dag = DBDagBag().get_dag_for_run(run, session=session)
            if dag is None:
                raise InvalidInput(f"Airflow does not know {flow} any more")
            if run.note is None:
                run.note = (f"Stopped on the pages by {by}.", None)
            patch_dag_run_state(dag=dag, dag_run=run, state=DagRunMutableStates.FAILED, session=session)
            _keep_who(session, "patch_dag_run", flow, run_id, by)
            return True


def _take_turns(session: Session, flow: str) -> None:
    """Nobody else starts a run of this flow from a page until the session ends. Raises InvalidInput where none can."""
    known = select(DagModel.is_paused, DagModel.is_stale, DagModel.has_import_errors)
    found = session.execute(known.where(DagModel.dag_id == flow).with_for_update()).one_or_none()
    if found is None or found.is_stale:
        raise InvalidInput(f"Airflow does not know {flow}: does its DAG processor run?")
    if found.has_import_errors:
        raise InvalidInput(f"the file of {flow} cannot be read by Airflow, which says why")
    if found.is_paused:
        raise InvalidInput(f"{flow} is switched off in Airflow: switch it on there first")


def _of(flow: str) -> Select[tuple[DagRun]]:
    return select(DagRun).where(DagRun.dag_id == flow)


def _under_way(session: Session, flow: str) -> list[FlowRun]:
    now = _of(flow).where(DagRun.state.in_(UNDER_WAY), DagRun.run_type != DagRunType.BACKFILL_JOB)
    return [_as_told(run) for run in session.scalars(now.order_by(DagRun.id.desc()))]


def _as_told(run: DagRun) -> FlowRun:
    return FlowRun(
        run.run_id, cast(Any, str(run.state)), run.conf or {}, run.triggering_user_name, run.run_after
    )


def _keep_who(session: Session, event: str, flow: str, run_id: str, by: str) -> None:
    """Airflow's audit log has it as if it were asked of Airflow's own API."""
    session.add(Log(event=event, owner=by, owner_display_name=by, extra=None, dag_id=flow, run_id=run_id))
