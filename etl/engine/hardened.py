"""Reading XML of strangers: no DTD, no entities, no network, and bounded memory.

A document is parsed as it streams by. What has been dealt with is thrown away, so that a message costs
the memory of its largest unit (one pupil, one test) and not of the whole.
"""

import codecs
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final, cast
from xml.parsers import expat

from lxml import etree

from etl.errors import Malformed

_Events = Iterator[tuple[str, etree._Element]]

_BLANKS: Final = " \t\r\n"
_CHUNK: Final = 64 * 1024
_HEADER_CHUNK: Final = 2 * 1024  # a header is about as long: what follows it need not be parsed
_LARGEST_UNIT: Final = 1024 * 1024  # bytes; no single pupil, test or header is that large
_MOST_UNITS: Final = 100_000
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_UTF_8: Final = ("utf-8", "utf8", "us-ascii", "ascii")
_SINGLE_BYTE: Final = {
    "iso-8859-1": "latin-1", "latin1": "latin-1", "latin-1": "latin-1",
    "iso-8859-15": "iso8859-15", "windows-1252": "cp1252", "cp1252": "cp1252",
}  # fmt: skip
# What may stand before the root element, and then a DTD; without backtracking, so that it takes no longer than reading.
_DTD: Final = re.compile(rb"\A(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
# The parser keeps every name it ever met for as long as its thread lives: strangers may not fill that up.
_NAMES: Final = (re.compile(rb"<([^\s/>!?]+)"), re.compile(rb"\s([^\s=\"'<>/]+)\s*="))
_MOST_BYTES_OF_NAMES: Final = 64 * 1024
_UTF_16: Final = {
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be",
}  # fmt: skip


def as_utf8(body: bytes, charset: str = "") -> bytes:
    """The document in UTF-8, from the encoding that it declares; ``charset`` is what HTTP says of it.

    Raises Malformed for an encoding that is not read, for bytes that are not in it, and for a DTD.
    """
    text = _decoded(body, charset.lower())
    if _DTD.match(text):
        raise Malformed("A DTD is not allowed.")
    return text


def _decoded(body: bytes, charset: str) -> bytes:
    wide = _UTF_16.get(body[:2])
    declared = _DECLARED.match(body)
    name = declared[1].decode().lower() if declared else ""
    if wide is not None:
        codec = wide
    elif body.startswith(codecs.BOM_UTF8) or name in _UTF_8 or name.startswith("utf-16"):
        return body.removeprefix(
            codecs.BOM_UTF8
        )  # bytes that begin like this are no UTF-16, whatever they say
    elif name in _SINGLE_BYTE:
        codec = _SINGLE_BYTE[name]
    elif declared:
        raise Malformed("The encoding is not read here: send UTF-8, UTF-16, ISO-8859-1 or windows-1252.")
    elif charset in _SINGLE_BYTE and not _is_utf8(body):
        codec = _SINGLE_BYTE[charset]
    else:
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        raise Malformed("The message is not valid in the encoding that it declares.") from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeError:
        return False
    return True


def events(text: bytes, tags: list[str], most: int = _MOST_UNITS, *, again: bool = False) -> _Events:
    """The starts and ends of the elements named ``tags``; whoever takes the end of a unit calls ``forget``. Of these
    units there are ``most`` at most. ``again``: it was read like this when it came in, and its names are few.

    Raises Malformed when the document is not well-formed, nests too deep, or is too large between two ends.
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
            if not again:
                names.update(*(pattern.findall(chunk) for pattern in _NAMES))
            if sum(map(len, names)) > _MOST_BYTES_OF_NAMES:
                raise Malformed("The message has too many different names.")
            parser.feed(chunk)
            since_end += len(chunk)
            for kind, element in cast(_Events, parser.read_events()):
                if kind == "end":
                    since_end = 0
                    units += 1
                yield kind, element
            if since_end > _LARGEST_UNIT or units > most:
                raise Malformed("The message, or one element of it, is too large.")
        parser.close()
    except etree.XMLSyntaxError as problem:
        line = f" (line {problem.lineno})" if problem.lineno else ""
        raise Malformed(f"The message is not well-formed XML{line}.") from None


def whole(text: bytes) -> etree._Element:
    """The root of a document that was read before. Raises Malformed when it is not well-formed."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        raise Malformed("The message is not well-formed XML.") from None


def remove(element: etree._Element) -> None:
    """Take an element out of its document, not the text that follows it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def forget(unit: etree._Element) -> list[str]:
    """Free the memory of a unit that was dealt with; returns the names of strangers that stood before it."""
    unit.clear()
    parent, strangers = unit.getparent(), []
    while parent is not None and (before := unit.getprevious()) is not None:
        if before.tag != unit.tag:
            strangers.append(local_name(before))
        parent.remove(before)
    return strangers


def cut(text: bytes, roots: Container[str], names: Container[str]) -> bytes:
    """The document without the children of its root that are named ``names``, where the root is one of ``roots``.

    Names as ``{namespace}local``. Only what stands before any other child is looked for, as SOAP has its header.
    """
    parser = expat.ParserCreate("utf-8", "}")
    spans: list[tuple[int, int]] = []
    depth, start, over = 0, -1, False

    def started(name: str, _: object) -> None:
        nonlocal depth, start, over
        depth += 1
        if depth == 1 and "{" + name not in roots:
            over = True
        elif depth == 2 and not over:
            over = "{" + name not in names
            start = parser.CurrentByteIndex

    def ended(name: str) -> None:
        nonlocal depth
        if depth == 2 and not over:
            closing = parser.CurrentByteIndex  # of the end tag; of an empty element, where it starts
            spans.append((start, text.index(b">", closing) + 1 if closing > start else start))
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    with suppress(expat.ExpatError):  # whoever reads the document says what is wrong with it
        for position in range(0, len(text), _HEADER_CHUNK):
            if over:
                break
            parser.Parse(text[position : position + _HEADER_CHUNK], False)
    kept, end = [], 0
    for first, last in spans:
        kept.append(text[end:first])
        end = last
    return b"".join([*kept, text[end:]])


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def texts(element: etree._Element) -> dict[str, str]:
    """The texts of an element's children by name, without XML's blanks around them; empty ones are left out."""
    return {
        _without_namespace(child.tag): text
        for child in element
        if (text := (child.text or "").strip(_BLANKS))
    }


@lru_cache(maxsize=1024)  # names of the contract come again and again; strangers may not fill it up
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]
