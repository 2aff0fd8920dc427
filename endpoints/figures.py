"""Figures as SVG: real text, a title and a description inside, the same bytes for the same numbers.

Drawn narrow, so that the letters stay readable on a telephone. Groups differ by color (Okabe and Ito, told apart by
color-blind people), by marker and by line. Every number in a figure also stands in a table of its page.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from endpoints.accrual import PhaseAccrual

# For the whole process: nothing else in it draws, and a context around each figure would not hold between threads.
mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "trialsite",
        "font.size": 10,
        "date.converter": "concise",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "legend.fontsize": 9,
    }
)

WIDTH_INCHES = 5.0
INK, PALE = "#1d2b33", "#c9d3d7"


@dataclass(frozen=True, slots=True)
class Style:
    """How one group is drawn."""

    color: str
    marker: str
    line: str


STYLES = (
    Style("#56616a", "s", ":"),
    Style("#c84e00", "o", "-"),
    Style("#0072b2", "^", "--"),
    Style("#8a5a83", "D", "-."),
)


def style_of(position: int) -> Style:
    return STYLES[position % len(STYLES)]


def save_svg(figure: Figure, title: str, description: str) -> bytes:
    """The figure as an SVG file that tells what it shows. It holds no date, so equal figures are equal files."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    words = f'<title id="title">{escape(title)}</title>\n <desc id="desc">{escape(description)}</desc>'
    svg = buffer.getvalue().decode()
    svg = re.sub(r"<svg ", '<svg role="img" aria-labelledby="title desc" ', svg, count=1)
    return re.sub(r"(<svg [^>]*>)", lambda match: f"{match.group(1)}\n {words}", svg, count=1).encode()


def make_figure(height_inches: float) -> Figure:
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


# Values per patient over visits


@dataclass(frozen=True, slots=True)
class Course:
    """One group over the visits: a line per patient (NaN where there is no value), and medians with quartiles."""

    label: str
    patients: Sequence[Sequence[float]]
    medians: Sequence[float]
    quartiles: Sequence[tuple[float, float]]


