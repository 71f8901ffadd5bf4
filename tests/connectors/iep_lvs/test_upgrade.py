"""A warehouse that the version before filled: what was kept twice is kept once, the next night adds nothing wrong."""

import hashlib
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg2 import sql
from sqlalchemy import Engine

from etl import db
from etl.db import embedded, schema
from etl.engine.options import Options
from etl.sandbox.iep_lvs.sender import samples
from tests.connectors.iep_lvs.nights import current, golden, night, rejected
from tests.connectors.iep_lvs.school import PUPILS, rows

BEFORE = "20261126"
BEFORE_ONE_INBOX = "2026112683"
FIRST, SECOND = samples()["first_night"], samples()["second_night"]


@contextmanager
def warehouse_before(postgres_url: str, folder: Path, version: str) -> Iterator[Engine]:
    """A warehouse that has the migrations before this version, and no views."""
    url = embedded.ensure_database(postgres_url, "warehouse_before")
    (folder / "migrations").mkdir()
    for path in (db.SQL_DIR / "migrations").glob("*.sql"):
        if path.name < version:
            shutil.copy(path, folder / "migrations")
    engine = db.engine(url)
    schema.apply_migrations(engine, folder / "migrations")
    yield engine
    engine.dispose()
    embedded.execute(postgres_url, sql.SQL("drop database warehouse_before with (force)"))


@pytest.fixture
def old(postgres_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A warehouse as the first version left it."""
    with warehouse_before(postgres_url, tmp_path, BEFORE) as engine:
        yield engine


@pytest.fixture
def before_one_inbox(postgres_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A warehouse whose inbox is that of UWLR alone."""
    with warehouse_before(postgres_url, tmp_path, BEFORE_ONE_INBOX) as engine:
        yield engine


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
    assert rows(
        old,
        "select message_id, source, count(*) from core.uwlr_inbox join ops.deliveries using (message_id)"
        " group by message_id, source order by 1",
    ) == [
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


def test_messages_of_the_inbox_of_uwlr_keep_everything_in_the_one_inbox(before_one_inbox: Engine) -> None:
    engine = before_one_inbox
    with engine.begin() as session:
        run = session.exec_driver_sql
        run("insert into ops.runs (run_id, flow) values ('old', 'iep_test_results')")
        run(
            "insert into core.school_links"
            " (brin6, supplier, supplier_code, accepted_by, accepted_on, start_date, status, source)"
            " values ('99QQ00', 'Bureau ICE', 'BUREAUICE', 'M', '2026-01-05', '2026-01-06', 'active', 'noord')"
        )
        for client, numbers in PUPILS.items():
            run("insert into core.clients (client_code) values (%s)", (client,))
            for scheme, value in numbers.items():
                run("insert into core.client_numbers values (%s, %s, %s)", (client, scheme, value))
        came_in(session, 1, "noord", FIRST, "2026-01-13T00:05:00Z")
        came_in(session, 2, "noord", SECOND, "2026-01-14T00:05:00Z")
        run(
            "update raw.inbox set received_at = '2026-01-13 01:00Z', last_received_at = '2026-01-13 04:00Z',"
            " deliveries = 3, left_out = true where message_id = 1"
        )
        run(
            "update raw.inbox set received_at = '2026-01-14 01:00Z', last_received_at = '2026-01-14 01:00Z',"
            " channel = 'drop', kind = 'test', lenient = true, body = null where message_id = 2"
        )
        for event, happened_at in (
            ("message", "01:00"),
            ("message_again", "03:00"),
            ("message_again", "04:00"),
        ):
            run(
                "insert into ops.link_log (brin6, event, happened_at, message_id) values ('99QQ00', %s, %s, 1)",
                (event, f"2026-01-13 {happened_at}Z"),
            )
        run("insert into raw.drop_files (source, address, fingerprint, message_id) values ('d', 'a', 'f', 2)")
        run(SCHOOL_LINKS_OF_BEFORE)
        run("create schema theirs")
        run("create view theirs.links as select brin6, messages, last_message_at from mart.school_links")
    schema.migrate(str(engine.url.render_as_string(hide_password=False)))
    assert rows(
        engine,
        "select message_id, system, origin, encode(key, 'hex'), body is null, created_at::text, received_at::text"
        " from raw.inbox order by 1",
    ) == [
        (1, "iep_lvs", "99QQ00", sha256(FIRST), False, "2026-01-13 00:05:00+00", "2026-01-13 01:00:00+00"),
        (2, "iep_lvs", "99QQ00", sha256(SECOND), True, "2026-01-14 00:05:00+00", "2026-01-14 01:00:00+00"),
    ]
    assert rows(
        engine,
        "select message_id, brin6, source, messages.school_year, is_test, lenient, results, left_out"
        " from core.uwlr_inbox join core.uwlr_messages as messages"
        " using (message_id, brin6, is_test, lenient, results, left_out) order by 1",
    ) == [
        (1, "99QQ00", "noord", "2025-2026", False, False, 8, True),
        (2, "99QQ00", "noord", "2025-2026", True, True, 8, False),
    ]
    assert rows(
        engine,
        "select message_id, to_char(received_at, 'DD HH24'), channel, authenticated_by from ops.deliveries"
        " order by 1, 2",
    ) == [
        (1, "13 01", "http", "key"),
        (1, "13 03", "http", "key"),
        (1, "13 04", "http", "key"),
        (2, "14 01", "drop", "location"),
    ]
    assert rows(engine, "select address, message_id from raw.drop_files") == [("a", 2)]
    assert rows(engine, "select count(*) from mart.link_log where message_id = 1") == [(3,)]
    assert rows(engine, "select brin6, messages, last_message_at::text from theirs.links") == [
        ("99QQ00", 1, "2026-01-13 04:00:00+00")
    ]
    night(engine)
    assert rows(engine, "select source, count(*) from mart.test_results group by 1") == [("noord", 10)]
    assert night(engine, Options(full=True))["written"] == 0


SCHOOL_LINKS_OF_BEFORE = """
create view mart.school_links as
select
    links.brin6, links.supplier, links.accepted_by, links.accepted_on, links.start_date, links.status,
    true as code_is_entered, messages.last_message_at, null::timestamptz as last_test_message_at,
    null::timestamptz as last_refused_at, coalesce(messages.messages, 0) as messages, 0::bigint as results,
    0::bigint as pupils, 0::bigint as warnings, 0::bigint as rejected, links.source
from core.school_links as links
left join (
    select brin6, max(last_received_at) as last_message_at, count(*) as messages
    from raw.inbox where kind = 'results' group by brin6
) as messages using (brin6)
"""


def sha256(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def came_in(session: object, message_id: int, source: str, document: bytes, created_at: str) -> None:
    """A message in the inbox, as the receiver of before kept it."""
    session.exec_driver_sql(  # type: ignore[attr-defined]
        "insert into raw.inbox (message_id, source, brin6, channel, kind, sha256, body, created_at, school_year,"
        " lenient, results) overriding system value values (%s, %s, '99QQ00', 'soap', 'results', %s, %s, %s,"
        " '2025-2026', false, 8)",
        (message_id, source, hashlib.sha256(document).digest(), zlib.compress(document), created_at),
    )
