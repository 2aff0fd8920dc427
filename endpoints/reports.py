"""Every report from its input: facts, statistic rows, tables, figures. Reached through `endpoints.engine` only."""

from collections.abc import Iterator, Sequence

import pandas as pd

from endpoints.assembly import assemble_facts
from endpoints.behind import EVERYONE, select_behind, select_everyone
from endpoints.blinding_chapter import ALWAYS, INDICES, WORDS
from endpoints.catalog import ReportKind
from endpoints.chapters import CHAPTERS
from endpoints.facts import OUTCOMES
from endpoints.families.adverse_events import label_categories
from endpoints.figures import save_svg
from endpoints.flow_report import (
    build_accrual,
    build_flow,
    compute_flows,
    draw_accrual_figure,
    draw_flow_figure,
    list_flow,
)
from endpoints.layout import Behind, FigureLink, Listing, Report, ReportInput, Table
from endpoints.listings import list_values
from endpoints.material import Material, prepare
from endpoints.plan import name_arm, name_visit
from endpoints.populations import FULL, POPULATIONS
from endpoints.readers import render_facts
from endpoints.rows import Summary
from endpoints.svg_bands import mark_svg
from endpoints.tables import make_row_file, uncapitalize
from trialsite.protocol.model import Protocol

__all__ = ["build_report", "compute_flows", "draw_figure", "list_patients", "list_rows", "name_terms", "write_tidy"]


def build_report(kind: ReportKind, given: ReportInput) -> Report:
    """The tables and figure links of a report."""
    if kind.key == "flow":
        return build_flow(given)
    if kind.key == "accrual":
        return build_accrual(given)
    if not given.recorded.patients:
        return Report((), is_empty=True)
    material = prepare(given)
    chapter = CHAPTERS[kind.key]
    sections = tuple(chapter.lay_out(material, chapter.summarize(material)))
    return Report(sections, (*_explain(kind, given), *material.notes), is_empty=not sections)


def draw_figure(kind: ReportKind, figure_key: str, given: ReportInput) -> bytes | None:
    """An SVG file, or None for a figure the report does not have."""
    figure = build_report(kind, given).figure(figure_key)
    if figure is None:
        return None
    svg = _draw(kind, figure, given)
    return mark_svg(svg, "Dummy arms") if given.has_dummy_arms else svg


def _draw(kind: ReportKind, figure: FigureLink, given: ReportInput) -> bytes:
    if kind.key == "flow":
        return draw_flow_figure(given, figure)
    if kind.key == "accrual":
        return draw_accrual_figure(given, figure)
    material, chapter = prepare(given), CHAPTERS[kind.key]
    drawing = chapter.figures[figure.key](material, chapter.summarize(material))
    return save_svg(drawing, figure.title, figure.description)


def list_rows(kind: ReportKind, given: ReportInput) -> Table | None:
    """Every statistic row at full precision; None for a report without any."""
    if kind.key not in CHAPTERS:
        return None
    if not given.recorded.patients:
        return make_row_file(())
    return make_row_file(CHAPTERS[kind.key].summarize(prepare(given)))


def list_patients(
    kind: ReportKind, given: ReportInput, numbers: Sequence[str], asked: tuple[Behind, str] | None = None
) -> Listing | None:
    """The values per patient, of the patients with these numbers only; `asked` for the number of a table that they are behind.

    None for a number that the report does not have.
    """
    if kind.key == "flow":
        return list_flow(given, numbers, asked[0] if asked else None)
    if not given.recorded.patients:
        return None if asked else Listing(kind.title, (), ())
    material, chapter = prepare(given), CHAPTERS[kind.key]
    summaries = chapter.summarize(material)
    found = _select(kind, _list_all(summaries, chapter.listed), summaries, asked)
    if found is None:
        return None
    table, title = found
    return list_values(title, table, material.group_labels, _label_words(material), numbers)


def _select(
    kind: ReportKind, everyone: pd.DataFrame, summaries: Sequence[Summary], asked: tuple[Behind, str] | None
) -> tuple[pd.DataFrame, str] | None:
    if asked is None:
        return everyone, kind.title
    if asked[0].part == EVERYONE:
        return select_everyone(everyone, *asked, kind.title)
    return select_behind(summaries, *asked)


def _list_all(summaries: Sequence[Summary], listed: Sequence[int]) -> pd.DataFrame:
    return pd.concat([summaries[place].patients for place in listed], ignore_index=True)


def write_tidy(given: ReportInput) -> dict[str, str]:
    """The facts as tidy CSV texts by table, as the command for endpoints reads them."""
    return render_facts(assemble_facts(given.recorded, given.protocol, given.arms).facts)


def name_terms(protocol: Protocol) -> dict[str, str]:
    """What tidy texts and statistic rows call visits, arms and outcomes, in the words of the pages."""
    visits = {key: visit.label for visit in protocol.visits for key in (visit.key, name_visit(visit.key))}
    arms = {key: arm.label for arm in protocol.arms for key in (arm.key, name_arm(arm))}
    return visits | arms | {outcome.key: outcome.label for outcome in OUTCOMES.values()}


def _label_words(material: Material) -> dict[str, str]:
    outcomes = {key: outcome.label for key, outcome in OUTCOMES.items()}
    arms = {name_arm(arm): arm.label for arm in material.given.protocol.arms}
    categories = label_categories(material.facts.plan)
    return {**categories, **outcomes, **material.visit_labels, **arms, **WORDS, "F": "Female", "M": "Male"}


def _explain(kind: ReportKind, given: ReportInput) -> Iterator[str]:
    """What the numbers rest on and what they leave out."""
    by_phase = {phase.number: 0 for phase in given.protocol.phases}
    for patient in given.recorded.patients:
        by_phase[patient.phase] += 1
    analyzed = ", ".join(f"{number} in phase {phase}" for phase, number in by_phase.items())
    yield f"Analyzed are {_name_set(given)}: {analyzed}. Phases are never added up."
    if given.population == FULL:
        yield from _explain_left_out(given)
    if kind.key in ("vhiss", "baseline"):
        words = " or ".join(given.protocol.visit(key).label.lower() for key in given.protocol.response.baseline_visits)
        yield f"The baseline VHISS is that of the first of these visits with an examination: {words}."
    if kind.key == "blinding":
        yield from (*(INDICES if given.arms is not None else ()), *ALWAYS)
    if kind.key == "relapses":
        logged = ", ".join(f"{number} {status}" for status, number in given.recorded.logged_relapses.items())
        yield f"Counted as reported at the visits. The relapse log has since the procedure: {logged}."


def _name_set(given: ReportInput) -> str:
    if given.population == FULL:
        return "patients whose procedure was begun and whose data may be used"
    population = POPULATIONS[given.population]
    return f"the patients of the set {uncapitalize(population.label)} ({population.rule}) whose data may be used"


def _explain_left_out(given: ReportInput) -> Iterator[str]:
    drafts = ", ".join(f"{title} {number}" for title, number in sorted(given.recorded.drafts.items()))
    yield f"Only complete forms count. Drafts left out: {drafts or 'none'}."
    for one in given.participants:
        if one.has_entered and not one.is_analyzed and not one.is_awaiting_procedure:
            why = "use of data withdrawn" if one.is_treated else one.why_ended
            yield f"Entered but not analyzed, one patient of phase {one.phase_number}: {why.rstrip('.')}."
