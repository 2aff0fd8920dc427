"""Figures over study days: curves without an event, and the course of each patient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from endpoints.figures import INK, PALE, break_words, make_figure, style_of


@dataclass(frozen=True, slots=True)
class Curve:
    """One group: from which day on which part is without an event, where patients were censored, how many at risk."""

    label: str
    days: Sequence[float]
    parts: Sequence[float]
    censored: Sequence[tuple[float, float]]
    at_risk: Sequence[int]


def draw_curves(curves: Sequence[Curve], ticks: Sequence[int]) -> Figure:
    """Steps from 100 %, a mark where somebody was censored, and under them the patients at risk at the ticks."""
    figure = make_figure(3.5 + 0.36 * len(curves))
    axis, table = figure.subplots(2, 1, height_ratios=[7, 0.9 + 1.1 * len(curves)], sharex=True)
    last = max([*ticks, *(day for curve in curves for day in curve.days)], default=1)
    for order, curve in enumerate(curves):
        style = style_of(order)
        days = [0, *curve.days, *([last] if not curve.days else [])]
        parts = [100.0, *(100 * part for part in curve.parts), *([100.0] if not curve.days else [])]
        axis.step(days, parts, where="post", color=style.color, linestyle=style.line, linewidth=1.8, label=curve.label)
        marks = [(day, 100 * part) for day, part in curve.censored]
        axis.plot(
            [day for day, _ in marks], [part for _, part in marks], linestyle="none", marker="|", color=style.color
        )
        for tick, number in zip(ticks, curve.at_risk, strict=True):
            table.text(tick, order, str(number), ha="center", va="center", color=style.color)
    axis.set_ylim(-3, 104)
    axis.set_ylabel("% without a relapse")
    axis.grid(axis="y", color=PALE, linewidth=0.6)
    axis.set_xlim(-0.04 * last, 1.04 * last)
    _write_heads(table, [curve.label for curve in curves])
    table.set_xticks(list(ticks))
    table.set_xlabel("study day")
    if curves:
        figure.legend(loc="outside upper left", ncols=1 if sum(len(one.label) for one in curves) > 40 else len(curves))
    return figure


def _write_heads(table: Axes, labels: Sequence[str]) -> None:
    table.set_ylim(len(labels) - 0.4, -0.9)
    table.set_yticks(range(len(labels)), [break_words(label, 13) for label in labels], fontsize=8)
    table.set_title("Patients at risk", fontsize=9)
    table.spines["left"].set_visible(False)
    table.tick_params(left=False)


@dataclass(frozen=True, slots=True)
class Swimmer:
    """One patient: days of observation, and the days of relapses, of events and of serious events.

    `place` is that among all patients in the order of their numbers, from 1.
    """

    group: int
    days: float
    relapses: Sequence[float]
    events: Sequence[float]
    serious: Sequence[float]
    place: int = 0


def draw_swimmers(swimmers: Sequence[Swimmer], labels: Sequence[str]) -> Figure:
    """A bar per patient from the procedure to the last visit, marked where something happened."""
    figure = make_figure(1.5 + 0.19 * len(swimmers))
    axis = figure.subplots()
    for row, one in enumerate(swimmers):
        axis.barh(row, one.days, height=0.62, color=style_of(one.group).color, alpha=0.28, linewidth=0)
    for days, marker, face, size in (
        ("events", "o", "white", 5),
        ("serious", "s", INK, 5.5),
        ("relapses", "^", "#c84e00", 7),
    ):
        spots = [(day, row) for row, one in enumerate(swimmers) for day in getattr(one, days)]
        axis.plot(
            [day for day, _ in spots],
            [row for _, row in spots],
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=INK,
            markeredgewidth=0.8,
        )
    axis.set_yticks(range(len(swimmers)), [str(row + 1) for row in range(len(swimmers))], fontsize=7)
    axis.set_ylim(len(swimmers) - 0.3, -0.7)
    axis.set_ylabel("row of the table")
    axis.set_xlim(left=-5)  # room for a mark on the day of the procedure
    axis.set_xlabel("study day")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    figure.legend(handles=[*_explain_marks(), *_explain_bars(swimmers, labels)], loc="outside upper left", ncols=2)
    return figure


def _explain_marks() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="none", marker=marker, markerfacecolor=face, markeredgecolor=INK, label=label)
        for marker, face, label in (
            ("^", "#c84e00", "Relapse"),
            ("o", "white", "Adverse event"),
            ("s", INK, "Serious adverse event"),
        )
    ]


def _explain_bars(swimmers: Sequence[Swimmer], labels: Sequence[str]) -> list[Line2D]:
    shown = sorted({one.group for one in swimmers})
    return [Line2D([], [], color=style_of(group).color, alpha=0.4, linewidth=7, label=labels[group]) for group in shown]


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel: per outcome and visit how many of the patients have a value; None where none is planned."""

    label: str
    size: int
    counts: Sequence[Sequence[int | None]]


def draw_missing(panels: Sequence[Filled], outcomes: Sequence[str], visits: Sequence[str]) -> Figure:
    """A field per outcome and visit with the number of values that are missing; the darker, the more."""
    figure = make_figure(0.5 + len(panels) * (0.55 + 0.27 * len(outcomes)))
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        shares = np.array([[_miss(panel, count) for count in row] for row in panel.counts], dtype=float)
        edges = (np.arange(len(visits) + 1) - 0.5, np.arange(len(outcomes) + 1) - 0.5)
        axis.pcolormesh(*edges, np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1.2)
        axis.set_ylim(len(outcomes) - 0.5, -0.5)
        for row, counts in enumerate(panel.counts):
            for column, count in enumerate(counts):
                words = "·" if count is None else str(panel.size - count)
                ink = "white" if count is not None and shares[row, column] > 0.6 else INK
                axis.text(column, row, words, ha="center", va="center", color=ink, fontsize=9)
        axis.set_xticks(range(len(visits)), [break_words(visit, 9) for visit in visits], fontsize=8)
        axis.set_yticks(range(len(outcomes)), outcomes, fontsize=8)
        axis.set_title(f"{panel.label}: missing of {panel.size}", color=INK)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    return figure


def _miss(panel: Filled, count: int | None) -> float:
    return float("nan") if count is None or panel.size == 0 else 1 - count / panel.size
