"""The primary results on every analysis set, one beside the other, for who may know arms."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from endpoints.behind import EVERYONE
from endpoints.chapter import add_notes
from endpoints.counted import PRESENT
from endpoints.facts import OUTCOMES
from endpoints.layout import Behind, Column, Section, Table
from endpoints.material import Material, prepare
from endpoints.populations import Population, list_populations, restrict
from endpoints.rows import StatisticRow, Summary
from endpoints.summaries import summarize_lesions, summarize_relapses, summarize_response
from endpoints.tables import (
    EXACT_LIMITS,
    PROPORTION,
    PROPORTIONS,
    RANKS,
    RATES,
    About,
    Cube,
    make_comparison_tables,
    make_group_table,
)

_COUNTS = {"new_ce_lesions": "enhancing", "new_t2_lesions": "t2", "relapses": "relapses"}


def summarize_sets(material: Material) -> Summary:
    """The primary results on every set, the key of the set before the name of the analysis; no row where there is only one set."""
    sets = list_populations(material.given)
    rows = [row for one in sets for row in _summarize(material, one)] if len(sets) > 1 else []
    return Summary("sets", tuple(rows), pd.DataFrame())


def _summarize(material: Material, population: Population) -> Iterator[StatisticRow]:
    cut = prepare(restrict(material.given, population.key))
    for summarize in (summarize_response, summarize_lesions, summarize_relapses):
        for row in summarize(cut.facts, material.grouping).rows:
            if row.analysis in ("observed", "available"):
                yield replace(row, analysis=_name(population, row.analysis))


def _name(population: Population, analysis: str) -> str:
    return f"{population.key}:{analysis}"


def make_sets_section(material: Material, summary: Summary) -> Iterator[Section]:
    """Nothing for who sees the full set alone."""
    if not summary.rows:
        return
    sets, cube, grouping = list_populations(material.given), Cube(summary), material.grouping
    visit = material.facts.plan.response_visit
    responses = [About(one.label, "vhiss", visit, _name(one, "observed")) for one in sets]
    caption = f"VHISS response at {material.label_visit(visit)}, by analysis set"
    tables = [
        _count_members(material, sets),
        add_notes(make_group_table("sets-response", caption, cube, responses, grouping, PROPORTION), EXACT_LIMITS),
        *make_comparison_tables("sets-response", caption, cube, responses, grouping, (PROPORTIONS,)),
    ]
    for outcome, key in _COUNTS.items():
        lines = [About(one.label, outcome, None, _name(one, "available")) for one in sets]
        words = f"{OUTCOMES[outcome].label}, by analysis set"
        tables += make_comparison_tables(f"sets-{key}", words, cube, lines, grouping, (RANKS, RATES))
    yield Section("Primary results in each analysis set", _explain(material, sets), tables=tuple(tables))


def _count_members(material: Material, sets: tuple[Population, ...]) -> Table:
    groups = material.grouping.groups
    counted = (Column(group.label, which=PRESENT, at=(("group", group.key),)) for group in groups)
    columns = (Column("Analysis set", is_number=False), *counted)
    rows = tuple((one.label, *_count(material, one)) for one in sets)
    behind = tuple(Behind(EVERYONE, "", "", "", "", "baseline", one.key) for one in sets)
    return Table("sets", "Patients in each analysis set", columns, rows, behind=behind)


def _count(material: Material, population: Population) -> Iterator[str]:
    patients = prepare(restrict(material.given, population.key)).facts.visits.drop_duplicates("subject")
    for group in material.grouping.groups:
        yield str(len(group.select(patients)))


def _explain(material: Material, sets: tuple[Population, ...]) -> str:
    rules = " ".join(f"{one.label}: {one.rule}." for one in sets)
    dummy = " With dummy arms nothing is known of what was done: each counts in the dummy arm."
    return rules + (dummy if material.given.has_dummy_arms else "")
