#!/usr/bin/env python3
"""Draws the dashboard's panels as an SVG, from what a real Prometheus scraped of two real workers: steady events, an outage of the API, a
flood of broken events, an import.

    dashboard_picture.py docs/img/dashboard.svg
"""

import argparse
import html
import math
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dashboard  # noqa: E402
import drills  # noqa: E402
import kafkactl  # noqa: E402
import promctl  # noqa: E402
import world as worlds  # noqa: E402

CELL_W, CELL_H, GAP = 50, 24, 4  # of Grafana's grid, in pixels
COLOURS = ["#1f78b4", "#e6862e", "#33a02c", "#c23b6b", "#6a51a3", "#8c6d31", "#17a2b8", "#d62728", "#7f7f7f", "#bcbd22"]
STEP_S = 2


def shown(value, unit):
    """A number as people read it."""
    if value is None or math.isnan(value):
        return "-"
    if unit == "percentunit":
        return "%.3g %%" % (100 * value)
    if unit == "bytes":
        return "%.3g MiB" % (value / 1048576)
    if unit == "s":
        if 0 < value < 1:
            return "%.3g ms" % (1000 * value)
        return "%.3g s" % value if value < 120 else "%.3g min" % (value / 60)
    text = "%.0f" % value if value == int(value) else "%.3g" % value
    return text + ("/s" if unit == "ops" else "")


def text(x, y, words, size=11, colour="#444", anchor="start", weight="normal"):
    return '<text x="%.0f" y="%.0f" font-size="%d" fill="%s" text-anchor="%s" font-weight="%s">%s</text>' % (
        x, y, size, colour, anchor, weight, html.escape(words))


def ceiling(value):
    """A round number above."""
    if value <= 0:
        return 1.0
    scale = 10 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 2, 2.5, 5, 10) if step * scale >= value * 0.999)


