"""Reading XML of strangers: no DTD, no entities, no network, and bounded memory (spec/iep_lvs_uwlr.md).

A document is parsed as it streams by. What has been dealt with is thrown away, so that a message costs
the memory of its largest unit (one pupil, one test) and not of the whole.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final, cast

from lxml import etree

from etl.receive.faults import Code, Fault

_Events = Iterator[tuple[str, etree._Element]]

_CHUNK: Final = 64 * 1024
_LARGEST_UNIT: Final = 1024 * 1024  # bytes; no single pupil, test or header is that large
_MOST_UNITS: Final = 100_000
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_READABLE: Final = {"utf-8", "utf8", "us-ascii", "ascii", "utf-16"}
# The parser keeps every name it ever met for as long as its thread lives: strangers may not fill that up.
_NAMES: Final = (re.compile(rb"<([^\s/>!?]+)"), re.compile(rb"\s([^\s=\"'<>/]+)\s*="))
_MOST_BYTES_OF_NAMES: Final = 64 * 1024
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(body: bytes) -> bytes:
    """The document in UTF-8. Raises Fault for any other encoding than UTF-8 and UTF-16, and for a DTD."""
    text = body.removeprefix(codecs.BOM_UTF8)
    if body.startswith(_UTF_16_MARKS):
        try:
            text = body.decode("utf-16").encode()
        except UnicodeError:
            raise Fault(Code.MESSAGE, "The message is not valid UTF-16.") from None
    declared = _DECLARED.match(text)
    if declared and declared[1].decode().lower() not in _READABLE:
        raise Fault(Code.MESSAGE, "Only the encodings UTF-8 and UTF-16 are read.")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Fault(Code.MESSAGE, "A DTD is not allowed.")
    return text


def events(text: bytes, tags: list[str]) -> _Events:
    """The starts and ends of the elements named ``tags``; whoever takes the end of a unit calls ``forget``.

    Raises Fault when the document is not well-formed, nests too deep, or is too large between two ends.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"), tag=tags, encoding="utf-8", resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    since_end = units = 0
    names: set[bytes] = set()
    try:
        for start in range(0, len(text), _CHUNK):
            chunk = text[start : start + _CHUNK]
            names.update(*(pattern.findall(chunk) for pattern in _NAMES))
            if sum(map(len, names)) > _MOST_BYTES_OF_NAMES:
                raise Fault(Code.MESSAGE, "The message has too many different names.")
            parser.feed(chunk)
            since_end += len(chunk)
            for kind, element in cast(_Events, parser.read_events()):
                if kind == "end":
                    since_end = 0
                    units += 1
                yield kind, element
            if since_end > _LARGEST_UNIT or units > _MOST_UNITS:
                raise Fault(Code.MESSAGE, "The message, or one element of it, is too large.")
        parser.close()
    except etree.XMLSyntaxError as problem:
        line = f" (line {problem.lineno})" if problem.lineno else ""
        raise Fault(Code.MESSAGE, f"The message is not well-formed XML{line}.") from None


def forget(unit: etree._Element) -> list[str]:
    """Free the memory of a unit that was dealt with; returns the names of strangers that stood before it."""
    unit.clear()
    parent, strangers = unit.getparent(), []
    while parent is not None and (before := unit.getprevious()) is not None:
        if before.tag != unit.tag:
            strangers.append(local_name(before))
        parent.remove(before)
    return strangers


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def texts(element: etree._Element) -> dict[str, str]:
    """The texts of an element's children by name, without blanks around them; empty ones are left out."""
    found = ((str(child.tag).rpartition("}")[2], (child.text or "").strip()) for child in element)
    return {name: text for name, text in found if text}
