"""The picture of roofline.py: on the left what multiplies and sums, under the roofs; on the right
what only moves bytes."""

import itertools
import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Bbox

import roofline

# Okabe and Ito's colours, which the colour-blind tell apart, darkened to be read as text.
COLORS = {"forward": "#0072B2", "data_gradient": "#B04A00", "weight_gradient": "#007D5A",
          "update": "#8A3F73", "weight_update": "#6B6B00", "step": "black", "inference": "black"}
ASIDE = {"forward": -6, "weight_gradient": 6}  # pixels
ROOF = "#555555"
SIZE = 8  # points of a label


def draw(network, machine, points):
    plt.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "etch"})
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 7.2), dpi=110,
                                         gridspec_kw={"width_ratios": [2.5, 1], "wspace": 0.16})
    figure.subplots_adjust(left=0.055, right=0.985, top=0.86, bottom=0.09)
    threads = "1 thread" if machine.threads == "1" else f"{machine.threads} threads"
    figure.text(0.055, 0.945, f"{network}: each pass of each layer beside what the machine can do",
                size=14, weight="bold")
    figure.text(0.055, 0.907, f"{machine.processor}, {machine.simd}, {threads}.  " + key(points),
                size=9.5, color=ROOF)
    products = [p for p in points if p.gflops > 0]
    moves = [p for p in points if p.gflops == 0 and p.gbytes > 0]
    roofline_panel(figure, left, machine, products)
    bandwidth_panel(figure, right, machine, moves)
    return figure


def key(points):
    parts = ["Filled: weights in the cache"]
    if any(p.cold for p in points):
        parts.append("hollow: weights in memory")
    if any(p.noisy for p in points):
        parts.append("pale: something else was running")
    return "; ".join(parts) + "."


def save(figure, file):
    # Without the date the same numbers give the same bytes.
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def roofline_panel(figure, axes, machine, points):
    axes.set_title("What multiplies and sums", size=10.5, loc="left")
    axes.set_xlabel("FLOP per byte that has to be moved")
    axes.set_ylabel("GFLOP/s")
    intensities = [p.intensity for p in points] or [1]
    ridge = machine.peak / machine.bandwidth["L2"]
    x = min(0.6 * min(intensities), 0.45 * ridge), 3.5 * max(intensities)
    y = min([0.62 * p.gflops for p in points] + [machine.peak / 4]), 1.5 * machine.peak
    logarithmic(axes, x, y)
    figure.canvas.draw()
    taken = Taken(figure, axes)
    axes.plot([machine.peak / max(machine.bandwidth.values()), x[1]], 2 * [machine.peak],
              color=ROOF, lw=1.6)
    taken.line((x[0], machine.peak), (x[1], machine.peak))
    taken.add(axes.annotate(f"multiply-add peak {machine.peak:.0f} GFLOP/s", (x[1], machine.peak),
                            (-4, 3), textcoords="offset points", ha="right", size=9, color=ROOF))
    for memory, bandwidth in machine.bandwidth.items():
        end = machine.peak / bandwidth
        start = max(x[0], y[0] / bandwidth)
        if start >= end:
            continue
        axes.plot([start, end], [start * bandwidth, machine.peak], color=ROOF, lw=1.1)
        taken.line((start, start * bandwidth), (end, machine.peak))
        slope_label(axes, taken, f"{memory} {bandwidth:.0f} GB/s", start, end, bandwidth)
    place_points(axes, taken, points)


def slope_label(axes, taken, text, start, end, bandwidth):
    """On the line itself, in its middle, turned as it is."""
    middle = math.sqrt(start * end)
    (x0, y0), (x1, y1) = axes.transData.transform([(start, start * bandwidth),
                                                   (end, end * bandwidth)])
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    taken.add(axes.text(middle, middle * bandwidth, text, rotation=angle, size=9, color=ROOF,
                        ha="center", va="center", rotation_mode="anchor",
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}))


