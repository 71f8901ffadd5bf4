"""Somebody who is erased stands in no answer of ILIAS that is kept, and does not come back from there."""

import pytest

from etl.connectors.registry import readers
from etl.load import landing
from etl.results import erase

pytestmark = pytest.mark.long
NUMBERS = ("P0102", '"302"', ">302<")  # of the person, and of the account


def landed(school):
    with school.engine.connect() as session:
        numbers = [int(row[0]) for row in school.rows("select landing_id from raw.landings")]
        return "\n".join(one.key + one.body.decode() for one in landing.read(session, numbers))


def test_who_is_erased_is_in_no_answer_and_the_next_poll_leaves_them_out_and_says_so(school):
    school.change("update core.training_requests set client_code = 'CL00009' where external_id = 'P0102'")
    school.poll()
    school.register()
    before = school.reported()
    assert any(number in landed(school) for number in NUMBERS)
    proof = erase.erase(school.engine, "CL00009", "ada", "asked for", readers())
    assert proof.counts["raw.landings"] == 3
    assert not [number for number in NUMBERS if number in landed(school)]
    others = {row for row in before if row[0] != "P0102"}
    assert school.reported() == others
    assert before - others
    school.ilias.books.change("302", "260", "2026-04-02 08:00:00", "2")
    run_id, status = school.poll(full=True)
    school.register()
    assert status == "success"
    assert school.reported() == others
    assert not [number for number in NUMBERS if number in landed(school)]
    assert school.rows(
        f"select note from ops.run_steps where run_id = '{run_id}' and note like 'erased_on_request: 1 %'"
    )
