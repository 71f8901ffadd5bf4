"""A warehouse with a clock, filled with the administration of a little world, as often as a history needs one."""

from contextlib import contextmanager

import pytest

from etl import db
from etl.connections import Connection
from etl.sandbox import accounts
from tests.fixtures.warehouse import copy, copy_of
from tests.model import clock, world
from tests.model.play import Play


@pytest.fixture(scope="session")
def world_template(postgres_url, migrated_template):
    """The name of a database to copy, made once for so many courses."""
    made = {}

    def template(courses):
        if courses not in made:
            name = f"world_of_{courses}"
            engine = db.engine(copy(postgres_url, migrated_template, name))
            world.fill(engine, courses)
            clock.build_in(engine)
            engine.dispose()
            made[courses] = name
        return made[courses]

    return template


@pytest.fixture
def playing(postgres_url, world_template, running_sandbox, processes):
    """A function that opens a play of so many courses."""
    host = f"{running_sandbox.url}/moodle"
    extra = {"wait_limit": 0}
    connection = Connection(world.SOURCE, "moodle", host=host, password=accounts.MOODLE_TOKEN, extra=extra)

    @contextmanager
    def playing(courses):
        running_sandbox.reset()
        with copy_of(postgres_url, world_template(courses)) as url:
            engine = db.engine(url)
            clock.follow(postgres_url, engine.url.database)
            try:
                yield Play(running_sandbox, engine, connection, courses, processes)
            finally:
                engine.dispose()

    return playing
