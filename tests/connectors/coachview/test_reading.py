"""Requests, parts and persons from Coachview into the reference data: nobody types them, and nothing typed is lost."""

from contextlib import nullcontext
from datetime import datetime, timedelta

import pytest

from etl.connectors import registry
from etl.connectors.coachview import flow, push, requests
from etl.connectors.coachview.budget import LIMIT, RESERVE
from etl.connectors.registry import readers
from etl.engine.options import Options
from etl.load.report import read_report
from etl.reference import export_set, import_set
from etl.results import erase
from tests.connectors.coachview.listed import Lists, reads
from tests.connectors.coachview.requests import INTEGRATIONS, report

REQUESTS = (
    "select request_code, training_code, person_id, coalesce(external_id, '-') as external_id, status"
    " from core.training_requests where closed_at is null order by 1"
)
PARTS = (
    "select part_code, training_code, integration, course_id from core.training_parts"
    " where closed_at is null order by 1"
)
HELD = (
    "select request_code, part_code, cast(result as text), finished, approved, cast(approved_on as text)"
    " from core.training_request_parts where closed_at is null order by 1, 2"
)
ROWS = "select id from raw.coachview_rows where entity"
READ = [("r1", "t1", "p1", "X-1", "open"), ("r2", "t1", "p2", "-", "cancelled")]


class Reading:
    """A site whose requests are read, and runs of the flow."""

    def __init__(self, school, read):
        self.school = school
        self.engine = school.engine
        self.coachview = school.sandbox.coachview
        self.lists = Lists(self.coachview)
        self.counters = school.sandbox.counters
        school.connection = reads(school.connection)
        self._read = read

    def night(self, **options):
        """A run; its status."""
        self.run_id, status = requests.run(self.engine, self.school.connect, Options(**options))
        return status

    def report(self):
        return read_report(self.engine, self.run_id).runs[0]

    def written(self):
        """Rows that the last run wrote into the reference data."""
        return sum(step.counts.written for step in self.report().steps)

    def notes(self):
        return [f"{one.scope}: {one.note}" for one in self.report().notes]

    def problems(self):
        return [(one.scope, one.sentence) for one in self.report().problems]

    def calls(self):
        """Requests since the last time that this was asked."""
        found = self.counters.total("coachview")
        self.counters.reset()
        return found

    def rows(self, statement):
        return [tuple(row) for row in self._read(statement).astype(object).to_numpy()]

    def listed(self):
        return {
            (row[0], row[1]): row[2]
            for row in self.rows(
                "select reason_code, record_key, reason from mart.rejections"
                " where source = 'coachview' and resolved_at is null and resource like 'train%'"
            )
        }


@pytest.fixture
def site(engine, sandbox, read, write, school):
    """One training with an e-learning part, asked for by two persons, of whom one has finished it."""
    write(INTEGRATIONS)
    made = Reading(school, read)
    made.lists.training("t1")
    made.lists.training("t2", name="Without e-learning")
    made.lists.part("a1", "t1", 21)
    made.lists.part("a2", "t1", None, environment=None, name="In a classroom")
    made.lists.part("a3", "t2", " ", environment=None)
    made.lists.person("p1", "X-1")
    made.lists.person("p2")
    made.lists.request("r1", "t1", "p1")
    made.lists.request("r2", "t1", "p2", status="Geannuleerd")
    made.lists.request("r3", "t2", "p2")
    made.lists.request("r4", None, "p2")
    made.lists.done(
        "r1", "a1", afgerond=True, akkoord=True, datumAkkoord="2026-03-02T00:00:00", resultaat="8,5"
    )
    made.lists.done("r2", "a1", afgerond=False, akkoord=None, resultaat=None)
    made.lists.done("r1", "a2", afgerond=True)
    return made


