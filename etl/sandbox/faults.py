"""Faults on request: what goes wrong between a system and its caller, by kind and for a number of calls."""

import html
import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from etl.sandbox.frame import SandboxReply

NOTHING: Mapping[str, str] = {}


class FaultKind(StrEnum):
    """What goes wrong. The caller sees it; the ledger shows whether the call was processed."""

    DROP = "drop"  # connection closed before processing
    LOST_ANSWER = "lost_answer"  # processed, then connection closed without an answer
    SLOW = "slow"  # processed, answered after `seconds`
    TRUNCATED = "truncated"  # processed, body cut after `keep` of its length
    CUT = "cut"  # the same, but the whole length announced and the connection closed
    SERVER_ERROR = "server_error"  # 500, an HTML page
    BAD_GATEWAY = "bad_gateway"  # 502, an HTML page
    UNAVAILABLE = "unavailable"  # 503, an HTML page, Retry-After `retry_after`
    TOO_MANY_REQUESTS = "too_many_requests"  # 429, Retry-After `retry_after`
    NOTICE = "notice"  # processed, with a notice of PHP before the answer
    FATAL = "fatal"  # 200, PHP ran out of memory: plain text instead of an answer
    BOM = "bom"  # processed, with a byte order mark before the answer
    ERROR_CODE = "error_code"  # Moodle, as 200: an exception with the errorcode `text`
    ANSWER = "answer"  # 200: `text` instead of an answer
    FORBIDDEN = "forbidden"  # 403 without a body: Moodle with REST switched off
    HTML = "html"  # 200, but a page instead of an answer
    DATABASE_DOWN = "dbconnectionfailed"  # Moodle, as 200
    SITE_MAINTENANCE = "sitemaintenance"  # Moodle, as 200
    SOAP_FAULT = "soap_fault"  # PE-Online crashed before processing
    ESCAPED = "escaped"  # PE-Online: processed, Summary as an escaped string
    EMPTY = "empty"  # PE-Online: processed, empty result


@dataclass(frozen=True)
class PlannedFault:
    """``count`` calls go wrong (None: until cleared) after ``after`` calls that still go right.

    ``where``: only calls whose fields have these values (courseid, userid, cmid ...; path).
    """

    system: str
    kind: FaultKind
    operation: str = "*"
    count: int | None = 1
    after: int = 0
    seconds: float = 0.2
    retry_after: int = 1
    keep: float = 0.5
    text: str = ""
    where: Mapping[str, str] = field(default_factory=dict)

    def matches(self, system: str, operation: str, fields: Mapping[str, str]) -> bool:
        """Is this call one of those that the fault is about?"""
        told = all(fields.get(name) == value for name, value in self.where.items())
        return self.system in ("*", system) and self.operation in ("*", operation) and told


