"""One line on a terminal that is written over; nothing where there is no terminal."""

import sys
import time


class Progress:
    WIDTH = 30

    def __init__(self, out=sys.stderr, every_s=0.2):
        self.out, self.every_s = out, every_s
        self.shown = out.isatty()
        self._next = 0.0
        self._dirty = False

    def show(self, done, total, text, force=False):
        now = time.monotonic()
        if not self.shown or (now < self._next and not force):
            return
        self._next = now + self.every_s
        filled = self.WIDTH if total <= 0 else min(self.WIDTH, done * self.WIDTH // total)
        self.out.write("\r\033[K[%s%s] %d/%d  %s" % ("#" * filled, "." * (self.WIDTH - filled), done, total, text))
        self.out.flush()
        self._dirty = True

    def done(self):
        if self._dirty:
            self.out.write("\r\033[K")
            self.out.flush()
            self._dirty = False
