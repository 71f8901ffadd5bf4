"""Views at a million rows of each kind: one person, and overviews of everybody."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db
from etl.db import embedded, schema, views
from tests.benchmarks.measure import Report, Watch, measured

ROWS: Final = 1_000_000
FILLING: Final = Path(__file__).parent / "data" / "views.sql"
_PERSON: Final = 0.3  # seconds
_OVERVIEW: Final = 1.0
_OF_A_PERSON: Final = {
    "competences": "select * from mart.competences where client_code = 'C777'",
    "competences by mail": "select * from mart.competences where person_email = 'c777@example.org'",
    "competences held": "select * from mart.competences_held where client_code = 'C777'",
    "competences expired": "select * from mart.competences_expired where client_code = 'C777'",
    "competences revoked": "select * from mart.competences_revoked where client_code = 'C777'",
    "unit results": "select * from mart.unit_results where client_code = 'C777'",
    "enrolments": "select * from mart.enrolments where client_code = 'C777'",
    "course completions": "select * from mart.course_completions where client_code = 'C777'",
    "proposals": "select * from mart.proposals where client_code = 'C777'",
    "points": "select * from mart.pe_attendance where client_code = 'C777'",
    "points by number": "select * from mart.pe_attendance where relation_number = '777'",
    "name": "select * from mart.people where email = 'c777@example.org'",
    "one run": "select * from mart.runs where run_id = 'r7'",
}
_OVERVIEWS: Final = {
    "competences held": "select competence_code, count(*) from mart.competences_held group by competence_code",
    "competences that end": "select count(*) from mart.competences_held where days_left <= 30",
    "competences expired": "select count(*) from mart.competences_expired",
    "competences revoked": "select count(*) from mart.competences_revoked",
    "competences by group": "select * from mart.competences_by_group",
    "competence links": "select * from mart.competence_links",
    "unit results of a month": (
        "select count(*) from mart.unit_results where finished_on between '2026-03-01' and '2026-03-31'"
    ),
    "proposals": "select state, count(*) from mart.proposals group by state",
    "points": "select status, count(*) from mart.pe_attendance group by status",
    "newest runs": "select * from mart.runs order by started_at desc limit 50",
    "open rejections": "select reason_code, count(*) from mart.rejections where resolved_at is null group by 1",
}


def bench(rows: int = ROWS) -> Report:
    """Fill a warehouse of its own and ask each view."""
    report = Report("views", f"{rows:,} rows of each kind, {rows // 5:,} people")
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres", durable=False) as server_url:
            embedded.ensure_database(server_url, "views")
            url = server_url.replace("/postgres?", "/views?")  # as administrator: filling sets keys aside
            schema.migrate(url)
            fill(url, rows, FILLING)
            report.add(measured(_ask, url))
    for kind, most in (("person", _PERSON), ("overview", _OVERVIEW)):
        for name, part in report.parts.items():
            if name.startswith(kind):
                report.goal(f"{name}, seconds", part.seconds, at_most=most)
    return report


def fill(url: str, rows: int, *files: Path) -> None:
    """Fill an empty warehouse with so many rows of each kind, by the statements of these files."""
    engine = db.engine(url)
    texts = [path.read_text(encoding="utf-8") for path in files]
    with engine.begin() as session:
        for statement in (statement for text in texts for statement in views.statements(text)):
            session.exec_driver_sql(statement.replace(":rows", str(rows)).replace("%", "%%"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.exec_driver_sql("vacuum analyze")
    engine.dispose()


def _ask(watch: Watch, url: str) -> None:
    engine = db.engine(url)
    for lap in watch.laps:
        for kind, asked in (("person", _OF_A_PERSON), ("overview", _OVERVIEWS)):
            for name, statement in asked.items():
                part = f"{kind}: {name}"
                with watch(part, lap), engine.connect() as session:
                    found = session.exec_driver_sql(statement).all()
                if lap == 0:
                    watch.count(part, len(found))
    engine.dispose()