def place_points(axes, taken, points):
    """Warm points with their labels; the cold ones hang from them."""
    def where(point):
        # A layer's passes have the same FLOP per byte, or almost: some pixels keep them apart.
        x, y = axes.transData.transform((point.intensity, point.gflops))
        return axes.transData.inverted().transform((x + ASIDE.get(point.kind, 0), y))

    cold = {(p.layer, p.kind): p for p in points if p.cold}
    for point in points:
        axes.plot(*where(point), "o", ms=5.5, color=COLORS[point.kind], zorder=3,
                  alpha=0.4 if point.noisy else 1,
                  mfc="white" if point.cold else COLORS[point.kind])
        taken.point(where(point))
    warm = [p for p in points if not p.cold]
    for point in warm:
        if other := cold.get((point.layer, point.kind)):
            axes.plot(*zip(where(point), where(other)), lw=0.8, color=COLORS[point.kind],
                      zorder=2, alpha=0.6)
            taken.line(where(point), where(other))
    # Crowded ones first, as they have the fewest places.
    for point in sorted(warm, key=lambda p: -taken.crowd(where(p))):
        taken.label(where(point), name(point), COLORS[point.kind], not point.layer)


def name(point):
    return " ".join(filter(None, [point.layer, roofline.PASSES[point.kind]]))


def bandwidth_panel(figure, axes, machine, points):
    axes.set_title("What only moves bytes", size=10.5, loc="left")
    axes.set_ylabel("GB/s that have to be moved", labelpad=1)
    values = [p.gbytes for p in points] + list(machine.bandwidth.values())
    low, high = 0.75 * min(values), 1.2 * max(values)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    plain(axes, axes.yaxis)
    for memory, bandwidth in machine.bandwidth.items():
        axes.axhline(bandwidth, color=ROOF, lw=1.1, zorder=1)
        axes.annotate(f"{memory} {bandwidth:.0f} GB/s", (1, bandwidth), (-3, 2),
                      textcoords="offset points", ha="right", size=9, color=ROOF)
    figure.canvas.draw()
    points = sorted(points, key=lambda p: p.gbytes)
    places = spread([axes.transData.transform((0, p.gbytes))[1] for p in points],
                    1.45 * SIZE * figure.dpi / 72, *axes.bbox.intervaly)
    for point, place in zip(points, places):
        color = COLORS[point.kind]
        y = axes.transData.inverted().transform((0, place))[1]
        axes.plot(0.06, point.gbytes, "o", ms=5.5, color=color, zorder=3, clip_on=False,
                  alpha=0.4 if point.noisy else 1, mfc="white" if point.cold else color)
        axes.plot([0.06, 0.14], [point.gbytes, y], lw=0.6, color=color, alpha=0.6)
        axes.text(0.15, y, name(point) + (", cold" if point.cold else ""), size=SIZE, color=color,
                  va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})


