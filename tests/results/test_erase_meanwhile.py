"""What lands, or is entered, while an erasure looks through the answers: it need not wait, and nothing is missed."""

import json
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from etl import db
from etl.connectors.registry import readers
from etl.errors import InvalidInput
from etl.load import landing, runs
from etl.load.landing import Answer
from etl.results import erase

pytestmark = pytest.mark.long
SCOPE = "77"  # a course that no test has


@dataclass
class Meanwhile:
    """Does something once, after the first answers were looked through."""

    do: object
    request_id: int = None
    done: list = field(default_factory=list)

    def hold(self, session):
        """Nobody looks how far it is."""

    def tell(self, _done, _of):
        if not self.done:
            self.done.append(self.do())


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def impatient(engine):
    """The warehouse, where a lock is not waited for."""
    url = engine.url.render_as_string(hide_password=False)
    made = db.engine(url + ("&" if "?" in url else "?") + "options=-c%20lock_timeout%3D2s")
    yield made
    made.dispose()


@pytest.fixture
def lands(impatient):
    """A function: a run begins, answers land, and it ends."""

    def lands(*users, resource="users", key=""):
        with impatient.begin() as session:
            run_id = runs.open_run(session, "moodle_results", "meanwhile", {})
        with impatient.begin() as session:
            body = json.dumps(list(users)).encode()
            landing.land(session, run_id, "moodle_main", [Answer(SCOPE, resource, key, body)])
        with impatient.begin() as session:
            runs.close_run(session, run_id)

    return lands


def bodies(engine):
    with engine.connect() as session:
        numbers = session.execute(text("select landing_id from raw.landings")).scalars().all()
        return "\n".join(one.key + one.body.decode().lower() for one in landing.read(session, numbers))


ACCOUNT = 987_654  # an account that no answer of the sample has


@pytest.fixture
def person(engine):
    """Somebody of the sample: their client code."""
    with engine.connect() as session:
        return session.execute(
            text("select min(client_code) from core.clients where not archived")
        ).scalar_one()


def erased(engine, code, meanwhile):
    watch = Meanwhile(meanwhile)
    proof = erase.erase(engine, code, "ada", "asked for", readers(), watch=watch)
    assert len(watch.done) == 1
    return proof


def test_an_answer_that_lands_meanwhile_does_not_wait_and_the_person_is_not_in_it(engine, person, lands):
    other = {"id": 5, "idnumber": "OTHER"}
    lands({"id": ACCOUNT, "idnumber": person}, other)
    proof = erased(engine, person, lambda: lands({"id": ACCOUNT, "idnumber": person}, other, {"id": 6}))
    assert proof.counts["raw.landings"] == 2
    kept = bodies(engine)
    assert (str(ACCOUNT) in kept, person.lower() in kept) == (False, False)
    assert (kept.count('"other"'), kept.count('"id": 6')) == (2, 1)


def test_an_account_that_is_told_meanwhile_is_looked_for_in_what_landed_before(engine, person, lands):
    lands({"id": 5, "idnumber": person})
    lands(resource="completion", key=str(ACCOUNT))
    proof = erased(engine, person, lambda: lands({"id": ACCOUNT, "idnumber": person}))
    assert proof.counts["raw.landings"] == 3
    assert bodies(engine) == "[]\n[]"


@pytest.fixture
def enters(impatient):
    """A function that enters the account as a number of a client."""

    def enters(code):
        with impatient.begin() as session:
            session.execute(
                text(
                    "insert into core.client_numbers (client_code, scheme, value) values (:code, :scheme, :value)"
                ),
                {"code": code, "scheme": "moodle:moodle_main", "value": ACCOUNT},
            )

    return enters


def test_a_number_that_is_entered_meanwhile_is_looked_for_in_what_landed_before(
    engine, person, lands, enters
):
    lands({"id": 5, "idnumber": person})
    lands({"id": ACCOUNT}, {"id": 6})
    proof = erased(engine, person, lambda: enters(person))
    assert proof.counts["raw.landings"] == 2
    assert bodies(engine) == '[]\n[{"id": 6}]'


def test_a_number_that_is_another_persons_too_meanwhile_says_nothing_of_either(engine, person, lands, enters):
    with engine.connect() as session:
        other = session.execute(text("select max(client_code) from core.clients")).scalar_one()
    enters(person)
    lands({"id": 5, "idnumber": person})
    lands({"id": ACCOUNT})
    erased(engine, person, lambda: enters(other))
    assert bodies(engine) == f'[]\n[{{"id": {ACCOUNT}}}]'


def test_a_run_that_began_meanwhile_and_goes_on_stops_it_and_nothing_is_erased(
    engine, person, lands, impatient
):
    def begun():
        with impatient.begin() as session:
            runs.open_run(session, "moodle_results", "goes_on", {})

    lands({"id": 5, "idnumber": person})
    with pytest.raises(InvalidInput, match="a run of moodle_results is under way"):
        erased(engine, person, begun)
    assert person.lower() in bodies(engine)
