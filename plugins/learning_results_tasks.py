"""The tasks that flows have in common. A DAG file says what is its own: when, in which pool, what else follows.

A flow is named as in the list of connectors, and found there when a task runs: reading a DAG file stays cheap.
"""

from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule, task, task_group
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSkipException
from learning_results_airflow import begin_run, connect, end_of_run, run_options, work

if TYPE_CHECKING:
    from airflow.sdk import Asset, XComArg


def flow_named(name: str) -> Any:
    """The functions of a flow."""
    from etl.connectors import registry

    return registry.flow(name)


def doc(text: str | None, **pages: str) -> str:
    """What a DAG file says of its flow, with links to the pages where its work is seen and mended: word by address."""
    address = conf.get("api", "base_url", fallback="").rstrip("/") + "/learning-results/pages"
    shown = {"tonight": "Tonight", **pages, "rejections": "Rejections"}
    links = ", ".join(f"[{word}]({address}/{page})" for page, word in shown.items())
    return f"{text or ''}\n**Pages**: {links}; each run has its own in the tab *Report*.\n"


def open_run(flow: str) -> "XComArg":
    """The first task of every flow: its result is the id of the run."""

    @task(task_id="open_run")
    def opened(**context: Any) -> str:
        return begin_run(flow_named(flow), context)

    return opened()


def report(flow: str, run: "XComArg") -> "XComArg":
    """The last task of every flow, red when the run is; its result is how many rows the run wrote."""

    @task(task_id="report", trigger_rule=TriggerRule.ALL_DONE)
    def reported(run: str, **context: Any) -> int:
        return end_of_run(flow_named(flow), run, context)

    return reported(run)


def tell(asset: "Asset", written: "XComArg") -> "XComArg":
    """Tell the flows that follow that results came in; they read the warehouse, never this event."""

    @task(task_id="loaded", outlets=[asset])
    def told(written: int, **context: Any) -> None:
        if run_options(context).dry_run:
            raise AirflowSkipException("a dry run has no effects: nothing is to follow from it")
        if not written:
            raise AirflowSkipException("nothing new was recorded: nothing is to follow from it")

    return told(written)


def pushes(flow: str, run: "XComArg", pool: str) -> Any:
    """What is due is planned, then sent account by account."""

    @task(pool=pool)
    def plan(run: str, **context: Any) -> list[Any]:
        with work(run, context) as engine:
            return list(flow_named(flow).plan(engine, run, connect, run_options(context)))

    @task(pool=pool)
    def push(run: str, account: Any, **context: Any) -> None:
        with work(run, context) as engine:
            flow_named(flow).push_account(engine, run, account, connect)

    return push.partial(run=run).expand(account=plan(run))


def course_batches(flow: str, run: "XComArg", pool: str) -> Any:
    """A night of courses: batches of them that are landed and derived, each by itself."""

    @task(pool=pool)
    def plan(run: str, **context: Any) -> list[dict[str, Any]]:
        with work(run, context) as engine:
            return list(flow_named(flow).plan(engine, run, connect, run_options(context)))

    @task(pool=pool)
    def land(run: str, batch: dict[str, Any], **context: Any) -> None:
        with work(run, context) as engine:
            flow_named(flow).land(engine, run, batch, connect, run_options(context))

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def derive(run: str, batch: dict[str, Any], **context: Any) -> None:
        with work(run, context) as engine:
            flow_named(flow).derive(engine, run, batch, connect, run_options(context))

    @task_group
    def batch(run: str, batch: dict[str, Any]) -> None:
        land(run, batch) >> derive(run, batch)

    return batch.partial(run=run).expand(batch=plan(run))
