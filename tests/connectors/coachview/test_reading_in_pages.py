"""Lists of Coachview come in pages, within the requests of a day, and nothing is lost between them."""

from datetime import datetime, timedelta

import pytest

from etl.connectors.coachview.budget import LIMIT, RESERVE
from tests.connectors.coachview.reading import READ, REQUESTS


def test_a_token_that_ended_is_asked_for_anew(site):
    site.school.sandbox.faults.add("coachview", "answer", operation="token", text='{"access_token": "ended"}')
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)


def test_a_long_list_is_read_in_pages_and_in_spans_and_nothing_is_lost(site, monkeypatch):
    monkeypatch.setattr("etl.connectors.coachview.reading._MOST_ROWS", 40)
    site.coachview.most_rows = 17  # fewer than are asked for
    for number in range(150):
        site.lists.request(f"n{number:03}", "t1", "p1", days_ago=number % 50)
    assert site.night() == "success"
    assert len(site.rows(REQUESTS)) == 152


@pytest.mark.parametrize("moved", ["to the front", "away", "to the end"])
def test_rows_that_move_while_pages_are_read_lose_nothing(site, moved):
    site.coachview.most_rows = 10
    for number in range(40):
        site.lists.request(f"n{number:02}", "t1", "p1")
    requests, answer, asked = site.lists.lists["Opleidingsvragen"], site.coachview.answer, []

    def in_between(call):
        if call.path.endswith("Opleidingsvragen"):
            asked.append(call)
            if len(asked) == 3:
                row = requests.pop(0)
                row["auditTrail"]["gewijzigdDatumTijd"] = datetime.now().isoformat()
                requests[slice(0, 0) if moved == "to the front" else slice(45, 45)] = (
                    [] if moved == "away" else [row]
                )
        return answer(call)

    site.coachview.answer = in_between
    assert site.night() == "success"
    assert len(site.rows(REQUESTS)) == (41 if moved == "away" else 42)


def test_where_the_requests_of_the_day_are_used_up_it_stops_says_so_and_goes_on_next_time(site, write):
    site.coachview.left = RESERVE + 3
    assert site.night() == "success"
    assert any("are used up but the 500 that are kept for reading back" in note for note in site.notes())
    assert any("is not taken over before all of it was read" in note for note in site.notes())
    assert (site.rows(REQUESTS), site.calls()) == ([], 4)
    assert sum(step.counts.calls for step in site.report().steps) == 4
    assert (site.night(), site.calls()) == ("success", 0)  # before the day is over nobody is asked
    site.coachview.left = LIMIT
    write("update ops.coachview_calls set resets_at = clock_timestamp()")
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)
    assert site.calls() < 8


def test_requests_are_counted_here_too_whatever_coachview_says(site, write):
    write("insert into ops.coachview_calls (run_id, hour, calls)"
          f" values ('another', date_trunc('hour', clock_timestamp()), {LIMIT - RESERVE - 2})")  # fmt: skip
    assert (site.night(), site.calls()) == ("success", 2)
    write("update ops.coachview_calls set hour = hour - interval '26 hours'")
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)


def test_a_refusal_for_too_many_requests_holds_until_the_moment_that_it_names(site):
    site.coachview.left = 0
    site.coachview.resets_at = datetime.now(site.coachview.resets_at.tzinfo) + timedelta(hours=3)
    assert (site.night(), site.calls()) == ("success", 2)
    [note] = [one for one in site.notes() if "used up" in one]
    assert f"{site.coachview.resets_at:%Y-%m-%d %H:%M} UTC" in note
    assert (site.night(), site.calls()) == ("success", 0)
