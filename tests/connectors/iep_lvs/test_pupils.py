"""Whose result it is: an ECK iD counts everywhere, a pupil number within its school, and nobody is guessed."""

import os
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.iep_lvs import flow, links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.engine.options import Options
from etl.reference.beside import Beside
from etl.reference.checking import check
from etl.reference.doubts import doubts
from etl.reference.reading import read_set
from etl.sandbox.iep_lvs.sender import Sender
from tests.connectors.iep_lvs.nights import night, rejected
from tests.connectors.iep_lvs.school import ECK_7001, rows

OTHER_KEY = "11AA001234567890abcd"
MESSAGE = """<leerresultaten_verzoek xmlns="http://www.edustandaard.nl/leerresultaten/2/leerresultaten"><school>
<schooljaar>2025-2026</schooljaar><brincode>{brin}</brincode><aanmaakdatum>{made}</aanmaakdatum>
<xsdversie>2.2</xsdversie></school><toetsafnames><toetsafname><leerlingid>{pupil}</leerlingid>{eck}<resultaten>
<resultaat key="{key}"><afnamedatum>2026-01-12</afnamedatum><toetscode>T</toetscode><score>{score}</score></resultaat>
</resultaten></toetsafname></toetsafnames><toetsen><toets><toetscode>T</toetscode></toets></toetsen>
</leerresultaten_verzoek>"""


def message(
    pupil: str,
    *,
    brin: str = "99QQ",
    eck: str = "",
    key: str = "R1",
    score: int = 10,
    made: str = "2026-01-13T01:05:00",
) -> bytes:
    """One result of one pupil."""
    said = f"<eckid>{eck}</eckid>" if eck else ""
    return MESSAGE.format(brin=brin, pupil=pupil, eck=said, key=key, score=score, made=made).encode()


@pytest.fixture
def other_school(engine: Engine, school: str) -> str:
    """School 11AA00, whose link is active too."""
    terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
    with engine.begin() as session:
        return links.activate(session, OTHER_KEY, "Bureau ICE", "BUREAUICE", terms, "beheer")


def register(engine: Engine, client: str, scheme: str, value: str) -> None:
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.clients (client_code) values (%s) on conflict do nothing", (client,)
        )
        session.exec_driver_sql(
            "insert into core.client_numbers (client_code, scheme, value) values (%s, %s, %s)",
            (client, scheme, value),
        )


def recorded(engine: Engine) -> list[tuple[str, ...]]:
    return rows(engine, "select brin6, pupil_key, value from mart.test_results order by 1, 2, 3")


def test_the_same_number_at_two_schools_is_two_pupils(
    receiver: str, iep: Sender, other_school: str, engine: Engine
) -> None:
    register(engine, "A1", "leerlingid:99QQ00", "1001")
    register(engine, "B1", "leerlingid:11AA00", "1001")
    assert iep.send(message("1001", score=1)).taken
    assert Sender(receiver, OTHER_KEY).send(message("1001", brin="11AA", score=2)).taken
    night(engine)
    assert recorded(engine) == [("11AA00", "B1", "2"), ("99QQ00", "A1", "1")]


def test_a_number_of_another_school_a_client_code_and_a_number_without_a_school_are_nobody(
    receiver: str, iep: Sender, other_school: str, engine: Engine
) -> None:
    register(engine, "A1", "leerlingid:99QQ00", "1001")
    register(engine, "1002", "pe:52", "052001")
    register(engine, "A3", "leerlingid", "1003")
    sender = Sender(receiver, OTHER_KEY)
    assert iep.send(message("1001")).taken  # the link is not new any more: what follows are no test messages
    for number in ("1001", "1002", "1003"):
        assert sender.send(message(number, brin="11AA", key=number)).taken
    night(engine)
    assert [row[:2] for row in recorded(engine)] == [("99QQ00", "A1")]


def test_a_number_without_a_school_is_listed_with_what_to_enter(
    iep: Sender, engine: Engine, school: str
) -> None:
    register(engine, "A3", "leerlingid", "1003")
    assert iep.send(message("LL-7001", key="known")).taken
    assert iep.send(message("1003")).taken
    night(engine)
    assert rejected(engine) == [("99QQ00/R1", "pupil_school_unknown")]
    [(reason,)] = rows(engine, "select reason from mart.rejections")
    assert "scheme leerlingid:99QQ00" in reason
    register(engine, "A3", "leerlingid:99QQ00", "1003")
    assert night(engine)["written"] == 1
    assert rejected(engine) == []


def test_a_pupil_who_changes_school_has_a_number_at_each(
    receiver: str, iep: Sender, other_school: str, engine: Engine
) -> None:
    register(engine, "P", "leerlingid:99QQ00", "1")
    register(engine, "P", "leerlingid:11AA00", "2")
    assert iep.send(message("1")).taken
    assert Sender(receiver, OTHER_KEY).send(message("2", brin="11AA")).taken
    night(engine)
    assert [row[:2] for row in recorded(engine)] == [("11AA00", "P"), ("99QQ00", "P")]


