"""What every DAG file and hook shares with Airflow: connections, the warehouse, retries.

Airflow has this folder on its path. Import here what costs nothing; the tasks import the rest.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Context, TriggerRule
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.retry_policy import (
    ExceptionRetryPolicy,
    RetryAction,
    RetryDecision,
    RetryRule,
)
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from airflow.sdk.log import mask_secret

from etl import __version__, settings
from etl.connections import Connection, entered
from etl.errors import (
    ConnectionMissing,
    EtlError,
    GiveUp,
    InvalidInput,
    OutcomeUnknown,
    RejectRecord,
    RetryLater,
)

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from etl.engine.options import Options

SOON = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
# What no outside system asked for (a service that is just starting, a lost connection to a database, a killed
# process) is over in seconds, or takes longer: the first retry comes at once, the next ones later and later.
HICCUP = timedelta(seconds=10)
TIMES_LONGER = 6.0

RED = ("failed", "upstream_failed")


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


# Any other error is none that the product raises on purpose: Airflow's ordinary retries apply, soon and then later.
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
    "retry_delay": HICCUP,
    "retry_exponential_backoff": TIMES_LONGER,
    "max_retry_delay": 2 * SOON,
    "retry_policy": RETRY_POLICY,
}


def connect(conn_id: str) -> Connection:
    """A connection from the environment, a secrets backend or Airflow's own list.

    Raises ConnectionMissing where there is none, GiveUp where it cannot be read.
    """
    name = settings.connection(conn_id)
    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConnectionMissing(
            f"connection {conn_id} is not defined: add it in Airflow or set {name}"
        ) from None
    except (AirflowException, ValueError):  # their texts hold the whole of it
        raise GiveUp(f"connection {conn_id} cannot be read: correct it in Airflow or in {name}") from None
    extra = entered(found.extra_dejson)
    _mask_all(extra.get("options"))  # Airflow masks by the key's name, and no list of names is complete
    return Connection(
        conn_id=conn_id,
        conn_type=found.conn_type,
        host=found.host or "",
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        port=found.port,
        extra=extra,
    )


def warehouse_engine() -> "Engine":
    """The warehouse of WAREHOUSE_URL, or else the embedded one; one engine a process.

    Raises GiveUp where its schema is not that of these programs.
    """
    from etl.db import embedded

    return _engine(embedded.start_warehouse())


def run_options(context: Mapping[str, Any]) -> "Options":
    """What the run was asked for: its form's parameters and its data interval."""
    from etl.engine.options import read_options

    return read_options(context["params"], context.get("data_interval_end"), datetime.now(UTC))


def alerts() -> list[Any]:
    """Who is told of a red run: the mail addresses of ETL_ALERT_MAIL, over the connection smtp_default; else nobody."""
    to = settings.ALERT_MAIL.get()
    if not to:
        return []
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    address = conf.get("api", "base_url", fallback="").rstrip("/")
    report = f"{address}/dags/{{{{ dag.dag_id }}}}/runs/{{{{ run_id }}}}/tasks/report"
    words = f"Run {{{{ run_id }}}} of {{{{ dag.dag_id }}}} is red. What was seen and what to do: {report}"
    return [SmtpNotifier(to=[*to], subject="{{ dag.dag_id }} is red", html_content=f"<p>{words}</p>")]


def page_of(dag_id: str, run_id: str) -> str:
    """Where Airflow shows the report of a run: a tab of that run; below the path that Airflow is served at."""
    address = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{address}/dags/{dag_id}/runs/{run_id}/plugin/learning-results-report"


def begin_run(flow: Any, context: Mapping[str, Any]) -> str:
    """Open the run of a flow and return its id; runs of which Airflow knows that they are over are closed."""
    with _told(context):
        settings.check()
        return _open_run(flow, context)