class Faults:
    """The faults that are still to happen; the oldest that matches a call happens."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pending: list[PlannedFault] = []

    def add(self, system: str, kind: FaultKind | str, **details: Any) -> PlannedFault:
        """Order a fault."""
        fault = PlannedFault(system, FaultKind(kind), **details)
        with self._lock:
            self._pending.append(fault)
        return fault

    def pending(self) -> list[PlannedFault]:
        """What is still to happen."""
        with self._lock:
            return list(self._pending)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._pending.clear()

    def take(self, system: str, operation: str, fields: Mapping[str, str] = NOTHING) -> PlannedFault | None:
        """The fault that happens to this call, if any, counted off."""
        with self._lock:
            for place, fault in enumerate(self._pending):
                if fault.matches(system, operation, fields):
                    return self._count_off(place, fault)
        return None

    def _count_off(self, place: int, fault: PlannedFault) -> PlannedFault | None:
        if fault.after:
            self._pending[place] = replace(fault, after=fault.after - 1)
            return None
        if fault.count == 1:
            del self._pending[place]
        elif fault.count is not None:
            self._pending[place] = replace(fault, count=fault.count - 1)
        return fault


def _page(status: int, title: str, headers: Mapping[str, str] | None = None) -> SandboxReply:
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return SandboxReply(body.encode(), status, "text/html; charset=utf-8", headers or {})


def _soap_fault() -> SandboxReply:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
        "<faultcode>soap:Server</faultcode><faultstring>Server was unable to process request.</faultstring>"
        "<detail /></soap:Fault></soap:Body></soap:Envelope>"
    )
    return SandboxReply(body.encode(), 500, "text/xml; charset=utf-8")


_DATABASE_DOWN = (
    rb'{"exception":"dml_connection_exception","errorcode":"dbconnectionfailed",'
    rb'"message":"Error: Database connection failed"}'
)
_SITE_MAINTENANCE = (
    rb'{"exception":"core\\exception\\moodle_exception","errorcode":"sitemaintenance",'
    rb'"message":"The site is undergoing maintenance and is currently not available"}'
)

_NOTICE = b"<br />\n<b>Notice</b>:  Undefined offset: 0 in <b>/grade/report/user/lib.php</b> on line <b>1</b><br />\n"
_FATAL = b"Fatal error: Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)"


def _error(code: str) -> bytes:
    error = {"exception": "moodle_exception", "errorcode": code, "message": "What Moodle says about it"}
    return json.dumps(error).encode()


# The system never sees the call: this is answered instead.
INSTEAD: Mapping[FaultKind, Callable[[PlannedFault], SandboxReply]] = {
    FaultKind.SERVER_ERROR: lambda _: _page(500, "Internal Server Error"),
    FaultKind.BAD_GATEWAY: lambda _: _page(502, "Bad Gateway"),
    FaultKind.UNAVAILABLE: lambda f: _page(503, "Service Unavailable", {"Retry-After": str(f.retry_after)}),
    FaultKind.TOO_MANY_REQUESTS: lambda f: _page(
        429, "Too Many Requests", {"Retry-After": str(f.retry_after)}
    ),
    FaultKind.FORBIDDEN: lambda _: SandboxReply(b"", 403, "text/html; charset=utf-8"),
    FaultKind.FATAL: lambda _: SandboxReply(_FATAL, media_type="text/html; charset=utf-8"),
    FaultKind.ERROR_CODE: lambda f: SandboxReply(_error(f.text)),
    FaultKind.ANSWER: lambda f: SandboxReply(f.text.encode()),
    FaultKind.HTML: lambda _: _page(200, "Log in to the site"),
    FaultKind.DATABASE_DOWN: lambda _: SandboxReply(_DATABASE_DOWN),
    FaultKind.SITE_MAINTENANCE: lambda _: SandboxReply(_SITE_MAINTENANCE),
    FaultKind.SOAP_FAULT: lambda _: _soap_fault(),
}

_RESULT = re.compile(rb"(<ProcessXMLResult>)(.*)(</ProcessXMLResult>)", re.DOTALL)


def _cut(reply: SandboxReply, fault: PlannedFault) -> bytes:
    return reply.body[: int(len(reply.body) * fault.keep)]


def _escaped(reply: SandboxReply) -> bytes:
    return _RESULT.sub(lambda m: m[1] + html.escape(m[2].decode(), quote=False).encode() + m[3], reply.body)


# The system did what it was asked; its answer reaches the caller like this.
AFTER: Mapping[FaultKind, Callable[[SandboxReply, PlannedFault], SandboxReply]] = {
    FaultKind.TRUNCATED: lambda reply, fault: replace(reply, body=_cut(reply, fault)),
    FaultKind.CUT: lambda reply, fault: replace(reply, body=_cut(reply, fault), announced=len(reply.body)),
    FaultKind.NOTICE: lambda reply, _: replace(reply, body=_NOTICE + reply.body),
    FaultKind.BOM: lambda reply, _: replace(reply, body=BOM_UTF8 + reply.body),
    FaultKind.ESCAPED: lambda reply, _: replace(reply, body=_escaped(reply)),
    FaultKind.EMPTY: lambda reply, _: replace(reply, body=_RESULT.sub(rb"\1\3", reply.body)),
}
