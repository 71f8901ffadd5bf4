"""The command ``etl erase``: what would go, the deed with its proof, and what became of earlier requests."""

import json

import pytest

pytestmark = pytest.mark.long
CODE = "CL00009"


def test_a_person_is_previewed_erased_told_of_and_let_in_again(etl, sql):
    [(email,)] = sql(f"select email from core.clients where client_code = '{CODE}'")
    shown = etl("erase", "preview", CODE)
    assert "core.clients\t1" in shown.output
    proof = etl("erase", "person", CODE, "--because", "asked for", "--by", "ada")
    assert json.loads(proof.output)["erased_by"] == "ada"
    assert not [one for one in (CODE, email) if one in proof.output]
    assert sql(f"select from core.clients where client_code = '{CODE}'") == []
    assert json.loads(etl("erase", "check", CODE).output) == json.loads(proof.output)
    assert "ada\tasked for" in etl("erase", "list").output
    assert etl("erase", "lift", CODE, "--because", "a mistake", "--by", "ada").exit_code == 0
    assert sql("select lifted_because from ops.erasures") == [("a mistake",)]
    assert sql("select from ops.erased") == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("preview", "nobody"), "there is no client of this code"),
        (("person", "nobody", "--because", "asked for"), "there is no client of this code"),
        (("person", CODE, "--because", " "), "say who decides and why"),
        (("check", CODE), "no client of this code was erased"),
        (("lift", CODE, "--because", "a mistake"), "no client of this code was erased"),
    ],
)
def test_what_cannot_be_done_is_said_and_erases_nobody(etl, sql, given, why):
    done = etl("erase", *given)
    assert why in str(done.exception)
    assert sql("select count(*) from ops.erasures") == [(0,)]


def test_nobody_is_erased_whose_item_has_an_unknown_outcome_and_none_is_let_in_whom_others_still_hold(
    etl, sql
):
    sql(
        "with item as (insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status,"
        " reason) values ('moodle', 'account', 'main', '{}', '1', 'read_back', 'unknown', 'outcome_unknown')"
        " returning item_id) insert into ops.moodle_people (item_id, source, client_code, suspended)"
        f" select item_id, 'main', '{CODE}', false from item"
    )
    assert "outcome of 1 item that was sent: settle that first" in etl("erase", "preview", CODE).output
    assert "settle that first" in str(etl("erase", "person", CODE, "--because", "asked for").exception)
    sql("update ops.outbox set status = 'accepted'")
    assert etl("erase", "person", CODE, "--because", "asked for").exit_code == 0
    assert "sent to them once more" in str(etl("erase", "lift", CODE, "--because", "a mistake").exception)