def test_what_coachview_lists_becomes_reference_data_and_a_second_run_writes_nothing_with_few_calls(site):
    assert site.night() == "success"
    assert site.rows("select training_code, name from core.trainings where closed_at is null") == [
        ("t1", "Safe at work")
    ]
    assert site.rows(PARTS) == [("a1", "t1", "studio", "21")]
    assert site.rows(REQUESTS) == READ
    assert site.rows(HELD) == [("r1", "a1", "8.5", True, True, "2026-03-02")]
    assert (site.listed(), site.written()) == ({}, 5)
    site.calls()
    assert (site.night(), site.written(), site.calls()) == ("success", 0, 6)


def test_what_was_read_is_registered_on_and_told_with_the_numbers_of_coachview(site, effects):
    site.lists.change(4, "r1:a1", afgerond=False, akkoord=False, resultaat=None, datumAkkoord=None)
    site.night()
    site.coachview.books.enrol("r1", "a1", "X-1", "21")
    report(site.engine, "studio", "X-1", "21", "2026-03-02", grade=8, passed=True)
    flow.run(site.engine, None, Options())
    assert effects("r1", "a1") == "8.0 f t t t 2026-03-02"
    assert (push.run(site.engine, site.school.connect, Options())[1], site.coachview.books.told) == (
        "success",
        [("X-1", "21")],
    )


def test_only_what_changed_is_read_and_what_came_or_changed_is_there_next_night(site):
    site.night()
    site.lists.request("r5", "t1", "p2", days_ago=0)
    site.lists.change(2, "r1", opleidingsvraagStatusId="Afgerond")
    assert (site.night(), site.written()) == ("success", 2)
    assert site.rows(REQUESTS) == [
        ("r1", "t1", "p1", "X-1", "finished"),
        READ[1],
        ("r5", "t1", "p2", "-", "open"),
    ]


def test_what_is_gone_is_closed_only_when_all_of_the_list_was_looked_at(site):
    site.night()
    site.lists.remove(2, "r2")
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)
    assert (site.night(full=True), site.rows(REQUESTS)) == ("success", READ[:1])
    assert "training_requests: 1 row is closed" in site.notes()
    site.lists.request("r2", "t1", "p2", status="Geannuleerd", days_ago=0)
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)


def test_all_is_looked_at_again_after_a_week(site, write):
    site.night()
    site.lists.remove(2, "r2")
    write("update ops.coachview_reading set whole_at = whole_at - interval '8 days'")
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ[:1])


def test_what_a_person_entered_is_not_changed_and_the_difference_is_listed(site, write):
    write("insert into core.trainings (training_code, name) values ('t1', 'Typed')")
    write("insert into core.training_requests (request_code, training_code, person_id, status)"
          " values ('mine', 't1', 'p9', 'open')")  # fmt: skip
    assert site.night() == "success"
    assert site.rows("select name from core.trainings where closed_at is null") == [("Typed",)]
    assert site.listed().keys() == {("entered_by_hand", "t1")}
    assert site.rows(REQUESTS) == [("mine", "t1", "p9", "-", "open"), *READ]
    site.lists.remove(2, "r1")
    site.night(full=True)
    assert site.rows(REQUESTS) == [("mine", "t1", "p9", "-", "open"), READ[1]]


@pytest.mark.long
def test_files_of_people_leave_coachviews_rows_alone_until_they_say_otherwise(site, tmp_path):
    site.night()
    export_set(site.engine, tmp_path)
    (tmp_path / "integrations.csv").unlink()
    warnings = []
    assert {one.written + one.closed for one in import_set(site.engine, tmp_path).values()} == {0}
    requests = tmp_path / "training_requests.csv"
    header, *lines = requests.read_text().splitlines(keepends=True)
    requests.write_text(header)
    for other in tmp_path.glob("*.csv"):
        if other != requests:
            other.unlink()
    import_set(site.engine, tmp_path, warnings.append)
    assert (site.rows(REQUESTS), warnings) == (READ, [])
    requests.write_text(header + lines[0].replace("open", "finished"))
    done = import_set(site.engine, tmp_path, warnings.append)["training_requests.csv"]
    assert (done.written, done.closed, done.taken_over) == (1, 0, 1)
    assert "changes 1 row that a system states" in str(warnings[0])
    assert site.night() == "success"
    assert site.rows(REQUESTS)[0] == ("r1", "t1", "p1", "X-1", "finished")
    assert ("entered_by_hand", "r1") in site.listed()
    requests.write_text(header)
    import_set(site.engine, tmp_path)
    assert (site.night(full=True), site.rows(REQUESTS)) == ("success", READ)


