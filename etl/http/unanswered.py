"""Why a call got no answer, in words that say what to do; the same for every client of an outside system.

What is looked at are the errors of Python underneath those of a library: their types and codes. Their texts, which
may hold an address with its parameters, are not repeated.
"""

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Unanswered:
    """``said``: what was seen and what to do. ``needs_person``: trying again changes nothing."""

    said: str
    needs_person: bool = False


_NO_TLS: Final = Unanswered(
    "the host speaks no TLS on this port: enter http:// before the host, or the port on which it does",
    needs_person=True,
)
ONLY_TLS: Final = Unanswered(
    "the host speaks TLS on this port: enter https:// before the host", needs_person=True
)
_NO_COMMON_TLS: Final = Unanswered(
    "the host and this machine have no version or cipher of TLS in common: the host's TLS has to be renewed",
    needs_person=True,
)
_ASKS_CERTIFICATE: Final = Unanswered(
    "the host asks for a client certificate, which is not supported here", needs_person=True
)
_NO_PLAIN_ANSWER: Final = (
    "the connection ended before an answer came (if the host asks for TLS, enter https://)"
)

_BY_TLS_REASON: Final = (
    (re.compile("WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG"), _NO_TLS),
    (re.compile("CERTIFICATE_REQUIRED|BAD_CERTIFICATE"), _ASKS_CERTIFICATE),
    (re.compile("PROTOCOL|HANDSHAKE_FAILURE|CIPHER|INSUFFICIENT_SECURITY|UNSUPPORTED"), _NO_COMMON_TLS),
)
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS, _SELF_SIGNED = 10, 9, 62, 64, 18  # of OpenSSL's X509_V_ERR_*
_BY_CERTIFICATE: Final = {
    _EXPIRED: "it has expired",
    _NOT_YET: "it is not valid yet: look at this machine's clock",
    _OTHER_NAME: "it was issued for another name: correct the host",
    _OTHER_ADDRESS: "it was issued for another name: enter the host by its name",
    _SELF_SIGNED: "the host signed it itself",
}
_UNVOUCHED: Final = (
    "nobody that this machine trusts vouches for it, or the host does not send the certificates between"
)
_NO_ADDRESS: Final = {
    "MissingSchema",
    "InvalidSchema",
    "InvalidURL",
    "LocationParseError",
    "LocationValueError",
}
_UNREACHABLE: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def why(error: BaseException, address: str) -> Unanswered:
    """What ``error``, of any library, says of a call to ``address``."""
    causes = list(_underneath(error))
    proxy = next((cause for cause in causes if type(cause).__name__ == "ProxyError"), None)
    return _of_proxy(causes) if proxy else _of_host(causes, plain=address.lower().startswith("http://"))


def _underneath(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it was made of, each once."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [one for one in inner if isinstance(one, BaseException)]


def _of_proxy(causes: list[BaseException]) -> Unanswered:
    text = " ".join(str(cause) for cause in causes if type(cause) is OSError)
    status = re.search(r"\b[45][0-9]{2}\b", text)
    if status is None:
        return Unanswered("the proxy that this machine is set to use (HTTPS_PROXY) cannot be reached")
    ill = status[0].startswith("5")  # the proxy, or what is behind it
    advice = "give its login in HTTPS_PROXY" if status[0] == "407" else "it has to allow this host"
    return Unanswered(
        f"the proxy that this machine is set to use (HTTPS_PROXY) refused with HTTP {status[0]}: "
        + ("it may work later" if ill else advice),
        needs_person=not ill,
    )


def _of_host(causes: list[BaseException], plain: bool) -> Unanswered:
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and hasattr(
            cause, "reason"
        ):  # Python's own, not a library's of that kind
            return _of_tls(cause)
        if isinstance(cause, socket.gaierror):
            return _of_name(cause)
        if isinstance(cause, ConnectionRefusedError):
            return Unanswered(
                "nothing listens at this host and port: is the system up, and is the port right?"
            )
        if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
            return Unanswered("there is no way to the host from this machine: look at its network")
    return _of_silence(causes, plain)


def _of_tls(error: ssl.SSLError) -> Unanswered:
    if isinstance(error, ssl.SSLCertVerificationError):
        found = _BY_CERTIFICATE.get(error.verify_code, _UNVOUCHED)
        return Unanswered(f"the certificate of the host is not trusted: {found}", needs_person=True)
    reason = error.reason or ""
    known = next((meaning for form, meaning in _BY_TLS_REASON if form.search(reason)), None)
    return known or Unanswered("the host ended the connection while TLS was being agreed")


def _of_name(error: socket.gaierror) -> Unanswered:
    if error.errno == socket.EAI_AGAIN:
        return Unanswered(
            "the host's name could not be looked up just now: look at this machine's name server"
        )
    return Unanswered(
        "no host of this name is known: correct the host, or look at this machine's name server"
    )


def _of_silence(causes: list[BaseException], plain: bool) -> Unanswered:
    names = {type(cause).__name__ for cause in causes}
    texts = " ".join(str(cause) for cause in causes)
    if names & _NO_ADDRESS:
        return Unanswered("this is no web address, such as https://host.example", needs_person=True)
    if names & {"ConnectTimeout", "ConnectTimeoutError", "ServerTimeoutError", "ConnectionTimeoutError"}:
        return Unanswered(
            "no connection in time: is the system up, and does a firewall let this machine through?"
        )
    if "handshake operation timed out" in texts:
        return Unanswered("TLS was not agreed in time: is this the port of the system?")
    if any(isinstance(cause, TimeoutError) for cause in causes) or "ReadTimeoutError" in names:
        return Unanswered("the host was silent for too long")
    if plain and re.search(r"\\x15\\x03|\x15\x03", texts):
        return ONLY_TLS
    if names & {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "ServerDisconnectedError"}:
        return Unanswered(_NO_PLAIN_ANSWER if plain else _NO_PLAIN_ANSWER.partition(" (")[0])
    return Unanswered("the answer broke off or could not be unpacked")
