"""Runs a command; the last line on standard error is when it was started, in seconds of Python's
time.monotonic, and the most memory that it had, in bytes.

    python3 -I -S peak_memory.py COMMAND...

A new process has the memory of the one that it was forked from until it becomes another program,
and Linux counts that. Bare Python, which this is to be started as, is smaller than what it runs."""

import os
import sys
import time


def main():
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    _, status, usage = os.wait4(child, 0)
    print(start, usage.ru_maxrss * 1024, file=sys.stderr)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