class Picture:
    def __init__(self, prometheus, start, end):
        self.prometheus, self.start, self.end = prometheus, start, end
        self.parts = []

    def series(self, panel):
        """[(legend, {time: value})], without those that are 0 all the time, where others are not."""
        found = []
        for target in panel["targets"]:
            for labels, values in self.prometheus.range(dashboard.expression(target), self.start, self.end, STEP_S):
                found.append((dashboard.legend(target, labels), {t: v for t, v in values if not math.isnan(v)}))
        busy = [(name, values) for name, values in found if any(values.values())]
        return busy or found[:3]

    def panel(self, panel):
        grid = panel["gridPos"]
        x, y, w, h = grid["x"] * CELL_W, grid["y"] * CELL_H, grid["w"] * CELL_W - GAP, grid["h"] * CELL_H - GAP
        if panel["type"] == "row":
            self.parts.append(text(x + 2, y + 17, panel["title"], 14, "#111", weight="bold"))
            return
        self.parts.append('<rect x="%d" y="%d" width="%d" height="%d" fill="#fff" stroke="#ddd"/>' % (x, y, w, h))
        self.parts.append(text(x + 6, y + 15, panel["title"], 12, "#222", weight="bold"))
        (self.stat if panel["type"] == "stat" else self.graph)(panel, x, y, w, h)

    def stat(self, panel, x, y, w, h):
        found = self.prometheus.query(dashboard.expression(panel["targets"][0]))
        by_name = panel["options"]["textMode"] == "name"
        words = ", ".join(dashboard.legend(panel["targets"][0], labels) for labels, _ in found) if by_name else shown(
            found[0][1] if found else None, panel["fieldConfig"]["defaults"]["unit"])
        self.parts.append(text(x + w / 2, y + h / 2 + 16, words, 26 if len(words) < 12 else 16, "#1f5f8b", "middle", "bold"))

    def graph(self, panel, x, y, w, h):
        series, unit = self.series(panel), panel["fieldConfig"]["defaults"]["unit"]
        stacked = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
        times = sorted({t for _, values in series for t in values})
        base, layers = dict.fromkeys(times, 0.0), []
        for name, values in series:
            top = {t: base[t] + values.get(t, 0.0) for t in times} if stacked else values
            layers.append((name, dict(base), top))
            base = top if stacked else base
        highest = ceiling(max((v for _, _, top in layers for v in top.values()), default=0))
        rows = self.legend([name for name, _ in series], x + 6, y + h - 6, w - 12)
        left, right, upper, lower = x + 48, x + w - 8, y + 26, y + h - 12 - 13 * rows
        for part in range(3):
            at = lower - (lower - upper) * part / 2
            self.parts.append('<path d="M%d %.0fH%d" stroke="#eee"/>' % (left, at, right))
            self.parts.append(text(left - 4, at + 4, shown(highest * part / 2, unit), 9, "#777", "end"))

        def place(moment, value):
            return "%.0f %.1f" % (left + (right - left) * (moment - self.start) / (self.end - self.start),
                                  lower - (lower - upper) * value / highest)

        for number, (_, under, top) in enumerate(layers):
            colour = COLOURS[number % len(COLOURS)]
            moments = sorted(top)
            if not moments:
                continue
            line = "L".join(place(t, top[t]) for t in moments)
            if stacked:
                back = "L".join(place(t, under[t]) for t in reversed(moments))
                self.parts.append('<path d="M%sL%sZ" fill="%s" fill-opacity=".45"/>' % (line, back, colour))
            self.parts.append('<path d="M%s" fill="none" stroke="%s" stroke-width="1.3"/>' % (line, colour))

    def legend(self, names, x, y, w):
        """Bottom up; returns how many lines it took."""
        lines, line, at = [], [], 0
        for number, name in enumerate(names):
            wide = 18 + 5.6 * len(name)
            if line and at + wide > w:
                lines.append(line)
                line, at = [], 0
            line.append((at, number, name))
            at += wide
        lines = (lines + [line])[:3]
        for row, entries in enumerate(lines):
            for offset, number, name in entries:
                top = y - 13 * (len(lines) - 1 - row)
                self.parts.append('<rect x="%.0f" y="%.0f" width="8" height="8" fill="%s"/>' % (
                    x + offset, top - 8, COLOURS[number % len(COLOURS)]))
                self.parts.append(text(x + offset + 11, top, name, 10, "#555"))
        return len(lines)

    def svg(self):
        panels = dashboard.panels()
        for panel in panels:
            self.panel(panel)
        height = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in panels) * CELL_H + GAP
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 %d %d" font-family="Helvetica, Arial, sans-serif">'
                '<rect x="-4" y="-4" width="100%%" height="100%%" fill="#f4f5f5"/>%s</svg>\n') % (
                    24 * CELL_W + 4, height + 4, "\n".join(self.parts))


def story(world):
    """About two minutes, with something to see in most panels."""
    traffic = drills.Traffic(world)
    traffic.start()
    time.sleep(25)
    world.sim.set(down=True)
    time.sleep(20)
    world.sim.set(down=False)
    time.sleep(20)
    traffic.broken = True
    time.sleep(10)
    traffic.broken = False
    world.publish(*[world.event(worlds.product("import-%d" % n, 1), topic="bulk") for n in range(1500)])
    time.sleep(25)
    traffic.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    arguments = parser.parse_args()
    home = tempfile.mkdtemp(prefix="catalog-sync-picture-")
    broker = kafkactl.DevKafka(os.path.join(home, "kafka"))
    world = worlds.World(broker.start(), home)
    prometheus = None
    try:
        world.start()
        world.sim.set(latency_ms=60)
        workers = [world.worker(catalog_rate_per_hour=108000, catalog_inflight_max=8) for _ in range(2)]
        prometheus = promctl.Prometheus(os.path.join(home, "prometheus"), workers, promctl.rules_text()).start()
        began = time.time()
        story(world)
        picture = Picture(prometheus, began + 6, time.time() - 1).svg()
    finally:
        if prometheus:
            prometheus.stop()
        world.stop()
        broker.stop()
    with open(arguments.out, "w", encoding="utf-8") as out:
        out.write(picture)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
