"""The results as an SVG, without a library: a column for each size, a row for each quantity."""

from math import log10

from .model import LOSSES, MODES, RATES, SIZES

COLOURS = dict(zip(MODES, ("#1b6ca8", "#7b4fa3", "#2c8a4b", "#c0651a")))
WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y = 210, 150, 70, 60, 30, 45


class Axis:
    """Of one quantity, from low to high; `places` have a line and a text."""

    def __init__(self, title, value, low, high, places, logarithmic=True):
        self.title, self.value, self.places = title, value, places
        self.scale = log10 if logarithmic else float
        self.low, self.high = self.scale(low), self.scale(high)

    def height(self, value):
        """0 at the bottom, 1 at the top."""
        least = 10 ** self.low if self.scale is log10 else self.low
        at = self.scale(max(value, least))
        return min(1.0, (at - self.low) / (self.high - self.low))


ROWS = (
    Axis("CPU of a node's sync", lambda each: each.cpu, 1e-5, 2,
         ((1e-4, "0.01 %"), (1e-3, "0.1 %"), (1e-2, "1 %"), (1e-1, "10 %"), (1, "100 %"))),
    Axis("bytes of a node, a second", lambda each: each.bytes, 1e3, 1e8,
         ((1e4, "10 kB"), (1e5, "100 kB"), (1e6, "1 MB"), (1e7, "10 MB"))),
    Axis("hits, one node killed", lambda each: each.hits_without_one, 0.8, 1.005,
         ((0.85, "0.85"), (0.9, "0.90"), (0.95, "0.95"), (1.0, "1.00")), logarithmic=False),
)


def text(x, y, words, anchor="start", size=11, more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {more}>'
            f"{words}</text>")


def along(rate):
    return log10(rate / RATES[0]) / log10(RATES[-1] / RATES[0])


def short(rate):
    return f"{rate // 1000}k" if rate >= 1000 else str(rate)


def line(x, y, axis, results, mode, loss):
    points = sorted((each.rate, axis.value(each)) for each in results
                    if each.mode == mode and each.loss == loss)
    if not points:
        return ""
    path = " ".join(f"{x + along(rate) * WIDTH:.1f},{y + (1 - axis.height(value)) * HEIGHT:.1f}"
                    for rate, value in points)
    dashes = ' stroke-dasharray="4 3"' if loss else ""
    return f'<polyline points="{path}" fill="none" stroke="{COLOURS[mode]}" stroke-width="1.8"{dashes}/>'


def panel(x, y, axis, results, is_first, is_last_row):
    parts = [f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>']
    for place, words in axis.places:
        at = y + (1 - axis.height(place)) * HEIGHT
        parts.append(f'<line x1="{x}" x2="{x + WIDTH}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        if is_first:
            parts.append(text(x - 5, at + 4, words, "end", 10))
    if is_last_row:
        for rate in RATES:
            parts.append(text(x + along(rate) * WIDTH, y + HEIGHT + 15, short(rate), "middle", 10))
    parts += [line(x, y, axis, results, mode, loss) for mode in MODES for loss in LOSSES]
    return parts


def as_svg(results):
    width = LEFT + len(SIZES) * (WIDTH + GAP_X)
    height = TOP + len(ROWS) * (HEIGHT + GAP_Y) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    for number, mode in enumerate(MODES):
        x = LEFT + number * 215
        parts.append(f'<line x1="{x}" x2="{x + 25}" y1="16" y2="16" stroke="{COLOURS[mode]}" '
                     'stroke-width="2.5"/>')
        parts.append(text(x + 31, 20, mode))
    parts.append(text(width - GAP_X, 38, "dashed: 5 % loss; across: new sessions a second in the cluster",
                      "end", 10))
    for row, axis in enumerate(ROWS):
        y = TOP + row * (HEIGHT + GAP_Y)
        for column, nodes in enumerate(SIZES):
            x = LEFT + column * (WIDTH + GAP_X)
            of_size = [each for each in results if each.nodes == nodes]
            parts += panel(x, y, axis, of_size, column == 0, row == len(ROWS) - 1)
            parts.append(text(x + 4, y - 5, f"{axis.title}, {nodes} nodes", size=11))
    return "\n".join(part for part in parts if part) + "\n</svg>\n"
