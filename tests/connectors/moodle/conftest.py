"""Fixtures of Moodle's nights."""

import pytest

from etl import db
from etl.connectors.moodle import flow
from etl.connectors.moodle.derive import MoodleDerivation
from etl.connectors.moodle.due import due
from etl.connectors.moodle.flow import open_run
from etl.engine import course_derivation
from etl.engine.options import Options
from etl.engine.sources import sources
from etl.sandbox.server import serve
from tests.fixtures import derived as derived_tables
from tests.fixtures.nights import moodle_connection
from tests.fixtures.warehouse import copy

COURSES = ["2", "3", "4"]


@pytest.fixture
def template(request, sample_template):
    """Every warehouse here holds the sample reference set; that of ``first_night`` its results too."""
    if "first_night" in request.fixturenames:
        return request.getfixturevalue("night_template")
    return sample_template


@pytest.fixture
def first_night(sandbox):
    """The recorded site has had a night before the test begins; nothing was counted of its calls."""


@pytest.fixture(scope="session")
def night_template(postgres_url, sample_template):
    """The name of a database to copy that holds what a night of the recorded site leaves."""
    name = "warehouse_after_a_night"
    engine = db.engine(copy(postgres_url, sample_template, name))
    with serve() as sandbox:
        _, status = flow.run(engine, lambda conn_id: moodle_connection(sandbox.url, conn_id), Options())
    engine.dispose()  # a database that is in use cannot be copied
    assert status == "success"
    return name


@pytest.fixture
def source(engine):
    [found] = sources(engine, "moodle")
    return found


@pytest.fixture
def reached(engine, source):
    """A function that tells whom a derivation would look at: learners, and courses as a whole."""

    def reached():
        with engine.connect() as session:
            found = due(engine, session, source, COURSES, again=False)
        learners = found.learners[found.learners["scope"].isin(list(found.some))]
        return sorted(learners.itertuples(index=False, name=None)), list(found.whole)

    return reached


@pytest.fixture
def stands(engine):
    """A function that reads everything that a derivation leaves, without what tells one night from another."""
    return lambda: derived_tables.stands(engine)


@pytest.fixture
def derived(engine):
    """A function that derives what is due, and tells of whom that was: (course, learner), or None for everybody."""

    def derived():
        pairs = set()

        class Watched(MoodleDerivation):
            def lots(self, *given, **options):
                for lot in super().lots(*given, **options):
                    held = lot.answers.held
                    whole = [(scope, None) for scope in lot.scopes]
                    pairs.update(
                        whole
                        if held is None
                        else held[["scope", "user_id"]].itertuples(index=False, name=None)
                    )
                    yield lot

        [source] = sources(engine, "moodle")
        run_id = open_run(engine, Options())
        course_derivation.derive(run_id, Watched(engine, source), COURSES, Options())
        return pairs

    return derived


@pytest.fixture
def all_again(engine):
    """A function that derives everything that is landed, whatever was derived."""

    def all_again():
        [source] = sources(engine, "moodle")
        run_id = open_run(engine, Options(full=True))
        course_derivation.derive(run_id, MoodleDerivation(engine, source), COURSES, Options(full=True))

    return all_again


@pytest.fixture
def as_if_all_were_derived(stands, all_again):
    """A function that compares what stands with what deriving everything leaves."""

    def as_if_all_were_derived():
        some = stands()
        all_again()
        assert derived_tables.differences(some, stands()) == {}

    return as_if_all_were_derived
