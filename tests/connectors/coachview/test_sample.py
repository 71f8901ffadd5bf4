"""The sample: a night of Moodle, then its registrations, worked out by hand from what Moodle's reports were.

Of course 2, CL00001 has 439 of 511 points: 1 + 9 * 439 / 511 = 8.7. CL00002 has 328.5 of 511, 6.8, while the
administration holds 7.5 already. Of course 3, CL00014 has 55 of 110: 5.5. CL00003 completed nothing; the requests
of CL00005 and CL00022 are finished, the one as a whole, the other in this part.
"""

import pytest

from etl.connectors.coachview import flow
from etl.connectors.moodle import flow as moodle
from etl.engine.options import Options
from tests.conformance.stand_in import columns, golden

NAME = ("coachview", "sample.csv")


@pytest.mark.long
def test_a_night_of_moodle_is_registered_as_worked_out_by_hand(engine, connect, read, listed):
    moodle.run(engine, connect, Options(courses=frozenset({"2", "3"})))
    assert flow.run(engine, connect, Options())[1] == "success"
    found = read(f"select {columns(*NAME)} from mart.registrations").fillna("")
    assert {tuple(row) for row in found.to_numpy()} == golden(*NAME)
    assert listed("later_attempt") == ["2/CL00002"]
