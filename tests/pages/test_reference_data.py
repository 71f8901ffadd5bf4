"""Reference data on its page: checked before anything happens, imported as checked, exported; hostile uploads."""

import io
import re
import zipfile
from html import unescape

import pytest

from etl.pages.host import Right
from tests.pages.reading import words

HEAD = "client_code,external_id,username,given_name,other_name,surname,email,archived\n"
CLIENTS = f"{HEAD}C1,,,Ann,,,,false\nC2,,,Bo,,,,false\n"


def zipped(**files):
    """A zip of files, by their names without .csv."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name if "." in name else f"{name}.csv", text)
    return whole.getvalue()


def hidden(page):
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def upload(op):
    """A function that sends a file with the fields of the page before."""

    def upload(action, page, content, name="set.zip", browser=op, **more):
        return browser.post(
            f"/reference-data-{action}", data=hidden(page) | more, files={"set": (name, content)}
        )

    return upload


@pytest.fixture
def clients(engine):
    """A function that lists the clients of the warehouse."""

    def clients():
        with engine.connect() as session:
            return (
                session.exec_driver_sql(
                    "select client_code from core.clients where closed_at is null order by 1"
                )
                .scalars()
                .all()
            )

    return clients


def test_a_set_is_checked_then_imported_as_it_was_checked_and_who_did_it_is_kept(op, upload, clients, engine):
    content = zipped(clients=CLIENTS)
    checked = upload("check", op.get("/reference-data"), content)
    assert "clients.csv 2 2 0 0" in words(checked)
    assert clients() == []
    imported = upload("import", checked, content)
    assert "Imported set.zip" in words(imported)
    assert clients() == ["C1", "C2"]
    assert "somebody core.clients 2 2 0 0" in words(imported)


def test_one_file_can_be_uploaded_by_itself_with_what_follows_from_it(op, upload, clients):
    checked = upload("check", op.get("/reference-data"), CLIENTS.encode(), "clients.csv", follows="1")
    assert "No result, point or competence would change" in words(checked)
    upload("import", checked, CLIENTS.encode(), "clients.csv")
    assert clients() == ["C1", "C2"]


def test_every_wrong_line_is_shown_and_nothing_can_be_imported(op, upload, clients):
    wrong = f"{HEAD}C1,,,Ann,,,,false\nC1,,,Bo,,,,false\n,,,<b>,,,,false\n"
    checked = upload("check", op.get("/reference-data"), wrong.encode(), "clients.csv")
    assert "2 wrong lines" in words(checked)
    assert "clients.csv 3 client_code the same key stands in line 2" in words(checked)
    assert "reference-data-import" not in checked.text
    assert clients() == []


def test_another_set_than_the_checked_one_is_not_imported(op, upload, clients):
    checked = upload("check", op.get("/reference-data"), zipped(clients=CLIENTS))
    answer = upload("import", checked, zipped(clients=CLIENTS + "C3,,,Cy,,,,false\n"))
    assert answer.status_code == 422
    assert "not the set that was checked" in words(answer)
    assert clients() == []


def test_what_was_changed_since_the_check_is_checked_again(op, upload, clients):
    page = op.get("/reference-data")
    first = upload("check", page, zipped(clients=CLIENTS))
    second = upload("check", page, zipped(clients=CLIENTS + "C3,,,Cy,,,,false\n"))
    upload("import", second, zipped(clients=CLIENTS + "C3,,,Cy,,,,false\n"))
    answer = upload("import", first, zipped(clients=CLIENTS))
    assert "changed since the set was checked" in words(answer)
    assert clients() == ["C1", "C2", "C3"]


def damaged(content):
    """A zip whose list of files is whole, and whose file cannot be unpacked."""
    begin = content.index(b"clients.csv") + len("clients.csv")
    return content[:begin] + b"\xff" * 8 + content[begin + 8 :]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (zipped(**{"../clients.csv": CLIENTS}), "set.zip", "is no file of a set"),
        (zipped(**{"folder/clients.csv": CLIENTS}), "set.zip", "is no file of a set"),
        (zipped(**{"notes.txt": "x"}), "set.zip", "notes.txt is no file of a set"),
        (damaged(zipped(clients=CLIENTS)), "set.zip", "the zip cannot be read"),
        (zipped(clients=CLIENTS)[:60], "set.zip", "set.zip is no file of a set"),
        (CLIENTS.encode(), "people.csv", "people.csv is no file of a set"),
    ],
    ids=["above", "in a folder", "another file", "damaged", "cut off", "no file of a set"],
)
def test_what_is_no_set_is_refused_with_why(op, upload, clients, content, name, said):
    answer = upload("check", op.get("/reference-data"), content, name)
    assert answer.status_code == 422
    assert "Nothing was changed" in words(answer)
    assert said in words(answer)


def test_a_zip_that_unpacks_to_more_than_it_says_stops_at_the_limit(op, upload, monkeypatch, tmp_path):
    monkeypatch.setattr("etl.reference.uploads._MOST_UNPACKED", 2**20)
    answer = upload("check", op.get("/reference-data"), zipped(clients="x" * 3 * 2**20))
    assert "larger than 1 MB" in words(answer)


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(op, upload, monkeypatch):
    monkeypatch.setattr("etl.reference.uploads.MOST_BYTES", 1000)
    answer = upload("check", op.get("/reference-data"), b"x" * 20_000)
    assert answer.status_code == 413


def test_a_form_that_these_pages_did_not_make_imports_nothing(op, upload, clients):
    checked = upload("check", op.get("/reference-data"), zipped(clients=CLIENTS))
    answer = upload("import", checked, zipped(clients=CLIENTS), csrftoken="forged")
    assert answer.status_code == 403
    assert clients() == []


@pytest.mark.long
def test_the_export_is_a_set_that_changes_nothing(op, upload):
    checked = upload("check", op.get("/reference-data"), zipped(clients=CLIENTS))
    upload("import", checked, zipped(clients=CLIENTS))
    exported = op.get("/reference-data.zip").content
    assert "clients.csv" in zipfile.ZipFile(io.BytesIO(exported)).namelist()
    assert "clients.csv 2 0 0 0" in words(upload("check", op.get("/reference-data"), exported))


def test_who_may_only_look_sees_no_form_and_imports_nothing(browse, op, upload, clients):
    reader = browse(Right.SEE, Right.PERSONS)
    assert "csrftoken" not in reader.get("/reference-data").text
    page = op.get("/reference-data")
    for action in ("check", "import"):
        assert upload(action, page, zipped(clients=CLIENTS), browser=reader).status_code == 403
    assert browse(Right.SEE).get("/reference-data.zip").status_code == 403
    assert clients() == []