def draw_courses(courses: Sequence[Course], visits: Sequence[str], unit: str) -> Figure:
    """A panel per group: each patient a thin line, the median a strong one with its quartiles."""
    figure = make_figure(0.6 + 1.9 * len(courses))
    panels = figure.subplots(len(courses), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    positions = np.arange(len(visits))
    for number, (panel, course) in enumerate(zip(panels, courses, strict=True)):
        style = style_of(number)
        for values in course.patients:
            _draw_patient(panel, positions, values, style)
        low, high = zip(*course.quartiles, strict=True)
        panel.vlines(positions, low, high, colors=INK, linewidth=1.5)
        panel.plot(positions, course.medians, color=INK, marker="_", markersize=12, linewidth=2.2)
        panel.set_title(f"{course.label}, median and quartiles", color=INK)
        panel.set_ylabel(unit)
        panel.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        panel.set_xticks(positions, visits)
        panel.set_xlim(-0.3, len(visits) - 0.7)
        panel.set_ylim(bottom=0)
        panel.margins(y=0.1)
    return figure


def _draw_patient(panel: Axes, positions: "np.typing.NDArray[np.int64]", values: Sequence[float], style: Style) -> None:
    """A line over the visits that have a value; it bridges a missed one."""
    numbers = np.asarray(values, dtype=float)
    seen = ~np.isnan(numbers)
    panel.plot(
        positions[seen], numbers[seen], color=style.color, alpha=0.55, linewidth=1, marker=style.marker, markersize=4
    )


# One value per patient


@dataclass(frozen=True, slots=True)
class Dots:
    """A panel: a title and the values of each group."""

    title: str
    groups: Mapping[str, Sequence[float]]


def draw_dots(panels: Sequence[Dots], unit: str) -> Figure:
    """One dot per patient; equal values stand beside each other. The line is the mean."""
    figure = make_figure(0.4 + 2.1 * len(panels))
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        for position, values in enumerate(panel.groups.values()):
            _draw_group_dots(axis, position, list(values), style_of(position))
        axis.set_title(panel.title, color=INK)
        axis.set_ylabel(unit)
        axis.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axis.set_xticks(range(len(panel.groups)), [break_words(label, 16) for label in panel.groups])
        axis.set_xlim(-0.6, len(panel.groups) - 0.4)
        axis.margins(y=0.12)
    return figure


_DOTS_IN_A_ROW = 12


def _draw_group_dots(axis: Axes, position: int, values: list[float], style: Style) -> None:
    if not values:
        return
    spots = list(_spread(values))
    axis.plot(
        [position + shift for shift, _ in spots],
        [value for _, value in spots],
        linestyle="none",
        marker=style.marker,
        color=style.color,
        alpha=0.8,
        markersize=6,
    )
    mean = float(np.mean(values))
    axis.hlines(mean, position - 0.42, position + 0.42, colors=INK, linewidth=1.8)


def _spread(values: Iterable[float]) -> Iterator[tuple[float, float]]:
    """Equal values side by side around the middle, closer together when there are many."""
    for value, count in sorted(Counter(values).items()):
        step = min(0.8 / _DOTS_IN_A_ROW, 0.8 / count)
        for number in range(count):
            yield (number - (count - 1) / 2) * step, value


def break_words(text: str, width: int) -> str:
    """Lines of at most about `width` characters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


# Patients by number of events

_BLUES = ("#e3edf4", "#9cc3dd", "#3f8fc0", "#0b5c8f", "#073a5b")


def draw_distribution(groups: Mapping[str, Mapping[int, int]], what: str) -> Figure:
    """A bar per group, divided by how many events a patient had; each part tells its number of patients."""
    figure = make_figure(0.9 + 0.62 * len(groups))
    axis = figure.subplots()
    values = sorted({value for counts in groups.values() for value in counts})
    left = np.zeros(len(groups))
    for order, value in enumerate(values):
        numbers = np.array([counts.get(value, 0) for counts in groups.values()], dtype=float)
        color = _BLUES[min(order, len(_BLUES) - 1)]
        bars = axis.barh(range(len(groups)), numbers, left=left, color=color, edgecolor=INK, linewidth=0.7)
        bars.set_label(f"{value} {what}")
        for row, number in enumerate(numbers):
            if number:
                ink = "white" if order >= 2 else INK
                axis.text(left[row] + number / 2, row, f"{number:.0f}", ha="center", va="center", color=ink)
        left += numbers
    axis.set_yticks(range(len(groups)), [break_words(label, 14) for label in groups])
    axis.invert_yaxis()
    axis.set_xlabel("patients")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if values:
        figure.legend(loc="outside upper left", ncols=min(len(values), 4))
    return figure


# Proportions with limits


@dataclass(frozen=True, slots=True)
class Limits:
    """A proportion in percent with its limits; None where nobody can be counted."""

    percent: float | None
    low: float | None
    high: float | None


def draw_proportions(lines: Sequence[str], groups: Mapping[str, Sequence[Limits]]) -> Figure:
    """A row per line, in it a mark with its exact limits per group."""
    figure = make_figure(1.0 + 0.2 * len(groups) + len(lines) * (0.2 + 0.2 * len(groups)))
    axis = figure.subplots()
    for order, (label, row) in enumerate(groups.items()):
        style = style_of(order)
        shift = (order - (len(groups) - 1) / 2) * 0.8 / max(len(groups), 1)
        known = [
            (number + shift, one.percent, one.low, one.high)
            for number, one in enumerate(row)
            if one.percent is not None and one.low is not None and one.high is not None
        ]
        axis.hlines(
            [y for y, *_ in known], [one[2] for one in known], [one[3] for one in known], colors=style.color, lw=1.4
        )
        axis.plot(
            [one[1] for one in known],
            [one[0] for one in known],
            linestyle="none",
            marker=style.marker,
            color=style.color,
            label=label,
        )
    axis.set_yticks(range(len(lines)), [break_words(line, 19) for line in lines])
    axis.set_ylim(len(lines) - 0.5, -0.5)
    axis.set_xlim(-2, 102)
    axis.set_xlabel("% of patients, 95 % limits")
    axis.grid(axis="x", color=PALE, linewidth=0.6)
    if groups:
        figure.legend(loc="outside upper left", ncols=len(groups) if sum(map(len, groups)) <= 40 else 1)
    return figure


# Accrual


def draw_accrual(phases: Sequence[PhaseAccrual]) -> Figure:
    """Patients who entered, as steps over time, with the number planned."""
    figure = make_figure(3.2)
    axis = figure.subplots()
    for order, phase in enumerate(phases):
        if not phase.entered_on:
            continue
        style = style_of(order)
        days = [phase.entered_on[0], *phase.entered_on]
        numbers = range(len(days))
        axis.step(np.array(days, dtype="datetime64[D]"), numbers, where="post", color=style.color, linewidth=2)
        axis.axhline(phase.planned_n, color=style.color, linestyle=style.line, linewidth=1)
        axis.annotate(
            f"{phase.label}, {phase.planned_n} planned",
            (0.01, phase.planned_n),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            color=style.color,
            fontsize=9,
        )
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylabel("patients entered")
    axis.set_ylim(bottom=0)
    axis.margins(y=0.12)
    return figure