@pytest.mark.parametrize(
    ("place", "code", "fields", "listed", "word"),
    [
        (0, "t1", {"naam": None}, {"t1", "a1", "r1", "r2", "r1/a1"}, "name: must be filled in"),
        (1, "a1", {"elearningOmgevingId": 99}, {"a1", "r1/a1"}, "which integration"),
        (2, "r1", {"opleidingsvraagStatusId": "Zwevend"}, {"r1", "r1/a1"}, "status: must be one of"),
        (2, "r1", {"persoonId": {"odd": 1}}, {"r1", "r1/a1"}, "person_id: give this"),
        (
            4,
            "r1:a1",
            {"resultaat": "Voldoende", "afgerond": False, "akkoord": False},
            {"r1/a1"},
            "result: must be a number",
        ),
        (4, "r1:a1", {"afgerond": "misschien"}, {"r1/a1"}, "finished: must be true or false"),
    ],
)
def test_a_row_that_cannot_be_taken_is_listed_with_what_hangs_on_it_and_the_others_are_taken(
    site, place, code, fields, listed, word
):
    site.lists.training("t9")
    site.lists.part("a9", "t9", 99, environment=8)
    site.lists.request("r9", "t9", "p2")
    site.lists.change(place, code, **fields)
    assert site.night() == "success"
    assert {key for _, key in site.listed()} == listed
    assert any(word in why for why in site.listed().values())
    assert ("r9", "t9", "p2", "-", "open") in site.rows(REQUESTS)


def test_a_part_that_is_finished_counts_as_such_whatever_its_result_is(site):
    site.lists.change(4, "r1:a1", resultaat="Voldoende")
    site.night()
    assert (
        site.listed(),
        site.rows("select part_code, finished, approved from core.training_request_parts"),
    ) == (
        {},
        [("a1", True, True)],
    )


def test_what_was_taken_and_cannot_be_any_more_stays_as_it_was(site):
    site.night()
    site.lists.change(2, "r1", opleidingsvraagStatusId="Zwevend")
    assert site.night() == "success"
    assert (site.rows(REQUESTS)[0], ("row_not_taken", "r1") in site.listed()) == (READ[0], True)


def test_a_list_without_its_scope_is_named_and_stops_no_other(site):
    site.coachview.without_scope.add("Personen")
    assert site.night() == "incomplete"
    [(scope, sentence)] = site.problems()
    assert (scope, "<list>.Lezen" in sentence) == ("Personen", True)
    assert site.rows(REQUESTS) == []  # the persons' external IDs are not known
    assert site.rows(PARTS) == [("a1", "t1", "studio", "21")]
    site.coachview.without_scope.clear()
    assert (site.night(), site.rows(REQUESTS)) == ("success", READ)


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


def test_a_dry_run_says_how_much_changed_and_keeps_nothing(site):
    assert site.night(dry_run=True) == "success"
    assert "Opleidingsvragen: 4 rows changed since 2000-01-01" in site.notes()
    assert site.rows("select entity from raw.coachview_rows") == []
    site.night()
    assert site.night(dry_run=True, full=True) == "success"


def test_it_is_off_without_a_connection_or_until_the_connection_says_so(site):
    there, site.school.connection = site.school.connection, None
    assert (site.night(), site.calls()) == ("success", 0)
    assert "coachview: nothing is read (there is no connection)" in site.notes()
    site.school.connection = reads(there, read=False)
    assert (site.night(), site.calls()) == ("success", 0)
    assert "coachview: nothing is read (Read requests of the connection is off)" in site.notes()
    site.school.connection = there
    site.night()
    site.school.connection = None
    assert site.night() == "incomplete"
    assert {one.code for one in site.report().problems} == {"connection_missing"}


