"""The night of Moodle: plan, land, derive and load unit results and course completions (docs/connectors/moodle.md).

Each function is one task; the DAG and the command line call the same ones. They pass ids only.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import contract
from etl.connectors.moodle import derive as moodle_derive
from etl.connectors.moodle.before_poll import CourseList, before_poll
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.landed import FLOW, LATE, SYSTEM, USERS, read_courses
from etl.connectors.moodle.poll import CoursePoll
from etl.engine import failpoint, night
from etl.engine.night import Batch, Connect
from etl.engine.options import Options
from etl.engine.polling import poll_each, unpolled
from etl.engine.sources import Source, source_named
from etl.errors import GiveUp
from etl.load import landing, rejections, runs
from etl.load.merge import merge
from etl.load.runs import Counts
from etl.results.administration import Administration
from etl.transform.poll_plan import sweep_due
from etl.transform.rejected import combined, rejected_rows


def open_run(engine: Engine, options: Options, airflow_run_id: str | None = None) -> str:
    """Open a run and return its id."""
    return night.open_run(engine, FLOW, options, airflow_run_id)


def plan(engine: Engine, run_id: str, connect: Connect, options: Options) -> list[Batch]:
    """Ask each site for its courses and say which are to be polled tonight, in batches.

    A site that cannot be asked now is one batch whose courses are not known yet.
    """
    with engine.begin() as session:
        for flow in (FLOW, LATE):
            rejections.leave_sources(session, run_id, flow)
    return night.plan_sites(
        engine, run_id, SYSTEM, options, lambda source: _plan_source(engine, run_id, connect, source, options)
    )


def land(engine: Engine, run_id: str, batch: Batch, connect: Connect, options: Options) -> None:
    """Poll the courses of a batch and store the answers as received; one that fails does not stop the others.

    Courses that this run has polled already are not asked again. Raises GiveUp at once, RetryLater at the end.
    """
    source = source_named(engine, SYSTEM, batch["source"])
    wanted = batch["courses"]
    if wanted is None:
        with night.problem_recorded(engine, run_id, "plan", source.source):
            wanted = _plan_source(engine, run_id, connect, source, options)
    scopes = unpolled(engine, run_id, source, wanted, options)
    administration, courses = Administration(engine, source, scopes), CourseList(engine, source)
    with MoodleClient(connect(source.connection_id)) as client:
        poll_each(
            engine,
            run_id,
            FLOW,
            source,
            scopes,
            begin=lambda scope: CoursePoll(client, scope, administration, courses.state(scope)),
            ask=lambda poll: _poll(engine, source, poll, courses, options),
            ask_site=client.site_info,
        )


def derive(engine: Engine, run_id: str, batch: Batch, options: Options) -> None:
    """Derive results from what was landed and load them; what did not change since is not derived again."""
    source = source_named(engine, SYSTEM, batch["source"])
    courses = batch["courses"]
    if courses is None:
        with engine.connect() as session:
            wanted = db.query(session, "results/courses.occurrences", source=source.source)
        courses = _asked(wanted, set(wanted["scope"]), options)  # nothing landed, nothing derived
    moodle_derive.derive(engine, run_id, source, courses, options)


def finish(engine: Engine, run_id: str, failed_tasks: int = 0) -> str:
    """Close the run and return its status: ``incomplete`` when a course or a site could not be read."""
    return night.close_run(engine, run_id, failed_tasks)


def run(engine: Engine, connect: Connect, options: Options) -> tuple[str, str]:
    """The whole night without Airflow; returns the run's id and status."""
    run_id = open_run(engine, options)

    def tasks() -> Iterator[Callable[[], None]]:
        for batch in plan(engine, run_id, connect, options):
            yield partial(land, engine, run_id, batch, connect, options)
            yield partial(derive, engine, run_id, batch, options)

    return night.whole_run(engine, run_id, tasks(), partial(finish, engine, run_id))


