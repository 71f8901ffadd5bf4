"""Writing to the warehouse and reading from it: what is there comes back as it is."""

import pandas as pd

from etl import db


def test_line_breaks_in_a_large_answer_come_back_whole(warehouse):
    engine = db.engine(warehouse)
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.clients (client_code, surname) "
            "select n, E'a\\r\\nb, \"c\"\\n' || repeat('x', 90) from generate_series(1, 20000) as n"
        )
        clients = db.query(session, "results/administration.clients")
    engine.dispose()

    assert len(clients) == 20_000
    assert set(clients["surname"]) == {'a\r\nb, "c"\n' + "x" * 90}


def test_days_and_moments_are_copied_as_they_are(warehouse):
    engine = db.engine(warehouse)
    moments = pd.to_datetime(["2026-03-01 23:30:00", "2026-03-02 00:00:00", None])
    rows = pd.DataFrame({"place": [1, 2, 3], "day": moments.normalize(), "moment": moments})
    with engine.begin() as session:
        session.exec_driver_sql("create temporary table held (place int, day date, moment timestamp)")
        db.copy(session, "held", rows)
        held = session.exec_driver_sql("select day::text, moment::text from held order by place").all()
    engine.dispose()

    assert held == [
        ("2026-03-01", "2026-03-01 23:30:00"),
        ("2026-03-02", "2026-03-02 00:00:00"),
        (None, None),
    ]


def test_statements_are_not_compiled_and_moments_are_utc(warehouse):
    engine = db.engine(warehouse)
    with engine.connect() as session:
        held = session.exec_driver_sql("select current_setting('jit'), current_setting('timezone')").one()
    engine.dispose()

    assert held == ("off", "UTC")
