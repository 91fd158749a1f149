"""What the maker calls this machine's processor."""

import pathlib
import platform
import re


def name():
    info = pathlib.Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    return found[1].strip() if found else platform.machine()
