"""What a person asks of a run: an id or a day that is none is refused, not read as another one."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from etl.connectors.pe_online import commands
from etl.engine.options import read_options
from etl.errors import InvalidInput

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("course", ["2.041", "1e3", " 7", "inf", "", "a b", "2/3", 2.5, True, None])
def test_a_course_that_is_no_id_is_refused(course):
    with pytest.raises(InvalidInput, match="parameter courses: "):
        read_options({"courses": [course]}, None, NOW)


def test_courses_are_ids_as_text_or_as_numbers():
    assert read_options({"courses": ["2", 3, "b-2"]}, None, NOW).courses == {"2", "3", "b-2"}


@pytest.mark.parametrize(
    "day", ["20261001", "2026-10-0111", "2026-W40-4", "2026-02-30", "٢٠٢٦-10-01", "tomorrow"]
)
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(InvalidInput, match="parameter from: not a date of the form YYYY-MM-DD"):
        read_options({"from": day}, None, NOW)


def test_a_day_may_come_with_its_time():
    assert read_options({"from": "2026-10-01T00:00:00+00:00", "to": "2026-10-01"}, None, NOW).nights == (
        datetime(2026, 10, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("number", ["1_0", "+5", " 5", "1e3", "٣"])
def test_a_number_on_the_command_line_is_plain_digits(number):
    done = CliRunner().invoke(commands.app, ["resend", number, "--by", "me"])
    assert (done.exit_code, "must be a whole number" in " ".join(done.output.split())) == (2, True)
