"""How systems post signed messages, and how long they go on when they are not content with the answer."""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests

from etl.http.transport import transport


@dataclass(frozen=True)
class Told:
    """An answer: its status, 0 where none came, and its text."""

    status: int
    text: str


@dataclass(frozen=True)
class Poster:
    """Where messages go, how they are signed, and when one is sent again.

    ``again``: whether an answer is not the last word. ``waits``: called before each further try, with its number.
    """

    url: str
    secret: str
    hash: str
    again: Callable[[Told], bool]
    tries: int
    seconds: float
    waits: Callable[[int], None] = lambda _: None
    said: list[Told] = field(default_factory=list)

    def signature(self, body: bytes) -> str:
        """The signature of a body."""
        return base64.b64encode(hmac.digest(self.secret.encode(), body, self.hash)).decode()

    def deliver(self, body: bytes, content_type: str, **headers: str) -> Told:
        """Send a message until the answer is the last word, or the tries are over; the last answer."""
        told = self.post(
            body, {"Content-Type": content_type, "X-WebHook-Signature": self.signature(body)} | headers
        )
        for number in range(1, self.tries):
            if not self.again(told):
                break
            self.waits(number)
            told = self.post(
                body, {"Content-Type": content_type, "X-WebHook-Signature": self.signature(body)}
            )
        return told

    def post(self, body: bytes, headers: Mapping[str, str]) -> Told:
        """Send these bytes once, with these headers."""
        try:
            with transport(self.url) as calls:
                answer = calls.post(self.url, data=body, headers=dict(headers), timeout=self.seconds)
            told = Told(answer.status_code, answer.text)
        except requests.RequestException as problem:
            told = Told(0, type(problem).__name__)
        self.said.append(told)
        return told
