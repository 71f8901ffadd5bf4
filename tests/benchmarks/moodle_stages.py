"""What the Moodle benchmark measures, each stage in a process of its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.moodle import contract, course_results
from etl.connectors.moodle import derive as moodle_derive
from etl.connectors.moodle import flow as moodle_results
from etl.connectors.moodle.accounts import refresh
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.grades import GradeReports
from etl.connectors.moodle.landed import ACCESS, COMPLETION, FLOW, GRADES, MODULE, SYSTEM, USER_GRADES, USERS
from etl.connectors.moodle.poll import ACCESS_FIELDS, USER_FIELDS
from etl.engine import night
from etl.engine.options import Options
from etl.engine.sources import Source, sources
from etl.load import landing
from etl.load.landing import Answer
from etl.load.merge import merge, put
from etl.sandbox import accounts
from etl.sandbox.moodle.generated_reference import SOURCE
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from etl.transform.unit_results import RESULT_COLUMNS
from tests.benchmarks.measure import Watch, copied

RESULTS: Final = "core.unit_results"
RESULT_KEY: Final = ("enrolment_code", "unit_code")
_WHAT_A_NIGHT_WRITES: Final = (
    RESULTS,
    "core.course_completions",
    "core.enrolment_completions",
    "ops.derivations",
    "ops.derived_courses",
    "ops.derived_learners",
)
_COURSES_A_LOT: Final = 80
_OPTIONS: Final = {"userfields": ",".join(USER_FIELDS)}
_PROBED: Final = {"userfields": ",".join(ACCESS_FIELDS)}
_COUNTS: Final = """
select
    coalesce(sum(read), 0)::int as read,
    coalesce(sum(written), 0)::int as written,
    coalesce(sum(calls), 0)::int as calls,
    coalesce(sum(bytes), 0)::bigint as bytes
