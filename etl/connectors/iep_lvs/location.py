"""Where files are dropped: a folder, an object store or an HTTPS address, through fsspec."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import fsspec

from etl import settings
from etl.connections import Connection
from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.http import refusals
from etl.http.proxies import proxy_of
from etl.http.unanswered import why

TAKEN: Final = "taken"
SET_ASIDE: Final = "set_aside"
_CHUNK: Final = 1024 * 1024
_WEB: Final = ("http", "https")
_PLAIN: Final = {
    FileNotFoundError: "there is none of this name: correct the connection's host",
    NotADirectoryError: "it is no folder: correct the connection's host",
    PermissionError: "this account has no permission for it",
}


@dataclass(frozen=True)
class Listing:
    """What lies in a location: the XML files by name, and the names of everything else, folders with a slash."""

    files: list[Mapping[str, Any]]
    others: list[str]


class Location:
    """A drop location as its connection defines it: ``host`` is the address; ``after`` and ``options`` are extras."""

    def __init__(self, connection: Connection) -> None:
        extra = connection.extra
        self.conn_id = connection.conn_id
        self.moves = extra.get("after", "keep") == "move"
        if extra.get("after", "keep") not in ("keep", "move"):
            raise InvalidInput(f"connection {self.conn_id}: after must be keep or move")
        self._address = address = connection.store()
        self._is_web = urlsplit(address).scheme in _WEB
        if self.moves and self._is_web:
            raise InvalidInput(f"connection {self.conn_id}: files at an HTTPS address can only be kept")
        options = dict(extra.get("options") or {})
        if self._is_web:
            options["get_client"] = partial(_client, proxy_of(address))
        try:
            self._fs, self._root = fsspec.url_to_fs(address, **options)
        except (ValueError, ImportError) as problem:
            raise GiveUp(
                f"connection {self.conn_id}: the address cannot be used ({type(problem).__name__})"
            ) from None

    def listing(self) -> Listing:
        """What is there now. Raises RetryLater when the location cannot be read, GiveUp when it leads elsewhere."""
        try:
            self._fs.invalidate_cache()
            one = self._root.lower().endswith(".xml")
            found = [self._fs.info(self._root)] if one else self._fs.ls(self._root, detail=True)
        except EtlError:
            raise
        except Exception as problem:  # each kind of store has errors of its own
            raise self._failed("it cannot be listed", problem) from None
        files = [entry for entry in found if _is_file(entry) and str(entry["name"]).lower().endswith(".xml")]
        others = {self._shown(entry) for entry in found if entry not in files}
        return Listing(
            sorted(files, key=lambda entry: str(entry["name"])),
            sorted(others - {"", f"{TAKEN}/", f"{SET_ASIDE}/"}),
        )

    def content(self, name: str) -> bytes:
        """The bytes of a file. Raises UwlrFault when it is too large, RetryLater when it cannot be read."""
        most, body = settings.UWLR_MAX_BYTES.get(), bytearray()
        # As a stream, without asking for its size first: a range could unpack to any size.
        options = {"block_size": 0, "size": 1} if self._is_web else {}
        try:
            with self._fs.open(name, "rb", **options) as file:
                while len(body) <= most and (chunk := file.read(min(_CHUNK, most + 1 - len(body)))):
                    body += chunk
        except EtlError:
            raise
        except Exception as problem:
            raise self._failed("a file cannot be read", problem) from None
        if len(body) > most:
            raise UwlrFault(Code.MESSAGE, f"the file is larger than {most} bytes")
        return bytes(body)

    def put_away(self, name: str, folder: str, reason: str | None) -> None:
        """Move a file to a folder beside it, with its reason in a file of its own, where the location says so.

        Raises RetryLater when it cannot be moved.
        """
        if not self.moves:
            return
        try:
            target = self._free(f"{self._root.rstrip('/')}/{folder}/{base_name(name)}")
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            if reason:
                self._fs.pipe_file(f"{target}.reason.txt", reason.encode())
            self._fs.mv(name, target)
        except Exception as problem:
            raise self._failed("a file cannot be moved", problem) from None

    def _failed(self, what: str, problem: Exception) -> RetryLater | GiveUp:
        """The error for what a store of any kind raised; its text may hold a key."""
        said = f"drop location {self.conn_id}: {what}"
        if isinstance(problem, aiohttp.ClientResponseError):
            return RetryLater(f"{said}: HTTP {problem.status}")
        known = next((words for kind, words in _PLAIN.items() if isinstance(problem, kind)), None)
        if known or not self._is_web:
            return RetryLater(f"{said}: {known or type(problem).__name__}")
        found = why(problem, self._address)
        return GiveUp(f"{said}: {found.said}") if found.needs_person else RetryLater(f"{said}: {found.said}")

    def _free(self, target: str) -> str:
        """A name that no earlier file has: what was moved before stays."""
        stem, extension = posixpath.splitext(target)
        number = 1
        while self._fs.exists(target):
            number += 1
            target = f"{stem}-{number}{extension}"
        return target

    def _shown(self, entry: Mapping[str, Any]) -> str:
        """The name of something in the location, empty for what only belongs to a web page or to the folder itself."""
        name = str(entry["name"])
        if name.rstrip("/") == self._root.rstrip("/") or (self._is_web and {"?", "#"} & set(name)):
            return ""
        return base_name(name) + ("" if _is_file(entry) else "/")


def base_name(name: str) -> str:
    """A file's name without the folders above it."""
    return name.rstrip("/").rpartition("/")[2]


def _is_file(entry: Mapping[str, Any]) -> bool:
    return bool(entry["type"] == "file")


async def _client(proxy: str | None, **options: Any) -> aiohttp.ClientSession:
    """A client that takes what its connection holds to no other host, and no login from elsewhere along."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_stay)
    return aiohttp.ClientSession(proxy=proxy, trace_configs=[trace], response_class=_Bounded, **options)


class _Bounded(aiohttp.ClientResponse):
    """An answer of which no more is held than a message may have, also unpacked: a list of files is never that long."""

    async def read(self) -> bytes:
        """The whole body. Raises GiveUp when it is too large."""
        if self._body is None:
            most, body = settings.UWLR_MAX_BYTES.get(), bytearray()
            async for chunk in self.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > most:
                    self.close()
                    raise GiveUp(f"the drop location answers with more than {most} bytes")
            self._body = bytes(body)
        return self._body


async def _stay(_session: object, _context: object, redirect: aiohttp.TraceRequestRedirectParams) -> None:
    asked = str(redirect.url)
    location = redirect.response.headers.get("Location", "")
    target = urlsplit(urljoin(asked, location))
    here = urlsplit(asked)
    if target.hostname != here.hostname or (here.scheme, target.scheme) == ("https", "http"):
        raise GiveUp(f"the drop location {refusals.moved_page(asked, location)}")
