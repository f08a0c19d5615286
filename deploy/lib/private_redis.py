"""A private redis-server on a free port of 127.0.0.1, its data in a folder of its own."""

import os
import shutil
import signal
import socket
import time

import procs


class PrivateRedis:
    def __init__(self, home, append_only=True, password=None):
        self.home, self.append_only, self.password = str(home), append_only, password
        self.port = self.process = None

    @property
    def url(self):
        return "redis://127.0.0.1:%d/0" % self.port

    def start(self):
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        for attempt in range(3):
            self.port = procs.free_port()
            try:
                self._launch()
                return self
            except RuntimeError:
                if attempt == 2:
                    raise
        return self

    def _launch(self):
        command = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", self.home, "--save", "",
                   "--appendonly", "yes" if self.append_only else "no", "--appendfsync", "always", "--daemonize", "no"]
        if self.password:
            command += ["--requirepass", self.password]
        self.process = procs.Process("redis", command, os.path.join(self.home, "redis.log")).start()

        def ready():
            if not self.process.running():
                raise RuntimeError("redis-server ended at once\n" + self.process.log_tail())
            try:
                return self.command("PING") == "PONG"
            except OSError:
                return False

        procs.wait_until(ready, 10, lambda: "redis answers\n" + self.process.log_tail())

    def command(self, *words):
        """One command, its simple answer (status, integer, text, list) as Python has it."""
        answer, = self.commands([words])
        return answer

    def commands(self, many):
        """Many commands over one connection, one behind the other's answer; yields their answers."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as s:
            stream = s.makefile("rwb")
            if self.password:
                self._send(stream, ("AUTH", self.password))
                self._read(stream)
            for words in many:
                self._send(stream, words)
                yield self._read(stream)

    @staticmethod
    def _send(stream, words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        stream.flush()

    def _read(self, stream):
        line = stream.readline()
        if not line:
            raise ConnectionError("redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode("utf-8", "replace")
        if kind == b"*":
            return None if rest == b"-1" else [self._read(stream) for _ in range(int(rest))]
        return rest.decode()

    def away(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.stop(10)

    def back(self):
        """On the same port, with what it knew."""
        self._launch()

    def restart(self, keep_data=True, kill=False, down_s=0.0, while_down=None):
        """Down and up on the same port. keep_data=False: what it knew is gone, as after a failed disk."""
        self.away(kill)
        if not keep_data:
            for name in os.listdir(self.home):
                if name != "redis.log":
                    path = os.path.join(self.home, name)
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        if while_down:
            while_down()
        if down_s:
            time.sleep(down_s)
        self.back()

    def freeze(self):
        """SIGSTOP: connections stay open, nothing answers."""
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.process.stop(5)
