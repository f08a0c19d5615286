"""Child processes that never outlive us: each in its own process group, killed by the kernel when we end."""

import ctypes
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _in_child():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A port of 127.0.0.1 nobody listens on now. Somebody may take it before the caller does: be ready to ask again."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, timeout_s, what, every_s=0.05):
    """Calls condition until it returns something true, and returns that. Raises TimeoutError naming what."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError("%s: not within %g s" % (what() if callable(what) else what, timeout_s))
        time.sleep(every_s)


class Process:
    """One program, its output in a log file. Not started by the constructor."""

    def __init__(self, name, command, log_path, env=None, cwd=None, stdin=None, stdout=None):
        self.name, self.command, self.log_path = name, [str(c) for c in command], str(log_path)
        self.env, self.cwd, self._stdin, self._stdout = env, cwd, stdin, stdout
        self.popen = None

    def start(self):
        environment = dict(os.environ, **(self.env or {}))
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                self.command, stdin=self._stdin or subprocess.DEVNULL, stdout=self._stdout or log, stderr=log,
                env=environment, cwd=self.cwd, start_new_session=True, preexec_fn=_in_child)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, timeout_s):
        """The exit code; raises TimeoutError with the end of the log."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError("%s did not end within %g s\n%s" % (self.name, timeout_s, self.log_tail())) from None

    def kill(self):
        """kill -9, and the body is buried."""
        if self.running():
            self.popen.kill()
            self.popen.wait()

    def stop(self, timeout_s=10):
        """SIGTERM, then SIGKILL after timeout_s. Returns the exit code, None if it was never started."""
        if self.popen is None:
            return None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream:
                stream.close()
        return self.popen.returncode

    def log_text(self):
        try:
            with open(self.log_path, "rb") as log:
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=20):
        return "--- last lines of %s\n%s" % (self.log_path, "\n".join(self.log_text().splitlines()[-lines:]))
