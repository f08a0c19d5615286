"""--keep: the command ends with its account while what it started goes on, watched by a process that can be told to stop.

The started programs die with the process that started them, so that process must be the one that stays: it is split off
at the beginning, and the command merely waits for its word.
"""

import os
import signal
import sys
import time

_report_fd = None


def split():
    """Returns in the process that stays. The other one waits for report() and exits with its code."""
    global _report_fd
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_fd)
        os.setsid()  # a later Ctrl-C in the terminal is not meant for it
        _report_fd = write_fd
        return
    os.close(write_fd)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, frame: os.kill(child, signal.SIGTERM))
    with os.fdopen(read_fd, "rb") as pipe:
        word = pipe.read()
    if word:
        os._exit(word[0])
    status = os.waitpid(child, 0)[1]
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def report(code):
    """Lets the command end with that code, and lets go of its terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.write(_report_fd, bytes([code]))
    os.close(_report_fd)


def wait_for_the_end(stack):
    """Until a signal comes (KeyboardInterrupt), or what it watches falls apart (Trouble)."""
    while True:
        time.sleep(1)
        stack.check()
