"""Requests, parts and persons from Coachview into the reference data: nobody types them, and nothing typed is lost."""

import pytest

from etl.connectors.coachview import flow, push
from etl.connectors.registry import readers
from etl.engine.options import Options
from etl.reference import export_set, import_set
from etl.results import erase
from tests.connectors.coachview.listed import reads
from tests.connectors.coachview.reading import HELD, PARTS, READ, REQUESTS, ROWS
from tests.connectors.coachview.requests import report


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
