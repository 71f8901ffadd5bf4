"""How requests go out over HTTP: one rule for every client of an outside system."""

from http.cookiejar import DefaultCookiePolicy

import requests

from etl.http.proxies import is_loopback


def transport(url: str) -> requests.Session:
    """What carries calls to ``url``: no login but the connection's own, no state, no proxy to the loopback."""
    made = requests.Session()
    made.auth = _no_auth  # else ~/.netrc would add a login to every call
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.trust_env = not is_loopback(url)
    return made


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
