"""Somebody who is erased stands in no answer of InfoCaption that is kept, and holds no competence again."""

import pytest

from etl.connectors.infocaption import flow
from etl.connectors.registry import readers
from etl.engine.options import Options
from etl.load import landing
from etl.results import erase

pytestmark = pytest.mark.long
BEN = "ben.smith2@student.example"


def test_who_is_erased_is_in_no_answer_and_the_next_night_leaves_them_out_and_says_so(engine, connect, read):
    def night():
        return flow.run(engine, connect, Options(full=True))[0]

    def landed():
        with engine.connect() as session:
            found = landing.read(session, read("select landing_id from raw.landings")["landing_id"].tolist())
            return "\n".join(one.body.decode().lower() for one in found)

    def held():
        return set(read("select client_code from mart.competences")["client_code"])

    night()
    [code] = read(f"select client_code from core.clients where email = '{BEN}'")["client_code"]
    others = held() - {code}
    assert code in held()
    assert BEN in landed()
    proof = erase.erase(engine, code, "ada", "asked for", readers())
    assert proof.counts["raw.landings"] > 0
    assert BEN not in landed()
    assert held() == others
    run_id = night()
    assert BEN not in landed()
    assert held() == others
    notes = read(f"select note from ops.run_steps where run_id = '{run_id}' and note is not null")["note"]
    assert notes.str.startswith("erased_on_request: 1 ").any()
