"""Hostile XML is refused in less than a second and 100 MB, measured in a process of its own."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.engine.hardened import as_utf8
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.hostile import DOCUMENTS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_hostile_xml_is_refused_quickly_in_little_memory(name: str) -> None:
    command = [sys.executable, "-m", "tests.connectors.iep_lvs.hostile", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code, seconds, megabytes = done.stdout.split()
    assert code == "Client.OngeldigBericht"
    assert float(seconds) < 1
    assert float(megabytes) < 100


def test_a_body_of_50_mb_is_refused_quickly_and_never_held(receiver: str, iep: Sender) -> None:
    process = psutil.Process()
    body = b"x" * 50_000_000
    before, start = process.memory_info().rss, time.process_time()
    assert "OngeldigBericht: the message is larger than" in iep.send_envelope(body).fault
    assert time.process_time() - start < 2  # about 0.2 s of work
    assert process.memory_info().rss - before < 100_000_000


def test_a_message_in_utf_16_and_one_with_a_byte_order_mark_are_read() -> None:
    text = samples()["first_night"].decode()
    assert read(
        as_utf8(text.replace("utf-8", "utf-16").encode("utf-16")), Open(lenient=False), Message()
    ).brin6
    assert read(as_utf8(text.encode("utf-8-sig")), Open(lenient=False), Message()).brin6
