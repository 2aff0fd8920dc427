"""Figures of effects: standardized differences beside each other, and events by arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from endpoints.figures import INK, PALE, Limits, break_words, make_figure, style_of


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of a forest: an estimate with its limits; None where it is not defined."""

    label: str
    estimate: float | None
    low: float | None
    high: float | None


def draw_forest(effects: Sequence[Effect], unit: str, better: tuple[str, str]) -> Figure:
    """A square with its interval per line; `better` says what lies left and right of zero."""
    figure = make_figure(1.3 + 0.34 * len(effects))
    axis = figure.subplots()
    _draw_intervals(axis, effects)
    axis.axvline(0, color=INK, linewidth=0.9)
    axis.set_yticks(range(len(effects)), [break_words(one.label, 24) for one in effects])
    axis.set_ylim(len(effects) - 0.4, -0.6)
    reach = max((abs(x) for one in effects for x in (one.low, one.high) if x is not None), default=1.0)
    axis.set_xlim(-1.08 * reach, 1.08 * reach)
    axis.set_xlabel(f"{unit}, 95 % limits")
    for place, side, words in ((0.0, "left", better[0]), (1.0, "right", better[1])):
        axis.text(place, 1.02, break_words(words, 18), transform=axis.transAxes, ha=side, va="bottom", fontsize=8)
    axis.grid(axis="x", color=PALE, linewidth=0.6)
    return figure


def _draw_intervals(axis: Axes, effects: Sequence[Effect], marker: str = "s") -> None:
    for row, one in enumerate(effects):
        if one.estimate is None or one.low is None or one.high is None:
            axis.text(0, row, "not defined", ha="center", va="center", fontsize=8, color=INK, backgroundcolor="white")
            continue
        axis.hlines(row, one.low, one.high, colors=INK, linewidth=1.5)
        axis.plot(one.estimate, row, marker=marker, color=INK, markersize=6)


def draw_event_dots(
    lines: Sequence[str], groups: Mapping[str, Sequence[Limits]], differences: Sequence[Effect]
) -> Figure:
    """Per event the percentage of each group as a dot; beside it, where arms are compared, the difference with its limits."""
    figure = make_figure(1.2 + 0.3 * len(lines))
    if differences:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    else:
        left, right = figure.subplots(), None
    for order, (label, row) in enumerate(groups.items()):
        style = style_of(order)
        spots = [(one.percent, y) for y, one in enumerate(row) if one.percent is not None]
        left.plot(
            [x for x, _ in spots],
            [y for _, y in spots],
            linestyle="none",
            marker=style.marker,
            color=style.color,
            alpha=0.85,
            label=label,
        )
    left.set_yticks(range(len(lines)), [break_words(line, 19) for line in lines], fontsize=8)
    left.set_ylim(len(lines) - 0.4, -0.6)
    left.set_xlim(left=-3)
    left.set_xlabel("% of patients")
    left.grid(color=PALE, linewidth=0.6)
    if right is not None:
        _draw_intervals(right, differences, "D")
        right.axvline(0, color=INK, linewidth=0.9)
        right.set_xlabel("difference, points,\n95 % limits")
        right.grid(axis="x", color=PALE, linewidth=0.6)
    figure.legend(loc="outside upper left", ncols=len(groups) if sum(map(len, groups)) <= 40 else 1)
    return figure
