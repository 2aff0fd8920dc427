"""The CONSORT diagram: boxes and arrows, laid out from the words that stand in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from endpoints.figures import INK, make_figure
from endpoints.flow import Count, FlowColumn, PhaseFlow

# Everything in points: 72 to the inch, so that a box can be made as wide and high as its words.
_WIDTH, _LINE, _PAD, _GAP, _FONT = 360.0, 13.0, 5.0, 14.0, 10
_CHARACTER = 5.9
"""Width of an average letter of the font in which the boxes are measured."""
_SIZE = "(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    width: float
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PAD

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def _make_box(left: float, width: float, *paragraphs: str) -> _Box:
    """Words broken to the width; the first paragraph is the heading of the box."""
    letters = int((width - 2 * _PAD) / _CHARACTER)
    lines = [line for text in paragraphs for line in wrap(text.replace("(n = ", _SIZE), letters)]
    return _Box(left, width, tuple(lines))


def draw_flow(flow: PhaseFlow) -> Figure:
    """From assessment to analysis; one column per arm, or one for all."""
    assessed = _make_box(84, 192, f"Assessed for eligibility (n = {flow.assessed})")
    side = _make_box(194, 166, *_list_excluded(flow))
    entered = _make_box(84, 192, f"{flow.entry_word} (n = {flow.entered})")
    columns = [_make_column(flow, column, *place) for column, place in zip(flow.columns, _places(flow), strict=True)]
    rows = [max(box.height for box in row) for row in zip(*columns, strict=True)]
    side_space = side.height + 2 * _GAP
    height = assessed.height + side_space + entered.height + sum(row + _GAP * 1.5 for row in rows) + 4
    figure, axes = _open_canvas(height)
    top = height - 2
    _draw(axes, assessed, top)
    top -= assessed.height
    _draw(axes, side, top - _GAP)
    _join(axes, (assessed.middle, top - _GAP - side.height / 2), (side.left, top - _GAP - side.height / 2))
    _join(axes, (assessed.middle, top), (assessed.middle, top - side_space))
    top -= side_space
    _draw(axes, entered, top)
    _draw_columns(axes, columns, rows, (entered.middle, top - entered.height))
    return figure


def _open_canvas(height: float) -> tuple[Figure, Axes]:
    figure = make_figure(height / 72)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-1, _WIDTH + 1)
    axes.set_ylim(0, height)
    axes.axis("off")
    return figure, axes


def _places(flow: PhaseFlow) -> list[tuple[float, float]]:
    """Left edge and width of each column."""
    if not flow.has_arms:
        return [(60, 240)]
    number = len(flow.columns)
    width = (_WIDTH - 12 * (number - 1)) / number
    return [(order * (width + 12), width) for order in range(number)]


def _list_excluded(flow: PhaseFlow) -> list[str]:
    lines = [f"Excluded (n = {flow.excluded})", *_list_reasons(flow.excluded_by)]
    return [*lines, f"Still in screening (n = {flow.in_screening})"] if flow.in_screening else lines


def _list_reasons(counts: Iterable[Count]) -> list[str]:
    return [f"· {count.label} (n = {count.number})" for count in counts]


def _make_column(flow: PhaseFlow, column: FlowColumn, left: float, width: float) -> list[_Box]:
    head = [f"{column.label} (n = {column.entered})"] if flow.has_arms else []
    treated = [*head, f"Procedure begun (n = {column.treated})"]
    if column.awaiting:
        treated.append(f"Procedure still to come (n = {column.awaiting})")
    if column.not_treated:
        treated += [f"No procedure (n = {column.not_treated_total})", *_list_reasons(column.not_treated)]
    followed = [f"Follow-up completed (n = {column.completed})"]
    if column.in_follow_up:
        followed.append(f"In follow-up (n = {column.in_follow_up})")
    if column.stopped:
        followed += [f"Ended early (n = {column.stopped_total})", *_list_reasons(column.stopped)]
    analyzed = [f"Analyzed (n = {column.analyzed})", *_list_reasons(column.not_analyzed)]
    return [_make_box(left, width, *words) for words in (treated, followed, analyzed)]


def _draw_columns(axes: Axes, columns: list[list[_Box]], rows: list[float], start: tuple[float, float]) -> None:
    x, top = start
    for column in columns:
        above = top
        corner = above - _GAP * 0.75
        if column[0].middle != x:
            axes.plot([x, x, column[0].middle], [above, corner, corner], color=INK, linewidth=1)
            _join(axes, (column[0].middle, corner), (column[0].middle, above - _GAP * 1.5))
        else:
            _join(axes, (x, above), (x, above - _GAP * 1.5))
        for order, box in enumerate(column):
            place = top - sum(rows[:order]) - _GAP * 1.5 * (order + 1)
            _draw(axes, box, place)
            if order + 1 < len(column):
                _join(axes, (box.middle, place - box.height), (box.middle, place - rows[order] - _GAP * 1.5))


def _draw(axes: Axes, box: _Box, top: float) -> None:
    axes.add_patch(Rectangle((box.left, top - box.height), box.width, box.height, facecolor="white", edgecolor=INK))
    for number, line in enumerate(box.lines):
        y = top - _PAD - (number + 0.5) * _LINE
        axes.text(box.left + _PAD, y, line, fontsize=_FONT, color=INK, va="center")


def _join(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    )
