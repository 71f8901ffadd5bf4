"""A body of which it is known whether it left: what was never sent may be sent later, what was sent may be taken."""

from collections.abc import Iterator
from io import BytesIO


class Outgoing:
    """It is read only when the connection stands, proxy and TLS included."""

    def __init__(self, content: bytes) -> None:
        self._content = BytesIO(content)
        self._length = len(content)
        self.left = False

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        yield self.read()

    def read(self, size: int = -1) -> bytes:
        """The next bytes; whoever asks for them sends them."""
        self.left = True
        return self._content.read(size)