def test_an_eck_id_decides_also_across_schools(
    receiver: str, iep: Sender, other_school: str, engine: Engine
) -> None:
    register(engine, "B1", "leerlingid:11AA00", "LL-7001")
    assert Sender(receiver, OTHER_KEY).send(message("LL-7001", brin="11AA", eck=ECK_7001)).taken
    night(engine)
    found = rows(engine, "select pupil_key, warnings from mart.test_results")
    assert found == [("PUP7001", "pupil_number_of_another")]


def test_a_pupil_number_names_a_school_and_is_given_once_there(tmp_path: Path) -> None:
    lines = [
        "C1,leerlingid:99QQ00,1",
        "C2,leerlingid:99QQ00,1",
        "C2,leerlingid:11AA00,1",
        "C3,leerlingid:99qq,1",
    ]
    lines += [f"C1,eckid,{ECK_7001}", f"C3,eckid,{ECK_7001}", "C1,pe:52,7", "C2,pe:52,7", "C3,leerlingid,1"]
    (tmp_path / "client_numbers.csv").write_text("\n".join(["client_code,scheme,value", *lines]) + "\n")
    assert [(p.line, p.column, p.reason) for p in check(tmp_path, None)] == [
        (2, "value", "another line gives the same number of this scheme to another client"),
        (3, "value", "another line gives the same number of this scheme to another client"),
        (5, "scheme", "must name the school by BRIN and location number, such as leerlingid:99QQ00"),
        (6, "value", "another line gives the same number of this scheme to another client"),
        (7, "value", "another line gives the same number of this scheme to another client"),
    ]


def test_a_number_without_a_school_is_a_warning_of_the_check(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "client_numbers.csv").write_text("client_code,scheme,value\nC1,leerlingid,1\n")
    found = doubts(Beside(read_set(tmp_path), None))
    assert [(p.line, p.column) for p in found] == [(2, "scheme")]
    assert "such as leerlingid:99QQ00" in found[0].reason


def test_what_else_is_connected_does_not_change_whose_source_a_result_has(
    iep: Sender, engine: Engine, school: str, tmp_path: Path
) -> None:
    assert iep.send(message("LL-7001", score=1)).taken
    night(engine)
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.sources (source, system, connection_id, timezone) "
            "values ('a_drop', 'iep_lvs', 'iep_drop', 'Europe/Amsterdam')"
        )
    assert iep.send(message("LL-7001", score=1, made="2026-01-14T01:05:00")).taken
    night_with_drop(engine, tmp_path, message("LL-7001", score=2, made="2026-01-15T01:05:00"))
    found = rows(engine, "select source, value, version from mart.test_results")
    assert found == [("iep_lvs", "2", 2)]


def test_another_name_for_a_school_s_source_renames_what_came_in(
    iep: Sender, engine: Engine, school: str
) -> None:
    assert iep.send(message("LL-7001")).taken
    assert iep.send(message("nobody", key="R2")).taken
    night(engine)
    with engine.begin() as session:
        session.exec_driver_sql("update core.school_links set source = 'iep_noord'")
    assert iep.send(message("LL-7001")).taken  # the same message again
    assert night(engine, Options(full=True))["written"] == 0
    assert rows(
        engine,
        "select source, count(*) from core.uwlr_inbox join ops.deliveries using (message_id)"
        " group by source, message_id order by 2",
    ) == [
        ("iep_noord", 1),
        ("iep_noord", 2),
    ]
    assert rows(engine, "select source from mart.test_results") == [("iep_noord",)]
    assert rows(engine, "select source, resolved_at is null from ops.rejections") == [("iep_noord", True)]


def night_with_drop(engine: Engine, folder: Path, document: bytes) -> None:
    """One night with this file in the drop location."""
    path = folder / "night.xml"
    path.write_bytes(document)
    os.utime(path, (0, 0))
    connection = Connection("iep_drop", "iep_lvs", host=str(folder))
    assert flow.run(engine, lambda _: connection, Options())[1] == "success"


def test_a_pupil_who_was_recorded_for_another_is_put_right_when_the_number_is_entered(
    iep: Sender, engine: Engine, school: str
) -> None:
    register(engine, "B1", "eckid", "https://ketenid.nl/pilot/" + "4e5f" * 32)
    assert iep.send(message("LL-7001")).taken
    night(engine)
    with engine.begin() as session:  # as a version before this one recorded it
        session.exec_driver_sql("update core.test_result_versions set pupil_key = 'B1', content = 'old'")
        session.exec_driver_sql("delete from ops.derivations")
    night(engine)
    assert recorded(engine) == [("99QQ00", "PUP7001", "10")]
