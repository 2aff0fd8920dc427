"""How procedures and visits went by arm: times, choices and persons, which may tell an arm to who is in the room."""

from collections.abc import Iterator
from dataclasses import replace

from endpoints.chapter import Chapter, Summaries, add_notes
from endpoints.derivations.conduct import CHOICES, TIMES, derive_procedures, derive_visit_days
from endpoints.families.answers import ANSWER, MOST_ANSWERS
from endpoints.layout import Section, Table
from endpoints.material import Material
from endpoints.plan import name_visit
from endpoints.rows import Summary
from endpoints.summaries import summarize_conduct, summarize_visit_days
from endpoints.tables import (
    EXACT_LIMITS,
    PROPORTION,
    PROPORTIONS,
    RANKS,
    About,
    Cube,
    Effect,
    Number,
    make_comparison_tables,
    make_group_table,
    uncapitalize,
)
from endpoints.wording import write_count, write_number

PROCEDURE = (
    "Where procedures of one arm last longer, come at other hours, need more sedation or belong to other people, whoever sees the clock or the "
    "room can guess the arm. A difference that is more than chance is a matter of the script of the procedure: tell the operators, not the "
    "blinded, and look again after the next patients. With few patients no difference is no proof that there is none."
)
NOTHING_DONE = (
    "No form of a procedure is complete here, or the snapshot is older than this report and holds nothing of it."
)
VISITS = (
    "Days from the planned day to the visit that was attended; before it negative. Arms that are seen at other times, or not at all, are "
    "treated differently after the procedure. The account that entered a visit is set against the arm too: other people at the desk for one arm are "
    "a trace of it in every trail."
)
QUARTILES = "Quartiles: type 7."
SHIFT = "Shift: first arm minus second, the median of all differences between two patients."
COUNTED = (
    "Differences: first arm minus second. The p is that of the whole question, the same for each of its answers, and is computed for up to "
    f"{MOST_ANSWERS} answers. Of whom nothing is known is in neither arm."
)


def _write_tenths(value: float | None) -> str:
    return write_number(value, 1)


_SPREAD = (
    Number("Median", "median", _write_tenths),
    Number("First quartile", "q1_type7", _write_tenths),
    Number("Third quartile", "q3_type7", _write_tenths),
)
_TIME = (Number("n", "n", write_count), Number("Missing", "n_missing", write_count), *_SPREAD)
_DAYS = (Number("n", "n", write_count), Number("Missed or to come", "n_missing", write_count), *_SPREAD)
_SHIFTS = (replace(RANKS, write=_write_tenths),)
_SHARES = (replace(PROPORTIONS, p=("question_p",)),)


def _summarize(material: Material) -> Summaries:
    facts, grouping = material.facts, material.grouping
    planned = _plan_days(material)
    return (
        summarize_conduct(derive_procedures(facts, material.given.recorded), grouping),
        summarize_visit_days(derive_visit_days(facts, material.given.recorded, planned), grouping, planned),
    )


def _plan_days(material: Material) -> dict[str, int]:
    """The planned day of each visit after the procedure of a phase that is drawn for."""
    drawn = {phase.number for phase in material.given.protocol.phases if phase.is_randomized}
    return {
        name_visit(one.key): one.day
        for one in material.given.protocol.visits
        if one.kind == "follow_up" and one.day is not None and drawn & set(one.phases)
    }


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    done, visits = summaries
    if not done.rows:
        return
    is_done = bool(done.patients[[*TIMES, *CHOICES]].notna().any(axis=None))
    tables = tuple(_make_tables(material, done)) if is_done else ()
    yield Section("The procedure", PROCEDURE if is_done else NOTHING_DONE, tables=tables)
    yield Section("Visits after the procedure", VISITS, tables=tuple(_make_visit_tables(material, visits)))


def _make_tables(material: Material, summary: Summary) -> Iterator[Table]:
    medians = {row.outcome: row for row in summary.select(statistic="median")}
    times = [About(f"{medians[key].outcome_label} ({medians[key].unit})", key) for key in TIMES]
    tables = _compare(material, "times", "Times of the procedure", summary, times, _TIME, _SHIFTS)
    yield from _explain(tables, (QUARTILES, SHIFT))
    found = {row.outcome: row.outcome_label for row in summary.select(analysis=ANSWER)}
    answers = [About(label, outcome, None, ANSWER) for outcome, label in found.items()]
    tables = _compare(material, "choices", "What was chosen, and by whom", summary, answers, PROPORTION, _SHARES)
    yield from _explain(tables, (EXACT_LIMITS, COUNTED))


def _make_visit_tables(material: Material, summary: Summary) -> Iterator[Table]:
    lines = [About(material.label_visit(name), "from_plan", name) for name in _plan_days(material)]
    tables = _compare(material, "visits", "Days from plan to visit", summary, lines, _DAYS, _SHIFTS)
    yield from _explain(tables, (QUARTILES, SHIFT))
    found = {(row.outcome, row.visit or ""): row.outcome_label for row in summary.select(analysis=ANSWER)}
    persons = [
        About(f"{material.label_visit(visit)}: {uncapitalize(label)}", outcome, visit, ANSWER)
        for (outcome, visit), label in found.items()
    ]
    if persons:  # a snapshot of before has none
        tables = _compare(material, "entered", "Who entered the visits", summary, persons, PROPORTION, _SHARES)
        yield from _explain(tables, (EXACT_LIMITS, COUNTED))


def _compare(
    material: Material,
    key: str,
    caption: str,
    summary: Summary,
    lines: list[About],
    numbers: tuple[Number, ...],
    effects: tuple[Effect, ...],
) -> Iterator[Table]:
    """Each arm described, then the two compared."""
    grouping, cube = material.grouping.leave_out_open(), Cube(summary)
    if grouping is not None:
        yield make_group_table(key, caption, cube, lines, grouping, numbers)
        yield from make_comparison_tables(key, caption, cube, lines, grouping, effects)


def _explain(tables: Iterator[Table], notes: tuple[str, str]) -> Iterator[Table]:
    """The first note under the first table, the other one under those that compare."""
    for place, table in enumerate(tables):
        yield add_notes(table, notes[min(place, 1)])


CONDUCT = Chapter(_summarize, _lay_out)
