"""What every DAG file and hook shares with Airflow: connections, the warehouse, retries.

Airflow has this folder on its path. Import here what costs nothing; the tasks import the rest.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Context, Param
from airflow.sdk.definitions.retry_policy import (
    ExceptionRetryPolicy,
    RetryAction,
    RetryDecision,
    RetryRule,
)
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from etl.connections import Connection, entered
from etl.errors import GiveUp, InvalidInput, OutcomeUnknown, RejectRecord, RetryLater

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from etl.flows.options import Options

SOON = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


class NextStepPolicy(ExceptionRetryPolicy):
    """Retries by error class, and not before the system asked to be asked again."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """What to do next about this error."""
        decision = super().evaluate(exception, try_number, max_tries, context)
        asked = getattr(exception, "retry_after", None)
        if decision.retry_delay is None or asked is None:
            return decision
        delay = max(decision.retry_delay, timedelta(seconds=asked))
        return replace(decision, retry_delay=min(delay, LONGEST_WAIT))


# Any other error is none that the product raises on purpose: Airflow's ordinary retries apply.
RETRY_POLICY = NextStepPolicy(
    [
        RetryRule(RetryLater, RetryAction.RETRY, SOON, "the system is to be asked again later"),
        # A retry settles it first: the push ledger offers nothing again whose outcome it may not know.
        RetryRule(OutcomeUnknown, RetryAction.RETRY, 2 * SOON, "the outcome is to be settled"),
        RetryRule([GiveUp, InvalidInput], RetryAction.FAIL, reason="a person has to change something first"),
        RetryRule(RejectRecord, RetryAction.FAIL, reason="the same record would be rejected again"),
    ]
)
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "learning results",
    "retries": 3,
    "retry_delay": SOON,
    "retry_policy": RETRY_POLICY,
}


def connect(conn_id: str) -> Connection:
    """A connection from the environment, a secrets backend or Airflow's own list.

    Raises GiveUp when there is none.
    """
    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        name = f"AIRFLOW_CONN_{conn_id.upper()}"
        raise GiveUp(f"connection {conn_id} is not defined: add it in Airflow or set {name}") from None
    extra = entered(found.extra_dejson)
    _mask_all(extra.get("options"))  # Airflow masks by the key's name, and no list of names is complete
    return Connection(
        conn_id=conn_id,
        conn_type=found.conn_type,
        host=found.host or "",
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        port=found.port or None,
        extra=extra,
    )


def warehouse_engine() -> "Engine":
    """The warehouse of WAREHOUSE_URL, or else the embedded one; one engine a process.

    Raises GiveUp where its schema is not that of these programs.
    """
    from etl import embedded

    return _engine(embedded.start_warehouse())


def run_options(context: Mapping[str, Any]) -> "Options":
    """What the run was asked for: its form's parameters and its data interval."""
    from etl.flows.options import read_options

    return read_options(context["params"], context.get("data_interval_end"), datetime.now(UTC))


def night_params(courses: str) -> dict[str, Param]:
    """What a night can be asked for in its form; ``courses`` says which ids are meant."""
    return {
        "courses": Param([], type=["null", "array"], title="Courses", description=courses),
        "from": Param(None, type=["null", "string"], format="date", title="First night"),
        "to": Param(None, type=["null", "string"], format="date", title="Last night"),
        "full": Param(False, type="boolean", title="Ask and derive everything"),
        "dry_run": Param(False, type="boolean", title="Dry run: write no result"),
    }


def failed_tasks(context: Mapping[str, Any]) -> int:
    """How many tasks of this run have failed, or could not run because of one that did."""
    run = context["dag_run"]
    states = ["failed", "upstream_failed"]
    count: int = context["ti"].get_ti_count(dag_id=run.dag_id, run_ids=[run.run_id], states=states)
    return count


def end_of_run(flow: Any, run_id: str, context: Mapping[str, Any]) -> None:
    """Close the run of a flow; the task is red when the run is, with what a person has to look at in its log.

    Raises GiveUp, since running the report again mends nothing.
    """
    from etl.load import runs

    failed = failed_tasks(context)
    engine = warehouse_engine()
    status = flow.finish(engine, run_id, failed)
    with engine.connect() as session:
        found = runs.problems(session, run_id)
    for sentence in found:
        log.error(sentence)
    if status != "success":
        raise GiveUp(f"run {run_id} is {status}: {len(found)} problems, {failed} failed tasks; see above")


@cache
def _engine(url: str) -> "Engine":
    from etl import schema

    return schema.checked(url)


def _mask_all(value: object) -> None:
    if isinstance(value, Mapping):
        for inner in value.values():
            _mask_all(inner)
    elif isinstance(value, str):
        mask_secret(value)
