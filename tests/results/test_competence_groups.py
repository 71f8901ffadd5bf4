"""What is counted of each group of the competence tree is that of now, whatever changed and however."""

import pytest

from etl.results.competence_groups import of_groups

TODAY = "cast(now() at time zone 'UTC' as date)"
EARNED = (
    "insert into core.earned_competences"
    " (client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)"
    f" values ('{{}}', '{{}}', {TODAY} - 10, {TODAY} + {{}}, 's', '1', 'r')"
)
DECIDED = (
    "insert into ops.competence_decisions (decision, competence_code, client_code, decided_by, reason)"
    " values ('{}', 'K0', 'A', 'hr', 'left')"
)
NOTHING = (0, 0, 0, 0)
# The change, and people, held, ending in 30 and in 90 days then: of main group M0, of G0 in it, of main group M1.
CHANGES = [
    (EARNED.format("A", "K0", 20), (1, 1, 1, 1), (1, 1, 1, 1), NOTHING),
    (
        "insert into core.recorded_competences (client_code, competence_code, valid_from)"
        f" values ('A', 'K1', {TODAY})",
        *[(1, 2, 1, 1), (1, 2, 1, 1), NOTHING],
    ),
    (EARNED.format("B", "K2", 60), (1, 2, 1, 1), (1, 2, 1, 1), (1, 1, 0, 1)),
    (DECIDED.format("revoked"), (1, 1, 0, 0), (1, 1, 0, 0), (1, 1, 0, 1)),
    (DECIDED.format("restored"), (1, 2, 1, 1), (1, 2, 1, 1), (1, 1, 0, 1)),
    (
        "update core.competences set parent_code = 'M1' where competence_code = 'K1'",
        *[(1, 1, 1, 1), (1, 1, 1, 1), (2, 2, 0, 1)],
    ),
    (
        "update core.recorded_competences set closed_at = now()",
        *[(1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 0, 1)],
    ),
    (
        "update core.competences set closed_at = now() where competence_code = 'K0'",
        *[NOTHING, NOTHING, (1, 1, 0, 1)],
    ),
    (
        "update core.competences set closed_at = null where competence_code = 'K0'",
        *[(1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 0, 1)],
    ),
    ("delete from core.earned_competences where competence_code = 'K0'", NOTHING, NOTHING, (1, 1, 0, 1)),
    (
        "insert into core.competences (competence_code, parent_code, name) values ('G1', 'M1', 'g'), ('K3', 'G1', 'k')",
        *[NOTHING, NOTHING, (1, 1, 0, 1)],
    ),
    (
        "update core.competences set parent_code = 'G0' where competence_code = 'K2'",
        *[(1, 1, 0, 1), (1, 1, 0, 1), NOTHING],
    ),
    # A day that has gone by: what was counted then is looked at by nobody.
    (
        "update ops.competence_groups set people = 9, good_until = now() where main_group_code = 'M0'",
        *[(1, 1, 0, 1), (1, 1, 0, 1), NOTHING],
    ),
]


@pytest.fixture
def template(migrated_template):
    """The warehouse holds what the test puts there."""
    return migrated_template


@pytest.fixture
def change(engine):
    """Changes the warehouse by a statement that knows nothing of counts."""

    def change(*statements):
        with engine.begin() as session:
            for statement in statements:
                session.exec_driver_sql(statement)

    change(
        "insert into core.sources (source, system, connection_id, timezone) values ('s', 'infocaption', 's', 'UTC')",
        "insert into core.clients (client_code) values ('A'), ('B')",
        "insert into core.competences (competence_code, parent_code, name) values ('M0', null, 'm'), ('M1', null, 'n'),"
        " ('G0', 'M0', 'g'), ('K0', 'G0', 'k'), ('K1', 'G0', 'k'), ('K2', 'M1', 'k')",
    )
    return change


def counted(engine):
    return {row["group_code"]: tuple(row.values())[2:] for row in of_groups(engine)}


def test_the_counts_follow_every_change_at_once(engine, change):
    assert counted(engine) == {"M0": NOTHING, "G0": NOTHING, "M1": NOTHING}
    for statement, of_m0, of_g0, of_m1 in CHANGES:
        change(statement)
        found = counted(engine)
        assert (found["M0"], found["G0"], found["M1"]) == (of_m0, of_g0, of_m1), statement


def test_a_source_that_moves_to_another_time_zone_has_its_periods_counted_by_its_own_day(engine, change):
    west, east = "Etc/GMT+12", "Pacific/Kiritimati"  # never the same day
    change(
        f"update core.sources set timezone = '{west}'",
        "insert into core.earned_competences"
        " (client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)"
        f" select 'A', 'K2', day, day, 's', '1', 'r' from cast(now() at time zone '{west}' as date) as day",
    )
    assert counted(engine)["M1"] == (1, 1, 1, 1)
    change(f"update core.sources set timezone = '{east}'")
    assert counted(engine)["M1"] == NOTHING


def test_only_the_main_groups_of_what_changed_are_counted_again(engine, change, read):
    def moments():
        return dict(read("select group_code, counted_at from ops.competence_groups").to_numpy().tolist())

    counted(engine)
    first = moments()
    counted(engine)
    assert moments() == first
    change(EARNED.format("B", "K2", 60))
    counted(engine)
    again = moments()
    assert (again["M0"], again["G0"]) == (first["M0"], first["G0"])
    assert again["M1"] > first["M1"]


def test_a_group_that_is_none_any_more_is_not_listed(engine, change):
    counted(engine)
    change("delete from core.competences where competence_code = 'K2'")
    assert set(counted(engine)) == {"M0", "G0"}


def test_what_another_transaction_has_not_settled_is_counted_once_it_is(engine, change):
    counted(engine)
    with engine.connect() as late:
        late.exec_driver_sql(EARNED.format("B", "K2", 60))
        change(EARNED.format("A", "K2", 60))
        assert counted(engine)["M1"] == (1, 1, 0, 1)
        late.commit()
    assert counted(engine)["M1"] == (2, 2, 0, 2)
