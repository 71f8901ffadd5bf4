"""A warehouse that the version before filled: what was kept twice is kept once, the next night adds nothing wrong."""

import hashlib
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2 import sql
from sqlalchemy import Engine

from etl import db
from etl.db import embedded, schema
from etl.sandbox.iep_lvs.sender import samples
from tests.connectors.iep_lvs.school import PUPILS, rows
from tests.connectors.iep_lvs.test_nights import current, golden, night, rejected

BEFORE = "20261126"
FIRST, SECOND = samples()["first_night"], samples()["second_night"]


@pytest.fixture
def old(postgres_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A warehouse as the version before left it."""
    url = embedded.ensure_database(postgres_url, "warehouse_before")
    (tmp_path / "migrations").mkdir()
    for path in (db.SQL_DIR / "migrations").glob("*.sql"):
        if path.name < BEFORE:
            shutil.copy(path, tmp_path / "migrations")
    engine = db.engine(url)
    schema.apply_migrations(engine, tmp_path / "migrations")
    yield engine
    engine.dispose()
    embedded.execute(postgres_url, sql.SQL("drop database warehouse_before with (force)"))


def test_results_of_two_sources_become_one_and_number_matched_pupils_stay(old: Engine) -> None:
    with old.begin() as session:
        run = session.exec_driver_sql
        run("insert into ops.runs (run_id, flow) values ('old', 'iep_test_results')")
        run(
            "insert into core.school_links"
            " (brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status)"
            " values ('99QQ00', 'Bureau ICE', 'BUREAUICE', 'M', '2026-01-05', '2026-01-06', 'active')"
        )
        for client, numbers in PUPILS.items():
            run("insert into core.clients (client_code) values (%s)", (client,))
            for scheme, value in numbers.items():
                old_scheme = scheme.partition(":")[0]
                run("insert into core.client_numbers values (%s, %s, %s)", (client, old_scheme, value))
        came_in(session, 1, "iep_lvs", FIRST, "2026-01-13T00:05:00Z")
        came_in(session, 2, "a_drop", FIRST, "2026-01-13T00:05:00Z")
        came_in(session, 3, "a_drop", SECOND, "2026-01-14T00:05:00Z")
        for message_id, source in ((1, "iep_lvs"), (2, "a_drop")):
            run(
                "insert into core.test_result_versions (source, brin6, result_key, created_at, message_id, pupil_key,"
                " test_code, taken_on, school_year, measures, content, run_id)"
                " values (%s, '99QQ00', 'IEP-100005', '2026-01-13T00:05:00Z', %s, 'PUP4003', 'T', '2026-01-13',"
                " '2025-2026', '[]', 'x', 'old')",
                (source, message_id),
            )
            run(
                "insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, run_id)"
                " values ('iep_test_results', %s, %s, 'test_result', '99QQ00/IEP-100008', 'unmatched_learner', 'r',"
                " 'old')",
                (source, f"99QQ00/{message_id}"),
            )
        run(
            "insert into raw.drop_files (source, address, fingerprint, message_id, reason) values"
            " ('a_drop', 'one.xml', 'f', 2, null), ('a_drop', 'two.xml', 'f', null, 'has no link')"
        )
    schema.migrate(str(old.url.render_as_string(hide_password=False)))
    assert rows(old, "select source from core.school_links") == [("iep_lvs",)]
    assert rows(old, "select message_id, source, deliveries from raw.inbox order by 1") == [
        (1, "iep_lvs", 2),
        (3, "iep_lvs", 1),
    ]
    assert rows(old, "select address, message_id from raw.drop_files") == [("one.xml", 1)]
    assert rows(old, "select source, message_id from core.test_result_versions") == [("iep_lvs", 1)]
    assert rejected(old) == [("99QQ00/IEP-100008", "unmatched_learner")]
    night(old)
    by_eck_id = [row for row in golden("test_results") if row[0] in ("PUP7001", "PUP7002")]
    assert [row for row in current(old) if row[0] in ("PUP7001", "PUP7002")] == by_eck_id
    assert ("99QQ00/IEP-100005", "pupil_school_unknown") in rejected(old)
    with old.begin() as session:
        session.exec_driver_sql(
            "update core.client_numbers set scheme = 'leerlingid:99QQ00' where scheme = 'leerlingid'"
        )
    night(old)
    assert current(old) == golden("test_results")
    assert rejected(old) == golden("rejections")


def test_versions_are_numbered_as_the_view_of_before_did(old: Engine) -> None:
    with old.begin() as session:
        run = session.exec_driver_sql
        run("insert into ops.runs (run_id, flow) values ('old', 'iep_test_results')")
        run(
            "insert into core.school_links"
            " (brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status)"
            " values ('99QQ00', 'Bureau ICE', 'BUREAUICE', 'M', '2026-01-05', '2026-01-06', 'active')"
        )
        run("insert into core.clients (client_code) values ('P')")
        came_in(session, 1, "iep_lvs", FIRST, "2026-01-13T00:05:00Z")
        for day, content in enumerate("xxyx", 10):
            run(
                "insert into core.test_result_versions (source, brin6, result_key, created_at, message_id, pupil_key,"
                " test_code, taken_on, school_year, measures, content, run_id)"
                " values ('iep_lvs', '99QQ00', 'R', %s, 1, 'P', 'T', '2026-01-13', '2025-2026',"
                " '[{\"value\": \"1\"}]', %s, 'old')",
                (f"2026-01-{day}", content),
            )
    schema.migrate(str(old.url.render_as_string(hide_password=False)))
    history = (
        "select version, is_current, to_char(created_at, 'DD') from mart.test_result_history order by version"
    )
    assert rows(old, history) == [(1, False, "10"), (2, False, "12"), (3, True, "13")]
    assert rows(old, "select version from mart.test_results") == [(3,)]


def came_in(session: object, message_id: int, source: str, document: bytes, created_at: str) -> None:
    """A message in the inbox, as the receiver of before kept it."""
    session.exec_driver_sql(  # type: ignore[attr-defined]
        "insert into raw.inbox (message_id, source, brin6, channel, kind, sha256, body, created_at, school_year,"
        " lenient, results) overriding system value values (%s, %s, '99QQ00', 'soap', 'results', %s, %s, %s,"
        " '2025-2026', false, 8)",
        (message_id, source, hashlib.sha256(document).digest(), zlib.compress(document), created_at),
    )
