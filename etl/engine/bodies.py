"""Bodies of strangers: how much of them is held at once, for how long, and how far they are unpacked."""

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Final

from starlette.requests import Request

from etl.errors import ComeAgain, Malformed

_DRAINED: Final = (
    10  # a sender that sends up to this many times too much is heard out, so that it gets the answer
)
_MOST_MEMBERS: Final = 1000  # of a gzip body; senders write one
_GZIP: Final = 16 + zlib.MAX_WBITS
_FORMATS: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True)
class Posted:
    """A message as it came over HTTP: its bytes, what HTTP says of them, and from which address."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # by their names in lower case
    address: str = ""
    place: Mapping[str, str] = field(default_factory=dict)  # what the path it was posted to names

    @property
    def encoding(self) -> str:
        """How the body is packed, in lower case; empty where it is not."""
        return self.headers.get("content-encoding", "").strip().lower()

    @property
    def content_type(self) -> str:
        """Of which kind it is, such as text/xml."""
        return self._about.get_content_type()

    @property
    def charset(self) -> str:
        """How its text is written, empty where HTTP does not say."""
        return str(self._about.get_param("charset", ""))

    @property
    def _about(self) -> Headers:
        about = Headers()
        about["content-type"] = self.headers.get("content-type", "")
        return about


@dataclass(eq=False)
class Upload:
    """Bytes that are held for one sender; ``timeout`` ends it while it is not whole yet."""

    held: int = 0
    timeout: asyncio.Timeout | None = None


class Uploads:
    """The bodies that are held at once: at most ``most_bytes``. The one that has been under way longest makes room."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most = most_bytes
        self._seconds = seconds
        self._held: list[Upload] = []

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Room for one body, until the block ends."""
        upload = Upload()
        self._held.append(upload)
        try:
            yield upload
        finally:
            self._held.remove(upload)

    async def read(self, request: Request, most: int, upload: Upload) -> bytes:
        """The whole body. Raises Malformed when it is too large, ComeAgain without time or room."""
        try:
            async with asyncio.timeout(self._seconds) as upload.timeout:
                return await self._read(request, most, upload)
        except TimeoutError:
            raise ComeAgain("the message did not come in whole in time: send it again") from None
        finally:
            upload.timeout = None

    async def _read(self, request: Request, most: int, upload: Upload) -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > _DRAINED * most:
            raise too_large(most)
        body, size = bytearray(), 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > _DRAINED * most:
                break
            if size <= most:
                body += chunk
            else:
                body.clear()
            upload.held = len(body)
            self._make_room()
        if size > most:
            raise too_large(most)
        return bytes(body)

    def _make_room(self) -> None:
        """End unfinished uploads, the oldest first, until the rest fits."""
        total = sum(upload.held for upload in self._held)
        for upload in self._held:
            if total <= self._most:
                return
            if upload.timeout is not None:
                upload.timeout.reschedule(0)
                upload.timeout = None
                total -= upload.held
                upload.held = 0  # it is let go of before anything else comes in
        if total > self._most:
            raise ComeAgain("too many messages at once: send it again in a minute")


def unpacked(posted: Posted, most: int) -> bytes:
    """The body without its Content-Encoding. Raises Malformed when that is unknown, broken, or too large."""
    encoding = posted.encoding
    if encoding in ("", "identity"):
        return posted.body
    if encoding not in _FORMATS:
        raise Malformed("this Content-Encoding is not read here: send gzip, deflate or none")
    is_raw = encoding == "deflate" and not _has_zlib_header(posted.body)  # some senders leave the header out
    try:
        return _inflated(posted.body, -zlib.MAX_WBITS if is_raw else _FORMATS[encoding], most)
    except zlib.error:
        raise Malformed(f"the message is not valid {encoding}") from None


class TooLarge(Malformed):
    """It is over the limit, packed or not."""


def too_large(most: int) -> TooLarge:
    """What a sender is told whose message is over the limit, packed or not."""
    return TooLarge(f"the message is larger than {most} bytes: send it in parts")


def _inflated(body: bytes, window: int, most: int) -> bytes:
    whole, rest = bytearray(), body
    for _ in range(_MOST_MEMBERS):
        stream = zlib.decompressobj(window)
        whole += stream.decompress(rest, most + 1 - len(whole))
        if len(whole) > most:
            raise too_large(most)
        if not stream.eof:
            raise zlib.error
        rest = stream.unused_data
        if not rest or window != _GZIP:
            return bytes(whole)
    raise zlib.error


def _has_zlib_header(body: bytes) -> bool:
    """Two bytes that name the method, and are a multiple of 31 (RFC 1950)."""
    return len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