def _open_run(flow: Any, context: Mapping[str, Any]) -> str:
    from etl.load import runs

    log.info("learning results etl %s", __version__)
    engine, ti, dag_id = warehouse_engine(), context["ti"], context["dag_run"].dag_id
    run: str = flow.open_run(engine, run_options(context), context["run_id"])
    with engine.connect() as session:
        others = runs.open_in_airflow(session, dag_id, run)
    going_on = ["queued", "running"]
    gone = [
        ours
        for ours, airflows in others.items()
        if not ti.get_dr_count(dag_id=dag_id, run_ids=[airflows], states=going_on)
    ]
    with engine.begin() as session:
        for closed in runs.abandon(session, run, gone):
            log.warning("run %s was left behind by a process that is gone: closed as abandoned", closed)
    return run


@contextmanager
def work(run: str, context: Mapping[str, Any]) -> "Iterator[Engine]":
    """What every task of a run has in common, around its own work with the warehouse.

    A run that was closed and cleared goes on. A task that waits for others in whatever way they end does what can
    be done without those that failed, and then is red as they are: so clearing the failed tasks runs everything
    again that has to run again, and a run that is green then is as if nothing had failed.
    """
    from etl.load import runs

    with _told(context):
        engine = warehouse_engine()
        if not run:
            raise GiveUp("this run was not opened: look at its task open_run first")
        with engine.begin() as session:
            runs.resume(session, run)
        yield engine
        if context["task"].trigger_rule == TriggerRule.ALL_DONE and (red := red_before(context)):
            raise GiveUp(f"{red} tasks before this one are red; it did what can be done without them")


@contextmanager
def _told(context: Mapping[str, Any]) -> "Iterator[None]":
    """What a person can do something about is said in the task's log before it is red."""
    try:
        yield
    except EtlError as problem:
        _say(problem, context)
        raise problem.with_traceback(None) from None


def end_of_run(flow: Any, run: str, context: Mapping[str, Any]) -> int:
    """Close the run of a flow and log its report; the task is red when the run is. Returns how many rows it wrote.

    Raises GiveUp, since running the report again mends nothing by itself.
    """
    from etl.connectors import registry
    from etl.load import runs
    from etl.load.report import markdown

    with work(run, context) as engine:
        red = red_before(context)
        status = flow.finish(engine, run, red)
        for line in markdown(engine, run, registry.sentence).splitlines():
            log.info("%s", line)
        run_of = context["dag_run"]
        log.info("The same as a page: %s", page_of(run_of.dag_id, run_of.run_id))
        if status != "success":
            raise GiveUp(f"the run is {status}: {red} red tasks; the report above names each problem")
        with engine.connect() as session:
            return runs.written(session, run)


def red_before(context: Mapping[str, Any]) -> int:
    """How many tasks before this one failed, or could not run because of one that did; of a mapped task those of
    its own index.
    """
    ti, task, run = context["ti"], context["task"], context["dag_run"]
    count: int = ti.get_ti_count(
        dag_id=run.dag_id,
        run_ids=[run.run_id],
        task_ids=sorted(task.get_flat_relative_ids(upstream=True)),
        map_index=ti.map_index if ti.map_index >= 0 else None,
        states=list(RED),
    )
    return count


def _say(problem: EtlError, context: Mapping[str, Any]) -> None:
    """What was seen and what to do, on lines of their own before the trace."""
    from etl.load.problems import what_to_do

    ti = context["ti"]
    decision = RETRY_POLICY.evaluate(problem, ti.try_number, ti.max_tries)
    log.error("%s", problem)
    run = context["dag_run"]
    log.error("What the run did and met: %s", page_of(run.dag_id, run.run_id))
    if decision.action is RetryAction.FAIL or ti.try_number > ti.max_tries:
        log.error("What to do: %s", what_to_do(problem.code))
        return
    when = "at first within seconds"
    if decision.retry_delay is not None:
        when = f"at {datetime.now(UTC) + decision.retry_delay:%H:%M:%S} UTC"
    log.error("What to do: nothing yet, it is tried again by itself %s", when)


@cache
def _engine(url: str) -> "Engine":
    from etl.db import schema

    return schema.checked(url)


def _mask_all(value: object) -> None:
    if isinstance(value, Mapping):
        for inner in value.values():
            _mask_all(inner)
    elif isinstance(value, str):
        mask_secret(value)
