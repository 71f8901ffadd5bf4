"""How requests go out over HTTP: one rule for every client of an outside system."""

import math
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, TypeVar

import requests

from etl.http.proxies import is_loopback

_KEPT_SECONDS: Final = 1.0  # servers keep a connection for longer, or say that they close it

T = TypeVar("T", bound=requests.Session)


def transport(url: str) -> requests.Session:
    """What carries calls to ``url``: no login but the connection's own, no state, no proxy to the loopback."""
    return _set_up(requests.Session(), url)


def sending(url: str) -> requests.Session:
    """The same for calls that change something, one after the other: calls that follow at once share a connection.

    One that was kept for longer is not used again: the server may have closed it meanwhile, and nobody would know
    whether the call was carried out. It is kept only where the whole answer was read.
    """
    return _set_up(_Sending(), url)


class _Sending(requests.Session):
    _answered_at = -math.inf

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if time.monotonic() > self._answered_at + _KEPT_SECONDS:
            self.close()
        response = super().send(request, **options)
        self._answered_at = time.monotonic()
        return response


def _set_up(made: T, url: str) -> T:
    made.auth = _no_auth  # else ~/.netrc would add a login to every call
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.trust_env = not is_loopback(url)
    return made


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
