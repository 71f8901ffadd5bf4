"""Documents that are meant to hurt; run as a program, this measures what reading one costs."""

import resource
import sys
import time

from etl.connectors import registry
from etl.engine.bodies import Posted
from etl.engine.decoding import MALFORMED
from etl.engine.webhooks.integrations import Integration
from etl.errors import Malformed, RejectRecord

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_INTEGRATION = Integration(
    "one", "any", None, "sha1", "UTC", None, None, None, sends_result=False, active=True
)
_MOST = 2**20  # what is larger is refused before it is read

BODIES = {
    "entities": f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]><ElearningResultaat>&l9;</ElearningResultaat>'.encode(),
    "entity of a file": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ElearningResultaat>&e;</ElearningResultaat>',
    "remote DTD": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><ElearningResultaat/>',
    "deep XML": (b"<a>" * (_MOST // 3))[:_MOST],
    "deep JSON": b'{"event":' + b"[" * (_MOST - 10),
    "wide XML": b"<ElearningResultaat>" + b"<a/>" * (_MOST // 4 - 20),
    "many names": b"<x>" + b"".join(b"<n%d/>" % n for n in range(_MOST // 12)),
    "many attributes": b"<x " + b" ".join(b"a%d='1'" % n for n in range(_MOST // 16)) + b"/>",
    "many elements": b"<ElearningResultaat>" + b"<Resultaat>" * 80_000,
    "one long text": b"<ElearningResultaat><Resultaat>" + b"9" * (_MOST - 40),
    "zeros": b"\0" * _MOST,
    "a long number": b'{"event":"CourseCompleted","created":' + b"9" * (_MOST - 40) + b"}",
}  # fmt: skip


def measure(system: str) -> None:
    """For each document, why it is refused, the seconds of the processor and the megabytes that reading it cost."""
    _, sender = registry.receiver_of(system)
    for name, body in BODIES.items():
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        try:
            problem = sender.hear(Posted(body), _INTEGRATION).said
        except Malformed as refused:
            problem = RejectRecord(MALFORMED, str(refused))
        except RejectRecord as refused:
            problem = refused
        seconds = time.process_time() - start
        megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(name, problem.reason_code, seconds, megabytes, sep="\t")


if __name__ == "__main__":
    measure(*sys.argv[1:])
