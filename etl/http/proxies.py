"""Which proxy a call goes through: one rule for every client of an outside system.

The environment names it (HTTPS_PROXY, NO_PROXY ...), except for this machine's loopback, which no proxy can reach.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy


def proxy_of(address: str) -> str | None:
    """The proxy for calls to an address, None where they go straight."""
    return None if is_loopback(address) else select_proxy(address, get_environ_proxies(address))


def is_loopback(address: str) -> bool:
    """Whether an address is one of this machine only."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
