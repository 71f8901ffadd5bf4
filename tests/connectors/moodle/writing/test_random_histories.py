"""Random wishes, kills, lost answers and runs at once: one account for each person, one mail, one enrolment, one
course, one import, and nothing left to send.

Each seed is one history; what is wished for at its end is kept here, and compared with the site's books.
"""

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from etl import db
from etl.connectors.moodle.writing import course_planning, flow
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.settings import written_site
from etl.engine.options import Options
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE

POINTS = ["moodle.planned", "moodle.claimed", "moodle.answered", "moodle.recorded", "moodle.import_noted"]
FUNCTIONS = [
    "core_user_create_users",
    "core_user_update_users",
    "enrol_manual_enrol_users",
    "enrol_manual_unenrol_users",
    "core_course_create_courses",
    "core_course_update_courses",
    "core_course_import_course",
    "core_user_get_users",
    "core_enrol_get_enrolled_users",
]
FAULTS = ["lost_answer", "drop", "truncated", "bad_gateway", "unavailable"]
STEPS = 7
TEMPLATE = "4"
WRITING = ("create_users", "update_users", "enrol_users", "create_courses", "update_courses", "import_course")


def run_until(point, warehouse, connection):
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = point
    flow.run(db.engine(warehouse), lambda _: connection, Options())


class History:
    """What is wished for, step by step, and how it is to be in the end."""

    def __init__(self, seed, engine, client, enrolled, write):
        self.chance = random.Random(seed)
        self._engine, self._client, self._enrolled, self._write = engine, client, enrolled, write
        self.people = {}  # surname and whether the enrolment stands, by client
        self.courses = []

    def wish(self):
        """Something changes in the administration."""
        self.chance.choice(
            [self._somebody_new, self._somebody_new, self._renamed, self._withdrawn, self._course]
        )()

    def _somebody_new(self):
        code = f"N{len(self.people) + 1}"
        self._client(code)
        self._enrolled(code)
        self.people[code] = [f"Surname {code}", True]

    def _renamed(self):
        if self.people:
            code = self.chance.choice(list(self.people))
            self.people[code][0] += "x"
            self._write(
                f"update core.clients set surname = '{self.people[code][0]}' where client_code = '{code}'"
            )

    def _withdrawn(self):
        standing = [code for code, (_, stands) in self.people.items() if stands]
        if standing:
            code = self.chance.choice(standing)
            self.people[code][1] = False
            self._write(f"update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-{code}'")

    def _course(self):
        code = f"OCC-9{len(self.courses)}"
        self._write(
            "insert into core.occurrences (occurrence_code, name, start_date, status, follow)"
            f" values ('{code}', 'New', '2026-09-14', 'active', true)"
        )
        wanted = WantedCourse(code, f"New {code}", "2", TEMPLATE)
        with self._engine.begin() as session:
            site = written_site(session, "moodle_main")
            course_planning.want_course(session, site, code, wanted, "clerk")
        self.courses.append(code)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_on_the_way_the_site_is_as_it_was_wished_for_once(
    seed, engine, client, enrolled, write, transfer, warehouse, connect, processes, sandbox, books, user
):
    history = History(seed, engine, client, enrolled, write)
    chance = history.chance
    for _ in range(STEPS):
        for _ in range(chance.randint(1, 3)):
            history.wish()
        if chance.random() < 0.6:
            sandbox.faults.add(
                "moodle",
                chance.choice(FAULTS),
                operation=chance.choice(FUNCTIONS),
                after=chance.randint(0, 2),
            )
        how = chance.choice(["killed", "killed", "twice", "once"])
        if how == "killed":
            given = (chance.choice(POINTS), warehouse, connect("moodle_main"))
            process = processes.Process(target=run_until, args=given)
            process.start()
            process.join()
            assert process.exitcode in (0, -signal.SIGKILL)
        elif how == "twice":
            with ThreadPoolExecutor(2) as both:
                list(both.map(lambda _: transfer(), range(2)))
        else:
            transfer()

    sandbox.faults.clear()
    for _ in range(3):
        transfer()
        write(
            "update ops.outbox set last_attempt_at = last_attempt_at - interval '2 hours' where status = 'unknown'"
        )
    sandbox.counters.reset()
    assert transfer() == "success"
    called = sandbox.counters.of("moodle")
    assert {name: number for name, number in called.items() if name.endswith(WRITING)} == {}
    _as_wished(history, sandbox, books, user)


def _as_wished(history, sandbox, books, user):
    made = [
        one for one in sandbox.moodle.site.users.values() if str(one.get("idnumber", "")) in history.people
    ]
    assert len(made) == books.created["accounts"] == len(books.mailed) == len(set(books.mailed))
    for code, (surname, stands) in history.people.items():
        if not stands and not any(one["idnumber"] == code for one in made):
            continue  # withdrawn before anything was sent
        account = user(code)
        kept = books.enrolments.get((EMPTY_COURSE, account["id"]))
        assert account["lastname"] == surname
        assert (kept is not None and not kept.suspended) == stands
    named = [course["idnumber"] for course in sandbox.moodle.site.courses.values()]
    assert sorted(named_one for named_one in named if named_one in history.courses) == sorted(history.courses)
    assert len(books.imports) == len(set(books.imports)) == len(history.courses)
