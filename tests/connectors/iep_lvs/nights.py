"""A night of IEP LVS as the tests run it, what it left, and what was worked out by hand (tests/golden/iep_lvs)."""

import csv
from pathlib import Path

from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.iep_lvs import flow
from etl.engine.options import Options
from tests.connectors.iep_lvs.school import rows

GOLDEN = Path(__file__).parents[2] / "golden" / "iep_lvs"


def golden(name: str) -> list[tuple[str, ...]]:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8") as file:
        return sorted(tuple(row) for row in list(csv.reader(file))[1:])


def current(engine: Engine) -> list[tuple[str, ...]]:
    found = rows(
        engine,
        """select pupil_key, result_key, test_code, test_part, taken_on, school_year, value_type, value, scale,
                  comparison_group, level, warnings, version from mart.test_results where brin6 = '99QQ00'""",
    )
    return sorted(tuple("" if value is None else str(value) for value in row) for row in found)


def rejected(engine: Engine) -> list[tuple[str, ...]]:
    return sorted(
        rows(
            engine,
            "select record_key, reason_code from mart.rejections where resolved_at is null",
        )
    )


def no_connection(conn_id: str) -> Connection:
    raise AssertionError(conn_id)


def night(engine: Engine, options: Options = Options()) -> dict[str, int]:  # noqa: B008
    run_id, status = flow.run(engine, no_connection, options)
    assert status == "success"
    [counts] = rows(
        engine,
        """select coalesce(sum(read), 0), coalesce(sum(written), 0), coalesce(sum(unchanged), 0),
                  coalesce(sum(rejected), 0), coalesce(sum(ignored), 0) from ops.run_steps where run_id = :run""",
        run=run_id,
    )
    return dict(zip(("read", "written", "unchanged", "rejected", "ignored"), map(int, counts), strict=True))