def _plan_source(
    engine: Engine, run_id: str, connect: Connect, source: Source, options: Options
) -> list[str]:
    """Land the site's list of courses and return those that count for something."""
    with MoodleClient(connect(source.connection_id)) as client:
        body = client.courses()
        cost = Counts(calls=client.calls, bytes=client.bytes)
    decoded = contract.decode_courses(body)
    if decoded.frame.empty:
        raise GiveUp(
            f"{source.source}: the site's list shows no course that can be read, not even its front page:"
            " look at the service account's role and at what core_course_get_courses_by_field answers"
        )
    columns = ["source_course_id", "name", "idnumber", "visible"]
    with engine.begin() as session:
        landing.land(session, run_id, source.source, [landing.Answer("", "courses", "", body)])
        merge(session, "core.courses", decoded.frame[columns], "results/courses.merge", source=source.source)
        if decoded.rejected.empty:  # else one that cannot be read would be taken for one that is gone
            present = decoded.frame["source_course_id"].tolist()
            db.execute(session, "results/courses.gone", source=source.source, present=present)
        db.execute(session, "moodle/courses.links_found", source=source.source)
        wanted = db.query(session, "results/courses.occurrences", source=source.source)
        hidden = _hidden_idnumbers(session, source, decoded.frame)
        rejected = combined([_malformed(decoded.rejected), hidden, *_unreachable(session, source, wanted)])
        rejections.replace(session, run_id, FLOW, source.source, [""], rejected)
        _close_left(session, run_id, source, wanted)
        runs.record_step(session, run_id, "plan", source.source, cost)
        late = _to_be_looked_at(session, source, wanted)
    failpoint.point("plan.landed")
    return _asked(wanted, late, options)


def _asked(wanted: pd.DataFrame, late: set[str], options: Options) -> list[str]:
    """The courses that are there and count for something now, or those of them that a person asked for."""
    news = (wanted["status"] != "finished") | wanted["scope"].isin(late) | wanted["waited_for"]
    scopes = set(wanted.loc[~wanted["gone"] & (options.full | news), "scope"])
    return night.in_order(scopes & options.courses if options.courses else scopes)


def _close_left(session: Session, run_id: str, source: Source, wanted: pd.DataFrame) -> None:
    """What is open of courses that are gone, finished, cancelled or linked to nothing is nobody's business any more;
    what the weekly look at a finished one finds stays open for itself.
    """
    there = wanted[~wanted["gone"]]
    current = set(there.loc[there["status"] != "finished", "scope"])
    rejections.leave(session, run_id, FLOW, source.source, ["", *current])
    rejections.leave(session, run_id, LATE, source.source, set(there["scope"]) - current)


def _to_be_looked_at(session: Session, source: Source, wanted: pd.DataFrame) -> set[str]:
    """Courses of finished occurrences that were read before, a week ago or longer: grades may still come in."""
    finished = wanted.loc[wanted["status"] == "finished", "scope"].unique().tolist()
    at = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
    read = db.rows(session, "load/landing.last", source=source.source, scopes=finished, resource=USERS)
    return {row["scope"] for row in read if sweep_due(row["landed_at"], at)}


def _hidden_idnumbers(session: Session, source: Source, courses: pd.DataFrame) -> pd.DataFrame:
    """Courses whose idnumber was known and is not shown any more; the known one is used."""
    unshown = courses.loc[courses["idnumber"].isna(), "source_course_id"].tolist()
    found = db.rows(session, "moodle/courses.idnumbers_hidden", source=source.source, unshown=unshown)
    known = pd.Series([row["source_course_id"] for row in found], dtype="str")
    return rejected_rows(pd.Series("", index=known.index), "course", known, "idnumber_hidden")


def _unreachable(session: Session, source: Source, wanted: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Links to courses that are gone, and mapped occurrences to which no course is linked."""
    gone = wanted.loc[wanted["gone"], "scope"].drop_duplicates()
    yield rejected_rows(pd.Series("", index=gone.index), "course", gone, "course_gone")
    linked = wanted["occurrence_code"].dropna().tolist()
    found = db.rows(session, "moodle/courses.occurrences_unlinked", source=source.source, linked=linked)
    unlinked = pd.Series([row["occurrence_code"] for row in found], dtype="str")
    yield rejected_rows(pd.Series("", index=unlinked.index), "occurrence", unlinked, "course_not_linked")


def _malformed(rejected: pd.DataFrame) -> pd.DataFrame:
    return rejected.assign(scope="", resource="course") if not rejected.empty else combined([])


def _poll(engine: Engine, source: Source, poll: CoursePoll, courses: CourseList, options: Options) -> None:
    users = poll.ask_users()
    now = contract.decode_enrolled_users(users).frame
    with engine.connect() as session:
        facts = poll.mapped, poll.occurrences, poll.finished
        before, at = before_poll(session, source, poll.scope, courses, *facts)
        if before.quiet(users, now, at) and not options.full:
            return
        participants = before.landed[before.landed["resource"] == USERS]  # all that is compared
        held = next(read_courses(session, participants), None)
        reported = before.learners(session)
    poll.ask_changes(now, before, None if held is None else held.users, reported, at, options.full)
