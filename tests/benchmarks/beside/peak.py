"""How much memory this program held at most, for whoever started it."""

import re
import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def tell() -> None:
    """As a last line, in MiB. What the system counts for a child begins with the memory of its parent."""
    if _STATUS.exists():
        print(int(re.findall(r"VmHWM:\s+([0-9]+) kB", _STATUS.read_text())[0]) // 2**10)
    else:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(used // (2**20 if sys.platform == "darwin" else 2**10))