def test_persons_become_clients_only_where_the_connection_says_so(site):
    site.night()
    assert site.rows("select fields ->> 'surname' from raw.coachview_rows where id = 'p1'") == [(None,)]
    assert site.rows("select client_code from core.clients where client_code in ('p1', 'p2')") == []
    site.school.connection = reads(site.school.connection, persons_are_clients=True)
    assert site.night(full=True) == "success"
    assert site.rows(
        "select client_code, coalesce(external_id, '-') as external_id, given_name, surname, email, archived"
        " from core.clients"
        " where client_code in ('p1', 'p2') order by 1"
    ) == [
        ("p1", "X-1", "Nora", "van der Zandstra", "nora@example.org", False),
        ("p2", "-", "Nora", "van der Zandstra", "nora@example.org", False),
    ]
    assert site.rows("select client_code from core.training_requests where request_code = 'r1'") == [("p1",)]


def test_what_an_import_would_warn_of_is_said_of_what_is_read(site):
    site.lists.person("p3")
    site.lists.request("r7", "t1", "p3")
    site.night()
    [note] = [one for one in site.notes() if one.startswith("training_requests")]
    assert note.startswith(
        "training_requests: 1 row: external_id is empty, and an integration of the training"
    )


def test_the_client_with_a_persons_external_id_is_the_requests_client(site, write):
    write("update core.clients set external_id = 'X-1' where client_code = 'CL00001'")
    site.night()
    assert site.rows("select client_code from core.training_requests where request_code = 'r1'") == [
        ("CL00001",)
    ]


def said_of(site):
    report = registry.check(
        site.school.connection, lambda: nullcontext(site.engine), lambda _: site.school.connection
    )
    return report.ok, "\n".join(report.lines)


def test_the_test_of_the_connection_names_lists_without_their_scope_and_fields_that_are_not_there(site):
    content, said = said_of(site)
    assert content
    assert "Opleidingsvragen: can be read\n" in said
    site.coachview.without_scope.update({"Personen", "Opleidingsvragen"})
    del site.lists.lists["Opleidingsonderdelen"][0]["elearningCode"]
    content, said = said_of(site)
    assert not content
    assert "Personen: HTTP 403" in said
    assert "Opleidingsvragen: HTTP 403" in said
    assert "Opleidingsonderdelen: can be read, but its first row has no elearningCode" in said


def test_where_only_results_are_sent_only_what_is_read_back_is_tested(site):
    site.school.connection = reads(site.school.connection, read=False)
    content, said = said_of(site)
    assert (content, said.count("can be read")) == (True, 1)


def test_nothing_of_a_person_or_secret_is_logged(site, caplog):
    caplog.set_level("DEBUG")
    site.school.connection = reads(site.school.connection, persons_are_clients=True)
    site.night()
    secrets = (site.school.connection.password, "Zandstra", "nora@example.org")
    assert [one for one in secrets if one in caplog.text] == []


@pytest.mark.long
def test_who_is_erased_is_in_no_list_and_the_next_run_leaves_them_out_and_says_so(site, write):
    write("insert into core.clients (client_code, external_id) values ('CV-1', 'X-1')")
    site.night()
    assert site.rows(REQUESTS) == READ
    erase.erase(site.engine, "CV-1", "ada", "asked for", readers())
    for again in (False, True):
        if again:
            site.lists.change(2, "r1", opleidingsvraagStatusId="Afgerond")
            assert site.night(full=True) == "success"
        assert site.rows(REQUESTS) == READ[1:]
        assert site.rows(f"{ROWS} in ('Personen', 'Opleidingsvragen') order by 1") == [
            ("p2",), ("r2",), ("r3",), ("r4",),
        ]  # fmt: skip
    assert any("erased_on_request: 1 " in note for note in site.notes())
