"""Test results: one message of 20,000 results, and 1,000 messages of 200; from the wire to the view."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Engine

from etl import db
from etl.connectors.iep_lvs import flow as iep_test_results
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.connectors.iep_lvs.receiver import UwlrReceiver
from etl.db import embedded, schema
from etl.engine.options import Options
from etl.sandbox.iep_lvs.sender import Sender
from tests.benchmarks.measure import Report, Watch, measured

KEY: Final = "99QQ001234567890abcd"
LARGE, MANY, SMALL = 20_000, 1_000, 200
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MESSAGE: Final = """<leerresultaten_verzoek xmlns="http://www.edustandaard.nl/leerresultaten/2/leerresultaten" \
xmlns:d="http://www.edustandaard.nl/oso_gegevensset/1.2/dossier"><school><schooljaar>2025-2026</schooljaar>\
<brincode>99QQ</brincode><aanmaakdatum>{at}</aanmaakdatum><xsdversie>2.2</xsdversie></school><toetsafnames>{pupils}\
</toetsafnames><toetsen><toets><toetscode>LEZ7</toetscode><toetsnaam>Lezen</toetsnaam></toets></toetsen>\
</leerresultaten_verzoek>"""
_PUPIL: Final = """<toetsafname><leerlingid>L{pupil}</leerlingid><resultaten><resultaat key="{key}">\
<afnamedatum>2026-01-12</afnamedatum><toetscode>LEZ7</toetscode><osoresultaat><d:toetsscore>\
<d:aantalopgaven>30</d:aantalopgaven><d:aantalgoed>20</d:aantalgoed><d:vaardigheidsscore>71</d:vaardigheidsscore>\
<d:codevaardigheidsschaal>IEP-ontwikkelscore</d:codevaardigheidsschaal></d:toetsscore><d:referentiescore>\
<d:codereferentiescore>RNTRM</d:codereferentiescore><d:codevergelijkingsgroep>Landelijk</d:codevergelijkingsgroep>\
<d:waarde>1F</d:waarde></d:referentiescore></osoresultaat></resultaat></resultaten></toetsafname>"""


def bench(large: int = LARGE, many: int = MANY, small: int = SMALL) -> Report:
    """Measure both in a warehouse of their own, the receiver in the process that is measured."""
    report = Report(
        "iep", f"one message of {large:,} results, {many:,} messages of {small:,}; 4 values a result"
    )
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres") as server_url:
            for name, messages, results in (("one large", 1, large), ("many small", many, small)):
                url = embedded.ensure_database(server_url, name.replace(" ", "_"))
                schema.migrate(url)
                report.add(measured(_stage, url, name, messages, results, laps=1))
    parts = report.parts
    for what, part, count, least in (
        ("results received / s of processor", parts["one large: receive"], large, 10_000),
        ("results derived / s of processor", parts["one large: derive"], large, 10_000),
        ("messages received / s of processor", parts["many small: receive"], many, 25),
    ):
        report.goal(f"{what}, the database's too", count / part.all_cpu_seconds, at_least=least)
    report.goal("rows that the same messages write again", parts["one large: derive again"].rows, at_most=0)
    report.goal("peak memory, MiB", max(part.peak_mib for part in parts.values()), at_most=511)
    return report


def _stage(watch: Watch, url: str, name: str, messages: int, results: int) -> None:
    with _school(url, results) as engine:
        receiver, sender = UwlrReceiver(engine), Sender("", KEY)
        for number in range(messages):
            body = sender.envelope(_message(number, results))
            with watch(f"{name}: receive", database=engine):
                assert receiver.bring(body).status == 200
        seconds = watch.parts[f"{name}: receive"].seconds
        watch.count(f"{name}: receive", messages * results, f"{messages / seconds:.1f} messages/s")
        for part, options in (("derive", Options()), ("derive again", Options(full=True))):
            with watch(f"{name}: {part}", database=engine):
                run_id, _ = iep_test_results.run(engine, _no_connection, options)
            watch.count(f"{name}: {part}", _written(engine, run_id))


def _message(number: int, results: int) -> bytes:
    pupils = "".join(_PUPIL.format(pupil=pupil, key=f"R{number}-{pupil}") for pupil in range(results))
    return _MESSAGE.format(at=(_START + timedelta(minutes=number)).isoformat(), pupils=pupils).encode()


@contextmanager
def _school(url: str, pupils: int) -> Iterator[Engine]:
    engine = db.engine(url)
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.clients (client_code) select 'L' || n from generate_series(0, %s) n",
            (pupils - 1,),
        )
        session.exec_driver_sql(
            "insert into core.client_numbers (client_code, scheme, value) "
            "select client_code, 'leerlingid:99QQ00', client_code from core.clients"
        )
        terms = LinkTerms("bench", date(2026, 1, 1), date(2026, 1, 1))
        links.activate(session, KEY, "Bureau ICE", "BUREAUICE", terms, "bench")
    yield engine
    engine.dispose()


def _written(engine: Engine, run_id: str) -> int:
    with engine.connect() as session:
        statement = "select coalesce(sum(written), 0) from ops.run_steps where run_id = %s"
        return int(session.exec_driver_sql(statement, (run_id,)).scalar_one())


def _no_connection(conn_id: str) -> None:
    raise AssertionError(conn_id)
