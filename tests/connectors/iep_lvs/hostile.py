"""Hostile documents by name; run as a program, it says what reading one of them costs."""

import resource
import sys
import time
from collections.abc import Callable

from etl.connectors.iep_lvs.faults import fault_of
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.engine.hardened import as_utf8
from etl.errors import NotTaken

_NS = "http://www.edustandaard.nl/leerresultaten/2/leerresultaten"
_LATIN = '<?xml version="1.0" encoding="iso-8859-1"?><a>\u00e9</a>'


def _bomb() -> str:
    layers = "".join(f'<!ENTITY e{depth + 1} "{f"&e{depth};" * 10}">' for depth in range(9))
    return f'<!DOCTYPE a [<!ENTITY e0 "boom">{layers}]><a>&e9;</a>'


DOCUMENTS: dict[str, Callable[[], str | bytes]] = {
    "entity bomb": _bomb,
    "entity bomb in UTF-16": lambda: _bomb().encode("utf-16"),
    "external entity": lambda: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external DTD": lambda: '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "undeclared entity": lambda: "<a>&x;</a>",
    "deep nesting": lambda: "<a>" * 5_000_000,
    "many brothers": lambda: "<a>" + "<b/>" * 4_000_000 + "</a>",
    "many pupils": lambda: (
        f'<leerresultaten_verzoek xmlns="{_NS}"><toetsafnames>' + "<toetsafname/>" * 1_200_000
    ),
    "many attributes": lambda: "<a " + " ".join(f'a{number}="1"' for number in range(1_000_000)) + "/>",
    "many namespaces": lambda: "<a " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(700_000)) + "/>",
    "many names": lambda: "<a>" + "".join(f"<n{number}/>" for number in range(1_500_000)) + "</a>",
    "long text": lambda: "<a>" + "x" * 19_000_000 + "</a>",
    "long attribute": lambda: "<a b='" + "x" * 19_000_000 + "'/>",
    "long comment": lambda: "<!--" + "x" * 19_000_000 + "--><a/>",
    "character references": lambda: "<a>" + "&#65;" * 3_500_000 + "</a>",
    "undeclared ISO-8859-1": lambda: "<a>\u00e9</a>".encode("latin-1"),
    "declared ISO-8859-1": lambda: _LATIN.encode("latin-1"),
    "UTF-7": lambda: '<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
    "EBCDIC": lambda: '<?xml version="1.0"?><a/>'.encode("cp037"),
    "UTF-8 said to be UTF-16": lambda: b"\xff\xfe" + b"<a/>",
    "overlong UTF-8": lambda: b"<a>\xc0\xbc</a>",
    "zeros": lambda: b"\0" * 10_000_000,
    "nothing": lambda: b"",
}


def _measure(name: str) -> None:
    made = DOCUMENTS[name]()
    body = made.encode() if isinstance(made, str) else made
    del made
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        read(as_utf8(body), Open(lenient=False), Message())
    except NotTaken as problem:
        seconds = time.process_time() - start
        megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(fault_of(problem).code, seconds, megabytes)


if __name__ == "__main__":
    _measure(sys.argv[1])
