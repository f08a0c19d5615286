"""SIGTERM and SIGINT ask a command to end after the batch that it is at."""

import signal


class Stopping:
    def __init__(self):
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number, frame):
        self.asked = True
