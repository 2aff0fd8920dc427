"""All effects in one figure: standardized differences."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from endpoints.chapter import Chapter, Summaries
from endpoints.counted import PRESENT
from endpoints.derivations.groups import Comparison
from endpoints.effect_figures import Effect, draw_forest
from endpoints.facts import OUTCOMES
from endpoints.layout import Behind, Column, FigureLink, Section, Table
from endpoints.material import Material
from endpoints.model_chapters import ONLY_ARMS
from endpoints.rows import StatisticRow, Summary
from endpoints.summaries import summarize_standardized
from endpoints.wording import write_number


def _summarize(material: Material) -> Summaries:
    return (summarize_standardized(material.facts, material.grouping),)


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    (summary,) = summaries
    if not material.grouping.comparisons:
        yield Section("Standardized differences", ONLY_ARMS)
    for comparison in material.grouping.comparisons:
        figure = FigureLink(
            f"forest-{comparison.key.replace('_', '-')}",
            f"Standardized differences, {comparison.label}",
            "Hedges' g with 95 % limits; turned so that right of zero the active arm does better.",
        )
        lead = (
            "Differences of means in standard deviations, to see outcomes with different units side by side. The tests of each "
            "outcome stand in its own report; no adjustment is made for their number."
        )
        yield Section(comparison.label, lead, (figure,), (_make_table(material, summary, comparison),))


def _make_table(material: Material, summary: Summary, comparison: Comparison) -> Table:
    headings = ("Standardized difference", "95 % lower", "95 % upper")
    columns = (Column("Outcome", is_number=False), *map(Column, headings), Column("n", which=PRESENT))
    rows = tuple(
        (
            _name(material, found["std_diff"]),
            *(write_number(row.value) for row in found.values()),
            str(found["std_diff"].n),
        )
        for found in _list_effects(summary, comparison)
    )
    notes = (
        (
            "Hedges' g, normal limits. VHISS: change to the response visit. Lesions and relapses: added up over the follow-up. All "
            "else: change to the last visit. Signs are turned so that above zero is better in the active arm."
        ),
    )
    behind = tuple(_find_behind(found["std_diff"]) for found in _list_effects(summary, comparison))
    return Table("effects", f"Standardized differences: {comparison.label}", columns, rows, notes, behind)


_WHERE = {
    "vhiss": ("vhiss", "course", "change"),
    "new_ce_lesions": ("lesions", "lesions", "available"),
    "new_t2_lesions": ("lesions", "lesions", "available"),
    "relapses": ("relapses", "relapses", "available"),
    "edss": ("disability", "change", "change"),
    "pbvc": ("brain-volume", "change", "change"),
    "sdmt": ("cognition", "change", "change"),
    "pasat": ("cognition", "change", "change"),
    "msqol_physical": ("quality-of-life", "change", "change"),
    "msqol_mental": ("quality-of-life", "change", "change"),
}
"""By outcome the report that lists its patients, and the family and analysis there."""


def _find_behind(row: StatisticRow) -> Behind:
    report, part, analysis = _WHERE[row.outcome]
    return Behind(part, row.outcome, analysis, row.visit or "", row.group, report)


def _list_effects(summary: Summary, comparison: Comparison) -> Iterator[dict[str, StatisticRow]]:
    for outcome in OUTCOMES:
        yield {row.statistic: row for row in summary.select(group=comparison.key, outcome=outcome)}


def _name(material: Material, row: StatisticRow) -> str:
    return row.outcome_label + (f", {material.label_visit(row.visit).lower()}" if row.visit else "")


def _draw(material: Material, summaries: Summaries) -> Figure:
    (comparison,) = material.grouping.comparisons
    effects = [
        Effect(_name(material, found["std_diff"]), *(row.value for row in found.values()))
        for found in _list_effects(summaries[0], comparison)
    ]
    sides = (f"{comparison.reference.label} better", f"{comparison.active.label} better")
    return draw_forest(effects, "standard deviations", sides)


EFFECTS = Chapter(_summarize, _lay_out, {"forest-treated-vs-sham": _draw})
