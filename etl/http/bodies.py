"""The body of an answer, unpacked as it comes: never more of it than is taken, and not for ever."""

import time
from io import BytesIO
from typing import Final

import requests

_CHUNK: Final = 64 * 1024


class TooLarge(Exception):  # noqa: N818
    """It is larger than is taken."""


class TooSlow(Exception):  # noqa: N818
    """It was not whole in time: bytes that trickle in never end otherwise."""


def whole(response: requests.Response, most_bytes: int, seconds: float) -> bytes:
    """The body of a streamed answer. Raises TooLarge, TooSlow, and what requests and urllib3 raise."""
    body, until = BytesIO(), time.monotonic() + seconds
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        if body.tell() + len(chunk) > most_bytes:
            raise TooLarge
        if time.monotonic() > until:
            raise TooSlow
        body.write(chunk)
    return body.getvalue()
