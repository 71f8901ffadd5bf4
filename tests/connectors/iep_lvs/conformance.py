"""IEP LVS in the conformance suite: two nights of a school, left in a drop location or sent, worked out by hand."""

import os
import re
from collections.abc import Iterator
from datetime import date

from etl.connections import Connection
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.conformance.stand_in import OPEN, Lacking, Message, Outcome, StandIn, columns, golden
from tests.connectors.iep_lvs.school import KEY, PUPILS

RESULTS = ("iep_lvs", "test_results.csv")
AN_HOUR = 3600  # seconds; a file that has just changed may still be being written


class Dropped(StandIn):
    """A folder with the files of two nights."""

    flow = "iep_test_results"
    broken = "elsewhere"
    damages = ("cut", "text", "empty", "another root")
    records = ("core.test_result_versions",)

    def fill(self) -> None:
        self.drop = self.folder / "drop"
        self.drop.mkdir(exist_ok=True)
        self.connections["drop"] = Connection("drop", "iep_lvs", str(self.drop))
        self._link()
        self._source("pupils", "drop")
        self.mend()

    def outcome(self) -> Outcome:
        return {
            "results": self.rows(f"select {columns(*RESULTS)} from mart.test_results"),
            OPEN: self.rows("select record_key, reason_code from mart.rejections where resolved_at is null"),
        }

    def golden(self) -> Outcome:
        return {"results": golden(*RESULTS), OPEN: golden("iep_lvs", "rejections.csv")}

    def break_one(self) -> None:
        self.connections["elsewhere"] = Connection("elsewhere", "iep_lvs", str(self.folder / "nowhere"))
        self._source("elsewhere", "elsewhere")

    def garble(self, damage: str) -> None:
        for name, content in self._files().items():
            self._write(name, _damaged(content, damage))

    def mend(self) -> None:
        self.change("delete from core.sources where source = 'elsewhere'")
        for name, content in self._files().items():
            self._write(name, content)

    def lacking(self) -> Iterator[Lacking]:
        nowhere = Connection("nowhere", "iep_lvs", str(self.folder / "nowhere"))
        yield Lacking(nowhere, "there is none of this name")

    @property
    def planted(self) -> frozenset[str]:
        numbers = {number for of_pupil in PUPILS.values() for number in of_pupil.values()}
        sent = b"".join(self._files().values()).decode()
        return frozenset({KEY, *numbers, *re.findall(r"<(?:\w+:)?achternaam>([^<]+)<", sent)})

    def _files(self) -> dict[str, bytes]:
        nights = samples()
        return {
            "night-1.xml": nights["first_night"],
            "night-2.xml": Sender("", KEY).envelope(nights["second_night"]),
        }

    def _write(self, name: str, content: bytes) -> None:
        path = self.drop / name
        path.write_bytes(content)
        written = path.stat().st_mtime - AN_HOUR
        os.utime(path, (written, written))

    def _link(self) -> None:
        terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
        with self.engine.begin() as session:
            links.activate(session, KEY, "Bureau ICE", "BUREAUICE", terms, "beheer")

    def _source(self, source: str, connection_id: str) -> None:
        self.change(
            "insert into core.sources (source, system, connection_id, timezone)"
            f" values ('{source}', 'iep_lvs', '{connection_id}', 'Europe/Amsterdam')"
        )


class Sent(Dropped):
    """A sender that posts the two nights, and a drop location besides that cannot be read when something breaks."""

    mount = "/uwlr"

    def fill(self) -> None:
        self._damage = ""
        self._link()

    def messages(self) -> list[Message]:
        sender = Sender("", KEY)
        posted = [sender.envelope(samples()[night]) for night in ("first_night", "second_night")]
        return [_posted(_damaged(body, self._damage), status=200) for body in posted]

    def unproved(self) -> list[Message]:
        return [_posted(Sender("", f"{KEY[:-1]}x").envelope(samples()["first_night"]), status=500)]

    def garble(self, damage: str) -> None:
        self._damage = damage

    def mend(self) -> None:
        self._damage = ""
        self.change("delete from core.sources where source = 'elsewhere'")


def _damaged(content: bytes, damage: str) -> bytes:
    of = {
        "": content,
        "cut": content[: len(content) // 2],
        "text": b"Service unavailable",
        "empty": b"",
        "another root": b"<html>Log in</html>",
    }
    return of[damage]


def _posted(body: bytes, status: int) -> Message:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"BrengLeerresultaten"'}
    return Message("/uwlr/leerresultaten", body, headers, status)
