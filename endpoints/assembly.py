"""Recorded facts -> the frames that everything is computed from, with the rules that lie between. Pure.

* Every analyzed patient has a row for every planned visit, so that nobody leaves a denominator.
* Events counted at a visit outside the plan (an unscheduled one) since the last count belong to the next planned
  visit with a count. What no planned visit has taken up yet is reported, not lost.
* The baseline VHISS comes from the first of the protocol's baseline visits that has an examination. No other
  outcome takes its baseline from anywhere but the baseline visit.
* A value that contradicts the facts (a count before the procedure, say) is left out and reported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import pandas as pd

from endpoints.facts import (
    ADVERSE_EVENT_COLUMNS,
    OUTCOMES,
    RELAPSE_COLUMNS,
    VISIT_COLUMNS,
    AnalysisPlan,
    FactProblem,
    FactsError,
    TrialFacts,
)
from endpoints.layout import AnalyzedPatient, PlainRow, RecordedFacts, SeenVisit
from endpoints.plan import make_plan, name_arm, name_visit
from trialsite.protocol.model import Protocol

Row = dict[str, str | float | None]
_COUNTS = tuple(outcome.key for outcome in OUTCOMES.values() if outcome.kind == "count")


@dataclass(frozen=True)
class AssembledFacts:
    """The facts, and sentences about what was moved or left out on the way."""

    facts: TrialFacts
    notes: tuple[str, ...]


def assemble_facts(
    recorded: RecordedFacts, protocol: Protocol, arms: Mapping[UUID, str] | None = None
) -> AssembledFacts:
    """The facts of the analyzed patients; without `arms` no arm is in them."""
    plan = make_plan(protocol)
    seen = _group_visits(recorded.visits)
    waiting: dict[str, float] = dict.fromkeys(_COUNTS, 0)
    rows: list[Row] = []
    for patient in recorded.patients:
        visits = seen.get(patient.subject, [])
        planned = _list_planned(patient, visits, plan, _name_arm_of(patient, protocol, arms))
        _fill_baseline(planned, plan, protocol)
        _take_up_counts(planned, visits, plan, waiting)
        rows.extend(planned.values())
    facts, problems = _make_facts(plan, rows, recorded.adverse_events, recorded.relapses)
    return AssembledFacts(facts, (*_explain_waiting(waiting), *_explain_problems(problems)))


def _group_visits(visits: Iterable[SeenVisit]) -> dict[str, list[SeenVisit]]:
    grouped: defaultdict[str, list[SeenVisit]] = defaultdict(list)
    for visit in visits:
        grouped[visit.subject].append(visit)
    return grouped


def _name_arm_of(patient: AnalyzedPatient, protocol: Protocol, arms: Mapping[UUID, str] | None) -> str | None:
    if arms is None or patient.patient_id not in arms:
        return None
    return name_arm(protocol.arm(arms[patient.patient_id]))


def _list_planned(
    patient: AnalyzedPatient, visits: Iterable[SeenVisit], plan: AnalysisPlan, arm: str | None
) -> dict[str, Row]:
    """A row per visit of the plan, in its order, filled where the visit was attended."""
    attended = {name_visit(visit.key): visit for visit in visits}
    planned: dict[str, Row] = {}
    for name in plan.visits:
        row: Row = dict.fromkeys(VISIT_COLUMNS)
        row.update(subject=patient.subject, phase=patient.phase, arm=arm, sex=patient.sex, age=patient.age, visit=name)
        if visit := attended.get(name):
            row.update(study_day=visit.study_day, **visit.outcomes)
        planned[name] = row
    return planned


def _fill_baseline(planned: Mapping[str, Row], plan: AnalysisPlan, protocol: Protocol) -> None:
    names = [name_visit(key) for key in protocol.response.baseline_visits]
    scores = (planned[name]["vhiss"] for name in names if name in planned)
    planned[plan.baseline_visit]["vhiss"] = next((score for score in scores if score is not None), None)


def _take_up_counts(
    planned: Mapping[str, Row], visits: Sequence[SeenVisit], plan: AnalysisPlan, waiting: dict[str, float]
) -> None:
    """Add counts of visits in between to the next planned count; what is left over goes to `waiting`."""
    for outcome in _COUNTS:
        carried = 0.0
        for visit in visits:
            if visit.study_day <= 0 or outcome not in visit.outcomes:
                continue
            if (name := name_visit(visit.key)) in plan.count_visits:
                planned[name][outcome] = visit.outcomes[outcome] + carried
                carried = 0.0
            else:
                carried += visit.outcomes[outcome]
        waiting[outcome] += carried


def _explain_waiting(waiting: Mapping[str, float]) -> Iterable[str]:
    for outcome, number in waiting.items():
        if number:
            yield f"{OUTCOMES[outcome].label}: {number:g} counted at visits outside the plan wait for the next planned visit."


def _make_facts(
    plan: AnalysisPlan, visits: list[Row], events: Sequence[PlainRow], relapses: Sequence[PlainRow]
) -> tuple[TrialFacts, list[FactProblem]]:
    """Facts from the rows; cells that contradict the facts are emptied, and rows that cannot stand without are dropped."""
    tables = {"visits": visits, "adverse_events": list(map(dict, events)), "relapses": list(map(dict, relapses))}
    found: list[FactProblem] = []
    try:
        return _frame(plan, tables), found
    except FactsError as error:
        found = list(error.problems)
    _empty_cells(tables, found)
    return _frame(plan, tables), found


def _frame(plan: AnalysisPlan, tables: Mapping[str, Sequence[PlainRow]]) -> TrialFacts:
    return TrialFacts(
        plan,
        pd.DataFrame(list(tables["visits"]), columns=list(VISIT_COLUMNS)),
        pd.DataFrame(list(tables["adverse_events"]), columns=list(ADVERSE_EVENT_COLUMNS)),
        pd.DataFrame(list(tables["relapses"]), columns=list(RELAPSE_COLUMNS)),
    )


_NEEDED = {"subject", "visit", "phase", "term"}


def _empty_cells(tables: dict[str, list[Row]], problems: Iterable[FactProblem]) -> None:
    dropped: dict[str, set[int]] = {name: set() for name in tables}
    for problem in problems:
        if problem.row is None:
            raise FactsError([problem])
        row = tables[problem.table][problem.row]
        if problem.column == "study_day" and problem.table == "visits":
            row.update(dict.fromkeys((*_COUNTS, "study_day")))  # a count without its day says nothing about follow-up
        elif problem.column in _NEEDED or (problem.table == "relapses" and problem.column == "onset_day"):
            dropped[problem.table].add(problem.row)
        else:
            row[problem.column] = None
    for name, rows in tables.items():
        tables[name] = [row for number, row in enumerate(rows) if number not in dropped[name]]


def _explain_problems(problems: Sequence[FactProblem]) -> Iterable[str]:
    if not problems:
        return
    reasons = sorted({f"{problem.column}: {problem.reason}" for problem in problems})
    yield f"{len(problems)} values contradict the rest and are left out. {' '.join(reasons)}"
