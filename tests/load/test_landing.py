"""What was received comes back byte for byte, however it was stored, and stands in a format that others can read."""

import hashlib
import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from etl.connectors.moodle.connector import CONNECTOR
from etl.errors import DatabaseFault
from etl.load import landing, runs
from etl.load.landing import Answer

SOURCE = "main"


@pytest.fixture
def run_id(engine):
    with engine.begin() as session:
        return runs.open_run(session, CONNECTOR.flows[0].name)


@pytest.fixture
def land(engine, run_id):
    """A function that lands answers in a transaction of its own."""

    def land(*answers):
        with engine.begin() as session:
            landing.land(session, run_id, SOURCE, answers)

    return land


@pytest.fixture
def landed(engine):
    """A function that reads everything back, oldest first."""

    def landed():
        with engine.connect() as session:
            ids = session.exec_driver_sql("select landing_id from raw.landings").scalars().all()
            found = list(landing.read(session, ids))
        return [Answer(one.scope, one.resource, one.key, one.body) for one in found]

    return landed


def completion(user, criteria=4):
    """An answer as Moodle gives one for each learner of a course: nearly the same for all of them."""
    one = {
        "type": 4,
        "title": "Activity completion",
        "status": "Yes",
        "complete": True,
        "timecompleted": user,
    }
    about = {"completed": False, "aggregation": 1, "completions": [one] * criteria}
    body = json.dumps({"completionstatus": about, "warnings": []}).encode()
    return Answer("12", "completion", str(user), body)


ODD = Answer('1,"2', "a\nb", "", "é\\N\t\0".encode())


def test_answers_come_back_in_order_whatever_they_hold(land, landed):
    given = [ODD, Answer("", "list", "", b""), Answer("12", "grades", "", b"\x00\xff" * 500_000), ODD]
    land(*given)
    assert landed() == given


def test_small_answers_of_a_kind_share_a_dictionary_and_later_ones_use_it(engine, land, landed):
    first, later = [completion(user) for user in range(100, 160)], [completion(999), completion(1000, 9)]
    land(*first)
    land(*later, Answer("12", "users", "", b"[]"))
    assert landed()[:-1] == [*first, *later]
    with engine.connect() as session:
        [(resource, dictionary)] = session.exec_driver_sql(
            "select resource, dictionary from raw.dictionaries"
        )
        found = session.exec_driver_sql("select sha256, body from raw.bodies")
        stored = {bytes(digest): bytes(body) for digest, body in found}
    reader = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(bytes(dictionary)))
    for answer in (*first, *later):
        frame = stored[hashlib.sha256(answer.body).digest()]
        assert resource == "completion"
        assert reader.decompress(frame) == answer.body
        assert len(frame) < len(zlib.compress(answer.body)) / 2


def test_a_few_answers_or_large_ones_need_no_dictionary(engine, land, landed):
    few = [completion(user) for user in range(3)]
    large = [Answer("12", "grades", str(one), b"%d" % one * 20_000) for one in range(20)]
    land(*few, *large)
    assert landed() == [*few, *large]
    with engine.connect() as session:
        assert session.exec_driver_sql("select count(*) from raw.dictionaries").scalar_one() == 0


def test_runs_that_land_at_once_make_one_dictionary_and_store_each_body_once(engine, land, landed):
    lots = [[completion(user) for user in range(start, start + 40)] for start in (0, 20, 40, 60)]
    with ThreadPoolExecutor(len(lots)) as pool:
        list(pool.map(lambda lot: land(*lot), lots))
    assert sorted(landed(), key=str) == sorted((one for lot in lots for one in lot), key=str)
    with engine.connect() as session:
        counted = "select (select count(*) from raw.dictionaries), (select count(*) from raw.bodies)"
        assert tuple(session.exec_driver_sql(counted).one()) == (1, 100)


def test_bodies_of_earlier_versions_stay_readable_and_are_not_stored_again(engine, land, landed, run_id):
    old = completion(1)
    digest = hashlib.sha256(old.body).digest()
    with engine.begin() as session:
        row = (digest, len(old.body), zlib.compress(old.body, 1))
        session.exec_driver_sql("insert into raw.bodies (sha256, raw_bytes, body) values (%s, %s, %s)", row)
        session.exec_driver_sql(
            "insert into raw.landings (source, scope, resource, key, sha256, run_id)"
            " values ('main', '12', 'completion', '1', %s, %s)",
            (digest, run_id),
        )
    land(old, completion(2))
    assert landed() == [old, old, completion(2)]
    with engine.connect() as session:
        assert session.exec_driver_sql("select count(*) from raw.bodies").scalar_one() == 2


def test_a_dictionary_that_is_gone_is_a_fault_that_says_what_to_do(engine, land, landed):
    land(*[completion(user) for user in range(20)])
    with engine.begin() as session:
        session.exec_driver_sql("delete from raw.dictionaries")
    with pytest.raises(DatabaseFault, match=r"raw\.dictionaries lacks \d+: restore it from a backup"):
        landed()