def spread(wanted, gap, low, high):
    """The ascending places nearest to those wanted that are `gap` apart, between low and high."""
    gap = min(gap, (high - low) / max(1, len(wanted)))
    # Each group of touching labels lies around the mean of what its members want.
    groups = []
    for i, place in enumerate(wanted):
        groups.append([place, 1])
        while len(groups) > 1 and (groups[-1][0] - groups[-2][0]
                                   < gap * (groups[-1][1] + groups[-2][1]) / 2):
            (a, m), (b, n) = groups[-2:]
            groups[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    places = []
    for middle, size in groups:
        half = gap * size / 2
        middle = min(max(middle, low + half), high - half)
        places += [middle + gap * (i - (size - 1) / 2) for i in range(size)]
    for i in range(1, len(places)):  # the edges may have pushed groups into each other
        places[i] = max(places[i], places[i - 1] + gap)
    return [min(place, high - gap * (len(places) - i - 0.5)) for i, place in enumerate(places)]


def logarithmic(axes, x, y):
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    plain(axes, axes.xaxis, axes.yaxis)


def plain(axes, *every):
    """Ticks at 1, 2, 5, 10, 20 ... as people write them."""
    for axis in every:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(True, which="major", color="#eeeeee", lw=0.8)
    axes.set_axisbelow(True)
    for side in ["top", "right"]:
        axes.spines[side].set_visible(False)


class Taken:
    """The places of a panel that have something, in pixels, and labels for the rest."""

    def __init__(self, figure, axes):
        self.figure, self.axes = figure, axes
        self.boxes, self.segments, self.points = [], [], []

    def pixels(self, place):
        return tuple(self.axes.transData.transform(place))

    def add(self, text):
        self.boxes.append(text.get_window_extent(self.figure.canvas.get_renderer()))

    def line(self, start, end):
        self.segments.append((self.pixels(start), self.pixels(end)))

    def point(self, place):
        x, y = self.pixels(place)
        self.points.append((x, y))
        self.boxes.append(Bbox.from_extents(x - 5, y - 5, x + 5, y + 5))

    def crowd(self, place):
        """How many points are near."""
        x, y = self.pixels(place)
        return sum(math.hypot(x - a, y - b) < 90 for a, b in self.points)

    def label(self, place, text, color, bold):
        """Beside its point where there is room, else further away with a line to it."""
        drawn = self.axes.annotate(text, place, (0, 0), textcoords="offset pixels", size=SIZE,
                                   color=color, weight="bold" if bold else "normal", zorder=4)
        size = drawn.get_window_extent(self.figure.canvas.get_renderer())
        x, y = self.pixels(place)
        box, near = min((self.candidate(x, y, size, distance, angle)
                         for distance, angle in CANDIDATES), key=lambda c: self.cost(x, y, c))
        drawn.set_position((box.x0 - x, box.y0 - y))
        drawn.set_verticalalignment("bottom")
        self.boxes.append(box)
        if near > 9:
            end = (min(max(x, box.x0), box.x1), min(max(y, box.y0), box.y1))
            self.axes.annotate("", place, (end[0] - x, end[1] - y), textcoords="offset pixels",
                               arrowprops={"arrowstyle": "-", "lw": 0.6, "color": color,
                                           "alpha": 0.7, "shrinkA": 0, "shrinkB": 3}, zorder=2)
            self.segments.append(((x, y), end))

    @staticmethod
    def candidate(x, y, size, distance, angle):
        """The label's box at that distance from the point, and the distance."""
        dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        left = x + distance * dx + (0 if dx > 0.3 else -size.width if dx < -0.3 else
                                    -size.width / 2)
        low = y + distance * dy + (-size.height / 2 if abs(dy) < 0.3 else
                                   0 if dy > 0 else -size.height)
        return Bbox.from_bounds(left, low, size.width, size.height), distance

    def cost(self, x, y, candidate):
        box, distance = candidate
        inside = self.axes.bbox
        outside = (box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0
                   or box.y1 > inside.y1)
        overlaps = sum(box.overlaps(other) for other in self.boxes)
        crossed = sum(crosses(box, *segment) for segment in self.segments)
        return 1000 * outside + 300 * overlaps + 120 * crossed + distance


CANDIDATES = [*itertools.product([8], [0, 180, 45, -45, 135, -135, 90, -90]),
              *itertools.product([16, 26, 38, 52, 68, 86, 106, 130],
                                 [0, 180, 30, -30, 150, -150, 60, -60, 120, -120, 90, -90])]


def crosses(box, start, end):
    """Whether the segment goes through the box: looked up at points two pixels apart."""
    if not box.overlaps(Bbox([start, end])):
        return False
    steps = max(2, int(math.dist(start, end) / 2))
    return any(box.contains(start[0] + (end[0] - start[0]) * i / steps,
                            start[1] + (end[1] - start[1]) * i / steps) for i in range(steps + 1))
