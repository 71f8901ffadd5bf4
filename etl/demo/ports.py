"""Free ports of this machine."""

import socket

from etl.demo.progress import console
from etl.errors import GiveUp
from etl.settings import Variable


def choose_port(what: str, usual: int, variable: Variable[int | None]) -> int:
    """The port that ``variable`` names, else the usual one, else another free one, which is said."""
    wanted = variable.written()
    if wanted:
        if not wanted.isdigit() or not _is_free(int(wanted)):
            raise GiveUp(f"{what}: {wanted} is taken or not a port: set {variable} to another, or unset it")
        return int(wanted)
    if _is_free(usual):
        return usual
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    console.print(f"Port {usual} is taken, {what} gets {port} instead ({variable} chooses another)")
    return port


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except (OSError, OverflowError):
        return False
