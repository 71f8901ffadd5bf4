"""What nights make of a completion that a person revoked."""

import pytest

from etl.connectors.infocaption.flow import award
from etl.engine.options import Options
from etl.results.completion_decisions import decide

COURSE = ("moodle_main", "2")
BECAUSE = {"by": "examiner", "reason": "done by another person"}


@pytest.mark.long
def test_a_revoked_completion_is_not_recorded_again_and_gives_no_competence_until_it_is_restored(
    engine, night, read
):
    def holders():
        award(engine, run_id, Options())
        found = read("select client_code from mart.competences where competence_code = 'BUSINESS-CERT'")
        return set(found["client_code"])

    def completions():
        found = read("select passed from core.course_completions where client_code = 'CL00001'")
        return found["passed"].tolist()

    run_id, _ = night(courses=frozenset({"2"}))
    decide(engine, "revoked", *COURSE, "CL00001", None, **BECAUSE)
    night(courses=frozenset({"2"}), full=True)
    assert completions() == [False]
    without = holders()
    decide(engine, "restored", *COURSE, "CL00001", None, **BECAUSE)

    assert completions() == [True]
    assert "CL00001" not in without
    assert holders() == without | {"CL00001"} != {"CL00001"}
