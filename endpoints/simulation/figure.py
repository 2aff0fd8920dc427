"""Operating characteristics as a figure: power over the size of the trial, and the error it is bought with."""

from collections.abc import Sequence

from endpoints.figures import INK, PALE, make_figure, save_svg, style_of
from endpoints.simulation.characteristics import SIGNIFICANCE, Characteristic

TITLE = "How often the primary tests find a difference"
_APART = 0.015
"""How far a test stands from the one beside it, as a part of the width."""
_PANELS = ((True, "With the assumed effect (power)"), (False, "Without any effect (type I error)"))


def draw_characteristics(found: Sequence[Characteristic]) -> bytes:
    """An SVG file with a panel for each of power and error; bars are exact 95 % limits."""
    figure = make_figure(6.4)
    panels = figure.subplots(2, 1, sharex=True)
    step = _step(found)
    tests = list(dict.fromkeys(one.test for one in found))
    for panel, (has_effect, title) in zip(panels, _PANELS, strict=True):
        for position, test in enumerate(tests):
            points = [one for one in found if one.test == test and one.has_effect == has_effect]
            shift, style = step * (position - (len(tests) - 1) / 2), style_of(position)
            panel.errorbar(
                [one.n_treated + one.n_sham + shift for one in points],
                [100 * one.part for one in points],
                yerr=[
                    [100 * (one.part - one.limits.low) for one in points],
                    [100 * (one.limits.high - one.part) for one in points],
                ],
                color=style.color,
                marker=style.marker,
                linestyle=style.line,
                markersize=5,
                linewidth=1.4,
                label=test,
            )
        panel.axhline(100 * SIGNIFICANCE, color=INK, linewidth=0.8)
        panel.grid(axis="y", color=PALE, linewidth=0.6)
        panel.set_title(title, color=INK)
        panel.set_ylabel("% of the trials")
        panel.set_ylim(bottom=0)
    panels[0].set_ylim(0, 102)
    panels[1].set_xlabel("patients in both arms")
    if len(sizes := _list_sizes(found)) == 1:
        panels[1].set_xticks(sizes)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=1)
    return save_svg(figure, TITLE, _describe(found))


def _step(found: Sequence[Characteristic]) -> float:
    """Patients between two tests of one size, so that no bar hides another."""
    sizes = _list_sizes(found)
    return _APART * ((sizes[-1] - sizes[0]) or 1) if sizes else 0


def _list_sizes(found: Sequence[Characteristic]) -> list[int]:
    return sorted({one.n_treated + one.n_sham for one in found})


def _describe(found: Sequence[Characteristic]) -> str:
    sizes = ", ".join(map(str, _list_sizes(found)))
    trials = max((one.trials for one in found), default=0)
    return (
        f"Percent of {trials} drawn trials with p at most {SIGNIFICANCE:g}, at {sizes} patients, for each primary test:"
        " with the assumed effect above, without any below. Bars are exact 95 % limits, those of one size side by side;"
        " the line is 5 %."
    )