from ops.run_steps where run_id = %s
"""


def decode(watch: Watch, settings: GeneratedSettings) -> None:
    """Grade reports, from bytes to columns, as many courses at a time as are derived together."""
    site = GeneratedSite(settings)
    for courses in night.batches_of(site.course_ids, _COURSES_A_LOT):
        laps = [GradeReports() for _ in watch.laps]
        for course in courses:
            body = site.grade_items(course)
            for lap, reports in enumerate(laps):
                with watch("decode", lap):
                    reports.add(body)
        for lap, reports in enumerate(laps):
            with watch("decode", lap):
                table = reports.table()
        watch.count("decode", len(table.frame))


def land(watch: Watch, url: str, settings: GeneratedSettings) -> None:
    """Every answer of a first night, stored as received."""
    engine, site = db.engine(url), GeneratedSite(settings)
    [source] = sources(engine, SYSTEM)
    run_id = moodle_results.open_run(engine, Options())
    courses = contract.decode_courses(site.courses()).frame.assign(can_be_asked=True)
    with engine.begin() as session:
        put(session, "core.courses", courses, "results/courses.merge", source=source.source)
    for course in site.course_ids:
        answers = _first_answers(site, course)
        with watch("land", database=engine), engine.begin() as session:
            landing.land(session, run_id, source.source, answers)
        watch.count("land", len(answers))


def derive(watch: Watch, url: str, results: Path) -> None:
    """Decoded courses to results, in memory; the results go to a file for the load. What comes before it, once each:
    the site's accounts, the landed answers taken in (read back, decompressed, decoded), who their learners are.
    """
    engine = db.engine(url)
    [source] = sources(engine, SYSTEM)
    made = []
    run_id = moodle_results.open_run(engine, Options())
    with watch("accounts"):
        refresh(engine, run_id, source)
    with engine.connect() as session:
        derivation, site = moodle_derive.MoodleDerivation(engine, source), CourseList(engine, source)
        lots = derivation.lots(session, _linked(engine, source), None, again=True)
        while True:
            with watch("take in"):
                lot = next(lots, None)
            if lot is None:
                break
            answers = lot.answers.answers
            with watch("match"):
                administration, persons = derivation.administration(lot)
            watch.count("accounts", len(answers.participants))
            watch.count("take in", len(answers.grades))
            watch.count("match", len(persons))
            given = session, administration, site, source, answers, persons
            course_results.results_of(*given, whole=True)  # reads its tables, once
            for lap in watch.laps:
                with watch("derive", lap):
                    units = course_results.results_of(*given, whole=True).units
            watch.count("derive", len(answers.grades))
            made.append(units.results[RESULT_COLUMNS])
    pd.concat(made, ignore_index=True).to_pickle(results)


def load(watch: Watch, url: str, results: Path) -> None:
    """A frame of results to committed rows under their key, beside COPY of the same rows into a bare table."""
    engine = db.engine(url)
    [source] = sources(engine, SYSTEM)
    frame = pd.read_pickle(results)
    rows = frame.assign(source=source.source, run_id="bench")
    for lap in watch.laps:
        copied(watch, lap, engine, RESULTS, rows, RESULT_KEY)
        _empty(engine, RESULTS)
        for name, given in (
            ("first", frame),
            ("identical", frame),
            ("1 % changed", _one_percent_finished(frame)),
        ):
            _merge(watch, lap, f"load: {name}", engine, source, given)


def nights(watch: Watch, url: str, settings: GeneratedSettings) -> None:
    """From landed answers to committed results, batch by batch as the tasks of a night do it."""
    engine = db.engine(url)
    [source] = sources(engine, SYSTEM)
    for lap in watch.laps:
        _empty(engine, *_WHAT_A_NIGHT_WRITES)
        derive_night(watch, lap, "night: first", engine)
        derive_night(watch, lap, "night: identical", engine)
        land_changes(engine, source, GeneratedSite(replace(settings, night=lap + 1)))
        derive_night(watch, lap, "night: 1 % changed", engine)
    derive_night(watch, 0, "night: all derived again", engine, Options(full=True))


def one_class(watch: Watch, url: str) -> None:
    """One class of very many learners, to see what it asks of memory."""
    derive_night(watch, 0, "night: one class", db.engine(url))


def growing(watch: Watch, url: str, settings: GeneratedSettings, name: str, courses: int) -> None:
    """A first night, and one before which 1 % changed in the first of the courses."""
    engine = db.engine(url)
    [source] = sources(engine, SYSTEM)
    derive_night(watch, 0, f"{name}: first", engine)
    land_changes(engine, source, GeneratedSite(replace(settings, night=1)), courses)
    derive_night(watch, 0, f"{name}: same changes", engine)


def first(watch: Watch, url: str, name: str) -> None:
    """A first night."""
    derive_night(watch, 0, name, db.engine(url))


def changed(watch: Watch, url: str, settings: GeneratedSettings, name: str) -> None:
    """Nights before each of which 1 % changed."""
    engine = db.engine(url)
    [source] = sources(engine, SYSTEM)
    for lap in watch.laps:
        land_changes(engine, source, GeneratedSite(replace(settings, night=lap + 1)))
        derive_night(watch, lap, name, engine)


def over_http(watch: Watch, url: str, sandbox: str, name: str) -> None:
    """A whole night: poll, land, derive and load."""
    engine, part = db.engine(url), f"over HTTP: {name}"
    site = Connection(SOURCE, "moodle", host=f"{sandbox}/generated", password=accounts.GENERATED_TOKEN)
    with watch(part):
        run_id, _ = moodle_results.run(engine, lambda _: site, Options())
    counts = _counts(engine, run_id)
    watch.count(part, counts["calls"], f"calls, {counts['bytes']:,} bytes, {counts['written']:,} written")


def _merge(watch: Watch, lap: int, name: str, engine: Engine, source: Source, rows: pd.DataFrame) -> None:
    given = {"allow_resit": False, "source": source.source, "run_id": "bench"}
    with watch(name, lap, engine), engine.begin() as session:
        merged = merge(session, RESULTS, rows, "results/recording.unit_results", **given)
    if lap == 0:
        watch.count(name, len(rows), f"{merged.written:,} written")


def derive_night(watch: Watch, lap: int, name: str, engine: Engine, options: Options = Options()) -> None:  # noqa: B008
    run_id = moodle_results.open_run(engine, options)
    batches = night.plan_sites(engine, run_id, SYSTEM, FLOW, options, lambda source: _linked(engine, source))
    with watch(name, lap, engine):
        for batch in batches:
            moodle_results.derive(engine, run_id, batch, Connection, options)
    if lap == 0:
        counts = _counts(engine, run_id)
        watch.count(name, counts["read"], f"{counts['written']:,} written")


def _counts(engine: Engine, run_id: str) -> Mapping[str, int]:
    with engine.connect() as session:
        [counts] = session.exec_driver_sql(_COUNTS, (run_id,)).mappings()
    return counts


def land_changes(engine: Engine, source: Source, site: GeneratedSite, courses: int | None = None) -> None:
    """What a poll lands when a few students of every course, or of the first courses, got a grade."""
    run_id = moodle_results.open_run(engine, Options())
    changed = site.changed_students(site.settings.night)
    for course in list(site.course_ids)[:courses]:
        scope = str(course)
        answers = [Answer(scope, ACCESS, "", site.enrolled_users(course, _PROBED))]
        for user in (user for where, user in changed if where == course):
            answers.append(Answer(scope, USER_GRADES, str(user), site.grade_items(course, user)))
            answers.append(Answer(scope, COMPLETION, str(user), site.completion(course, user)))
        with engine.begin() as session:
            landing.land(session, run_id, source.source, answers)


def _first_answers(site: GeneratedSite, course: int) -> list[Answer]:
    scope = str(course)
    return [
        Answer(scope, USERS, "", site.enrolled_users(course, _OPTIONS)),
        Answer(scope, GRADES, "", site.grade_items(course)),
        *(Answer(scope, MODULE, str(one), site.course_module(one)) for one in site.cmids(course)),
        *(
            Answer(scope, COMPLETION, str(user), site.completion(course, user))
            for user in site.user_ids(course)
        ),
    ]


def _linked(engine: Engine, source: Source) -> list[str]:
    with engine.connect() as session:
        return night.in_order(
            set(db.query(session, "results/courses.occurrences", source=source.source)["scope"])
        )


def _one_percent_finished(results: pd.DataFrame) -> pd.DataFrame:
    """The same results, with units passed that were started: as many as a hundredth of all."""
    where = results.index[results["status"] == "started"][: max(1, len(results) // 100)]
    later = results.copy()
    later.loc[where, "status"] = "passed"
    later.loc[where, "finished_on"] = later["finished_on"].max()
    return later


def _empty(engine: Engine, *tables: str) -> None:
    with engine.begin() as session:
        session.exec_driver_sql(f"truncate {', '.join(tables)}")
