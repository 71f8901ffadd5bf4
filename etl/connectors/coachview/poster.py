"""Posts a result to Coachview, once: what each answer says about it (docs/connectors/coachview.md, Push)."""

from contextlib import suppress
from typing import Final, Self

import requests
from urllib3.exceptions import HTTPError

from etl.connectors.coachview.account import CoachviewAccount
from etl.connectors.coachview.reasons import REASONS
from etl.engine.outcomes import Outcome
from etl.engine.webhooks.signatures import HEADER, signature
from etl.errors import AnswerLost, EtlError, GiveUp, RetryLater
from etl.http import bodies
from etl.http.outgoing import Outgoing
from etl.http.transport import sending
from etl.http.unanswered import ONLY_TLS, why

_PATH: Final = "/elearning/result.aspx"
_CONNECT_SECONDS: Final = 20.0
_BODY_SECONDS: Final = 1.0
_BODY_BYTES: Final = 64 * 1024
_TAKEN: Final = 200
_REFUSED: Final = {400: "message_not_usable", 404: "not_in_coachview"}
_LATER: Final = frozenset({429, 503})
_OPEN: Final = frozenset({408})  # of the 4xx the one that may come after the result was taken
_HINTS: Final = {
    403: "the signature is missing or wrong: webhook_secret and hash of the connection are not those of Coachview",
    405: "this is not the address of the service: correct the host",
}


class CoachviewPoster:
    """One Coachview, as results are posted to it."""

    def __init__(self, account: CoachviewAccount) -> None:
        self._account = account
        self._url = account.url.rstrip("/") + _PATH
        self._http = sending(account.url)
        self._who = f"Coachview (connection {account.conn_id})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, message: bytes) -> Outcome:
        """Offer a message. GiveUp, RetryLater: Coachview did not take it. OutcomeUnknown: it may have."""
        body = Outgoing(message)
        signed = signature(message, self._account.webhook_secret, self._account.hash)
        try:
            with self._http.post(
                self._url,
                params={"plugin": self._account.plugin},
                data=body,
                headers={"Content-Type": "text/xml; charset=utf-8", HEADER: signed},
                timeout=(_CONNECT_SECONDS, self._account.timeout_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                _read_away(response)
        except ValueError:  # what requests makes of an address that is none
            raise GiveUp(f"{self._who}: the host is not a usable address; nothing was sent") from None
        except (requests.RequestException, HTTPError) as error:
            raise self._unanswered(error, body.left) from None
        return self._read(status)

    def _read(self, status: int) -> Outcome:
        if status == _TAKEN:
            return Outcome("accepted")
        if code := _REFUSED.get(status):
            return Outcome("rejected", code, REASONS[code], error_code=str(status))
        if status in _LATER:
            raise RetryLater(f"{self._who} asks to come back later ({status})")
        if 300 <= status < 500 and status not in _OPEN:
            hint = _HINTS.get(status, "the call was refused: look at the host, or at what stands before it")
            raise GiveUp(f"{self._who}: HTTP {status}, {hint}; nothing was registered")
        raise AnswerLost(self._who, f"HTTP {status}")

    def _unanswered(self, error: Exception, left: bool) -> EtlError:
        found = why(error, self._url)
        if left and found is not ONLY_TLS:
            return AnswerLost(self._who, found.said)
        words = f"{self._who}: nothing was sent: {found.said}"
        return GiveUp(words) if found.needs_person else RetryLater(words)


def _read_away(response: requests.Response) -> None:
    """The status has said all: the body is read so that the connection can be used again, where it is short."""
    with suppress(bodies.TooLarge, bodies.TooSlow, requests.RequestException, HTTPError):
        bodies.whole(response, _BODY_BYTES, _BODY_SECONDS)
