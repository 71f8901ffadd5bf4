"""Reading from the warehouse: whatever a text holds, it comes back as it is."""

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
