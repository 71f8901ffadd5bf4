"""How bodies are stored: compressed, each in a frame that names its own format.

A frame is one of zstd (RFC 8878). Small answers of one kind say nearly the same: a dictionary of what they share, made
of the first of them, makes them four to five times smaller; the frame holds its number. What was stored by earlier
versions is of zlib (RFC 1950), and is read as well.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import zstandard

SMALL: Final = 16_384  # bytes; what is larger shares enough with itself
_FEWEST, _MOST = 16, 256  # bodies that a dictionary is made of: fewer say little about the next one
_SIZES: Final = (2_048, 16_384)  # bytes of a dictionary; two bodies were the best measure


def dictionary(bodies: Sequence[bytes]) -> bytes | None:
    """What these bodies have in common; None where they are too few or too little alike."""
    if len(bodies) < _FEWEST:
        return None
    samples = bodies[:_MOST]
    smallest, largest = _SIZES
    size = min(max(2 * sum(map(len, samples)) // len(samples), smallest), largest)
    try:
        return zstandard.train_dictionary(size, [*samples]).as_bytes()
    except zstandard.ZstdError:
        return None


def number_of(dictionary: bytes) -> int:
    """The number that stands in the frames of a dictionary."""
    return zstandard.ZstdCompressionDict(dictionary).dict_id()


def dictionary_of(frame: bytes) -> int:
    """The number of the dictionary that a frame was packed with; 0 for none."""
    if not frame.startswith(zstandard.FRAME_HEADER):
        return 0
    return int(zstandard.get_frame_parameters(frame).dict_id)


class Packer:
    """Packs bodies one after another, small ones of a kind with the dictionary of that kind, if it has one."""

    def __init__(self, dictionaries: Mapping[str, bytes] | None = None) -> None:
        self._plain = zstandard.ZstdCompressor()
        self._small = {kind: _compressor(made) for kind, made in (dictionaries or {}).items()}

    def pack(self, body: bytes, kind: str = "") -> bytes:
        """The frame of a body."""
        fitting = self._small.get(kind, self._plain) if len(body) <= SMALL else self._plain
        return fitting.compress(body)


class Unpacker:
    """Unpacks bodies one after another; ``dictionary`` finds the one of a number, and is asked once for each."""

    def __init__(self, dictionary: Callable[[int], bytes] | None = None) -> None:
        self._dictionary = dictionary
        self._readers = {0: zstandard.ZstdDecompressor()}

    def unpack(self, frame: bytes) -> bytes:
        """The body of a frame."""
        if not frame.startswith(zstandard.FRAME_HEADER):
            return zlib.decompress(frame)
        number = zstandard.get_frame_parameters(frame).dict_id
        if number not in self._readers and self._dictionary:
            made = zstandard.ZstdCompressionDict(self._dictionary(number))
            self._readers[number] = zstandard.ZstdDecompressor(dict_data=made)
        return self._readers[number].decompress(frame)


def _compressor(dictionary: bytes) -> zstandard.ZstdCompressor:
    made = zstandard.ZstdCompressionDict(dictionary)
    made.precompute_compress(level=3)  # of the compressor: once, and not for each body
    return zstandard.ZstdCompressor(level=3, dict_data=made)
