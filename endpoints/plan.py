"""The analysis plan and the groups of a report, from the protocol.

Facts and their CSV files name visits and arms as the analysis data set does: `24h` for the
protocol's `hour_24`, `6m` for `month_6`; `open`, `sham`, and `treated` for every other arm.
"""

from fractions import Fraction

from endpoints.derivations.groups import Comparison, Group, Grouping, make_pooled_grouping
from endpoints.facts import AnalysisPlan
from trialsite.protocol.model import Arm, PlannedVisit, Protocol

DAYS_PER_MONTH = 365.25 / 12

_COUNTED_BY = "mri"
"""The form whose visits count lesions, and with them relapses."""

_HOURS_PER_DAY = 24


def name_visit(key: str) -> str:
    """The analysis data set's name of a planned visit."""
    unit, _, number = key.partition("_")
    if unit in {"hour", "day", "week", "month", "year"} and number.isdigit():
        return f"{number}{unit[0]}"
    return key


def name_arm(arm: Arm) -> str:
    """The analysis data set's name of an arm."""
    if arm.is_open:
        return "open"
    return "sham" if arm.is_sham else "treated"


def make_plan(protocol: Protocol) -> AnalysisPlan:
    """What this protocol decides about the analysis.

    Changes of outcomes are compared at the follow-up visits after the one that judges the
    response; events are counted at every follow-up visit with a scan.
    """
    follow_up = [visit for visit in protocol.visits if visit.kind == "follow_up"]
    counted = [visit for visit in follow_up if _has_form(visit, _COUNTED_BY)]
    keys = [visit.key for visit in follow_up]
    later = keys[keys.index(protocol.response.visit) + 1 :]
    baseline = next(visit for visit in protocol.visits if visit.kind == "baseline")
    planned = [v for v in protocol.visits if v.kind in ("screening", "baseline", "follow_up")]
    return AnalysisPlan(
        visits=tuple(name_visit(visit.key) for visit in planned),
        baseline_visit=name_visit(baseline.key),
        response_visit=name_visit(protocol.response.visit),
        response_threshold=Fraction(protocol.response.reduction_above_pct, 100),
        course_visits=tuple(name_visit(v.key) for v in follow_up if _has_form(v, "doppler")),
        count_visits=tuple(name_visit(visit.key) for visit in counted),
        change_visits=tuple(name_visit(key) for key in later),
        early_safety_days=protocol.safety.early_window_hours // _HOURS_PER_DAY,
        late_safety_days=protocol.safety.late_window_days,
        landmark_days=tuple(_choose_landmark(visit) for visit in counted),
    )


def _has_form(visit: PlannedVisit, form: str) -> bool:
    return any(due.form == form for due in visit.forms)


def _choose_landmark(visit: PlannedVisit) -> int:
    """Whole days of the calendar months a visit stands for, else its planned day."""
    unit, _, number = visit.key.partition("_")
    if unit == "month" and number.isdigit():
        return int(int(number) * DAYS_PER_MONTH)
    if visit.day is None:
        raise ValueError(f"The follow-up visit {visit.key} has no planned day.")
    return visit.day


def make_arm_grouping(protocol: Protocol) -> Grouping:
    """One group per arm of each phase; the others of a phase are compared with its sham arm."""
    groups: list[Group] = []
    comparisons: list[Comparison] = []
    for phase in protocol.phases:
        by_name = {name_arm(arm): _make_group(arm, phase.number) for arm in protocol.arms_of_phase(phase.number)}
        groups.extend(by_name.values())
        if "sham" in by_name and "treated" in by_name:
            comparisons.append(Comparison(by_name["treated"], by_name["sham"]))
    return Grouping(tuple(groups), tuple(comparisons))


def _make_group(arm: Arm, phase: int) -> Group:
    return Group(name_arm(arm), arm.label, phase, name_arm(arm), arm.is_open)


def make_blinded_grouping(protocol: Protocol) -> Grouping:
    """One group per phase, whatever the arm. Called by number: a phase's own label may name an arm."""
    labels = {phase.number: f"Phase {phase.number}" for phase in protocol.phases}
    is_open = {number: all(arm.is_open for arm in protocol.arms_of_phase(number)) for number in labels}
    return make_pooled_grouping(labels, [number for number in labels if is_open[number]])
