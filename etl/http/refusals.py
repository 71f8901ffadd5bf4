"""What an answer that is not the system's own says: it was moved, something before it refused, a page came instead.

Shown is where to go, without what an address may carry besides (a login, parameters, a session); never a body.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from etl.errors import RetryLater, Unusable

BEFORE: Final = (
    "this is not the system's own answer: something before it (a firewall, a proxy, a protection against robots)"
    " refused; have it let the calls of this machine through"
)
TLS_ASKED: Final = "the host asks for TLS on this port: enter https:// before the host"
# Plain words: not a page, a session or a ticket, nor where people log in.
_FOLDERS: Final = re.compile(
    r"(?!.*/(login|sign-?in|sso|auth|saml|cas|oauth)\b)(/[A-Za-z_-]{1,32}){1,4}/?", re.IGNORECASE
)
_HOST: Final = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_PHP: Final = re.compile(
    rb"<b>(?:notice|warning|deprecated|fatal error|parse error)</b>|fatal error:|allowed memory"
)
_PHP_ADVICE: Final = (
    "a message of PHP; the administrator has to look at the error log and to switch display_errors off"
)
_PAGE_ADVICE: Final = (
    "look at this address in a browser: a login or challenge page may stand before the system"
)
_TEXT_ADVICE: Final = "look at the address of the connection, or ask the system's administrator"
_CHALLENGES: Final = ("cf-mitigated", "x-amzn-waf-action", "x-datadome", "x-sucuri-block")


def moved(base: str, path: str, location: str, entered: str = "") -> str:
    """Where a redirect of ``path`` below ``base`` leads, and what to enter: its base, with ``entered`` behind it."""
    asked = f"{base}/{path}"
    try:
        target = urlsplit(urljoin(asked, location))
        host = target.netloc.rpartition("@")[2]
        known = bool(location and target.scheme in ("http", "https") and _HOST.fullmatch(host))
    except ValueError:
        known = False
    if not known:
        return "redirects to no address that can be read: correct the host"
    meant = f"{target.scheme}://{host}{_site(base, target, path)}"
    if meant == base:
        return (
            f"redirects to another page of the same address, such as a login: correct the host, or {BEFORE}"
        )
    behind = entered if _is_the_call(target, path) else ""
    return f"redirects to {meant}{behind}: correct the host"


def moved_page(address: str, location: str) -> str:
    """The same for an address that is itself what was called."""
    page = urlsplit(address).path.rpartition("/")[2]
    site = address.removesuffix(f"/{page}") if page else address
    return moved(site, page, location, entered=f"/{page}")


def _site(base: str, target: SplitResult, path: str) -> str:
    """The folder of a site: what stands before the same call, or on the same host a path of plain words."""
    if _is_the_call(target, path):
        return target.path.removesuffix(f"/{path}")
    same_host = target.hostname == urlsplit(base).hostname
    return target.path.rstrip("/") if same_host and _FOLDERS.fullmatch(target.path) else ""


def _is_the_call(target: SplitResult, path: str) -> bool:
    return bool(path) and target.path.endswith(f"/{path}")


def is_from_before(headers: Mapping[str, str], body: bytes, silent: bool) -> bool:
    """Is a refusal not the system's own? Its own has no body where it is ``silent``, and is never a page."""
    start = body.lstrip()[:1]
    own = not start if silent else start != b"<"
    return not own or any(name in headers for name in _CHALLENGES)


def asks_for_tls(status: int, body: bytes) -> bool:
    """Did a web server say that it was spoken to without TLS on its TLS port (nginx, Apache)?"""
    said = body[:2000].lower()
    return status == 400 and (
        b"plain http request was sent to https" in said or b"speaking plain http to an ssl" in said
    )


def not_json(where: str, body: bytes, wanted: str = "JSON") -> Unusable | RetryLater:
    """What to do about an answer that is no JSON at all, or not what else was ``wanted``."""
    head = body[:5000].lstrip().lower()
    if not head:
        return RetryLater(f"{where}: empty answer")
    if b"maintenance" in head:
        return RetryLater(f"{where}: a maintenance page instead of {wanted}")
    found = "XML" if head.startswith(b"<?xml") else "HTML" if head.startswith(b"<") else "plain text"
    advice = _PHP_ADVICE if _PHP.search(head) else _PAGE_ADVICE if found == "HTML" else _TEXT_ADVICE
    return Unusable(f"{where}: {found} instead of {wanted}: {advice}")
