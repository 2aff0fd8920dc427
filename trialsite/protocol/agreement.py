"""What must agree within a protocol: references, windows, ratio and blocks, score maxima.

A key that already has a problem is left in peace: one fault, one message.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from trialsite.protocol.model import (
    EDSS_STEPS,
    REPEATABLE_RULES,
    VENOUS_CRITERIA,
    VHISS_MAXIMUM,
    Criterion,
    Phase,
    PlannedVisit,
    Protocol,
    VhissPart,
    VhissScheme,
)
from trialsite.protocol.problems import Findings

Fault = tuple[str, str]  # key, reason


def check_agreement(protocol: Protocol, findings: Findings) -> None:
    """Note everything in this protocol that contradicts something else in it."""
    # The same fault may show in two phases: said once.
    faults = dict.fromkeys(fault for fault in _faults(protocol) if not findings.touch(fault[0]))
    for key, reason in faults:
        findings.add(key, reason)


def _faults(protocol: Protocol) -> Iterator[Fault]:
    yield from _check_arms(protocol)
    for i, phase in enumerate(protocol.phases):
        yield from _check_phase(protocol, phase, f"phases[{i}]")
        yield from _check_phase_visits(protocol, phase)
    for i, visit in enumerate(protocol.visits):
        yield from _check_visit(protocol, visit, f"visits[{i}]")
    for i, criterion in enumerate(protocol.criteria):
        yield from _check_criterion(protocol, criterion, f"criteria[{i}]")
    yield from _check_rules_once(protocol)
    for i, scheme in enumerate(protocol.vhiss_schemes):
        yield from _check_scheme(scheme, f"vhiss.schemes[{i}]")
    yield from _check_response(protocol)
    yield from _check_analysis(protocol)
    yield from _check_relapse(protocol)
    yield from _check_progression(protocol)
    yield from _check_consent(protocol)


def _unknown(key: str, names: Iterable[object], known: Iterable[object], kind: str) -> Iterator[Fault]:
    """A fault for each name in the list under `key` that nothing in the file bears."""
    known = set(known)
    for i, name in enumerate(names):
        if name not in known:
            yield f"{key}[{i}]", f"there is no {kind} {name!r}"


# ---------------------------------------------------------------------------------- arms and phases


def _check_arms(protocol: Protocol) -> Iterator[Fault]:
    used = {key for phase in protocol.phases for key in phase.arms}
    for i, arm in enumerate(protocol.arms):
        if arm.key not in used:
            yield f"arms[{i}].key", f"no phase has the arm {arm.key!r}"
        if arm.is_open and arm.is_sham:
            yield f"arms[{i}].is_sham", "an open arm cannot be a sham"


def _check_phase(protocol: Protocol, phase: Phase, key: str) -> Iterator[Fault]:
    yield from _unknown(f"{key}.arms", phase.arms, (arm.key for arm in protocol.arms), "arm")
    yield from _unknown(f"{key}.doppler_criteria", phase.doppler_criteria, VENOUS_CRITERIA, "criterion")
    if phase.doppler_minimum > len(phase.doppler_criteria):
        yield f"{key}.doppler_minimum", f"cannot be more than the {len(phase.doppler_criteria)} doppler_criteria"
    if phase.screened_n is not None and phase.screened_n < phase.planned_n:
        yield f"{key}.screened_n", f"cannot be less than planned_n ({phase.planned_n})"
    if [p.patient_number_pattern for p in protocol.phases].index(phase.patient_number_pattern) < (
        protocol.phases.index(phase)
    ):
        yield f"{key}.patient_number_pattern", "another phase numbers its patients in the same way"
    yield from _check_design(protocol, phase, key)


def _check_design(protocol: Protocol, phase: Phase, key: str) -> Iterator[Fault]:
    arms = {arm.key: arm for arm in protocol.arms}
    for i, name in enumerate(phase.arms):
        if name in arms and arms[name].is_open == phase.is_randomized:
            yield f"{key}.arms[{i}]", f"the arm {name!r} does not fit a phase that is {phase.design}"
    if phase.is_randomized:
        yield from _check_randomized(phase, key)
    elif phase.allocation is not None:
        yield f"{key}.allocation", "an open phase allocates nothing"
    elif len(phase.arms) > 1:
        yield f"{key}.arms", "an open phase has one arm"


def _check_randomized(phase: Phase, key: str) -> Iterator[Fault]:
    if len(phase.arms) < 2:
        yield f"{key}.arms", "a randomized phase needs two arms or more"
    if phase.allocation is None:
        yield f"{key}.allocation", "is missing; a randomized phase needs it"
        return
    ratio = phase.allocation.ratio
    for name in phase.arms:
        if name not in ratio:
            yield f"{key}.allocation.ratio.{name}", "is missing; each arm of the phase needs its share"
    for name in ratio:
        if name not in phase.arms:
            yield f"{key}.allocation.ratio.{name}", "is not an arm of the phase"


# ---------------------------------------------------------------------------------- visits


def _check_visit(protocol: Protocol, visit: PlannedVisit, key: str) -> Iterator[Fault]:
    yield from _unknown(f"{key}.phases", visit.phases, (phase.number for phase in protocol.phases), "phase")
    yield from _check_order(visit.earliest_day, visit.day, f"{key}.earliest_day", "day")
    yield from _check_order(visit.day, visit.latest_day, f"{key}.day", "latest_day")
    yield from _check_order(visit.earliest_hours, visit.latest_hours, f"{key}.earliest_hours", "latest_hours")
    if visit.kind == "procedure" and visit.day != 0:
        yield f"{key}.day", "must be 0: all days count from the procedure"


def _check_order(first: int | None, second: int | None, key: str, later: str) -> Iterator[Fault]:
    if first is not None and second is not None and first > second:
        yield key, f"{first} is after {later} ({second})"


def _check_phase_visits(protocol: Protocol, phase: Phase) -> Iterator[Fault]:
    """Each phase needs its course from screening to follow-up, in order and without overlap."""
    visits = [(i, visit) for i, visit in enumerate(protocol.visits) if phase.number in visit.phases]
    kinds = [visit.kind for _, visit in visits]
    for kind in ("screening", "baseline", "procedure"):
        if kinds.count(kind) != 1:
            yield "visits", f"phase {phase.number} needs one visit of kind {kind}, has {kinds.count(kind)}"
    if "follow_up" not in kinds:
        yield "visits", f"phase {phase.number} needs a visit of kind follow_up"
    if kinds.count("unscheduled") > 1:
        yield "visits", f"phase {phase.number} has two visits of kind unscheduled"
    for (_, before), (i, after) in pairwise(visits):
        yield from _check_sequence(before, after, f"visits[{i}]")


def _check_sequence(before: PlannedVisit, after: PlannedVisit, key: str) -> Iterator[Fault]:
    if before.day is None:
        yield f"{key}.key", f"stands after the unscheduled visit {before.key!r}, which must be the last"
    elif before.latest_day is None or after.day is None or after.earliest_day is None:
        return
    elif after.day < before.day:
        yield f"{key}.day", f"is before that of {before.key!r}; visits stand in the order of time"
    elif after.kind not in ("screening", "baseline") and after.earliest_day <= before.latest_day:
        # Screening and baseline may share days: both are done when the patient can come.
        yield f"{key}.earliest_day", f"overlaps with {before.key!r}, which lasts until day {before.latest_day}"


# ---------------------------------------------------------------------------------- eligibility


def _check_criterion(protocol: Protocol, criterion: Criterion, key: str) -> Iterator[Fault]:
    yield from _unknown(f"{key}.phases", criterion.phases, (phase.number for phase in protocol.phases), "phase")
    if criterion.rule == "age_between":
        yield from _check_ages(criterion, key)
    if criterion.rule == "opposite_of":
        yield from _check_opposite(protocol, criterion, key)


def _check_ages(criterion: Criterion, key: str) -> Iterator[Fault]:
    youngest, oldest = (criterion.parameters.get(name) for name in ("minimum_years", "maximum_years"))
    if isinstance(youngest, int) and isinstance(oldest, int) and youngest > oldest:
        yield f"{key}.parameters.minimum_years", f"{youngest} is above maximum_years ({oldest})"


def _check_opposite(protocol: Protocol, criterion: Criterion, key: str) -> Iterator[Fault]:
    name = criterion.parameters.get("criterion")
    others = {other.code: other for other in protocol.criteria if other.rule != "opposite_of"}
    if name not in others:
        yield f"{key}.parameters.criterion", f"there is no criterion {name!r} with a rule of its own"
    elif not set(criterion.phases) <= set(others[str(name)].phases):
        yield f"{key}.parameters.criterion", f"the criterion {name!r} does not hold in the same phases"


def _check_rules_once(protocol: Protocol) -> Iterator[Fault]:
    """Most rules decide one question; twice the same would be two bounds for one thing."""
    seen: set[str] = set()
    for i, criterion in enumerate(protocol.criteria):
        if criterion.rule in seen and criterion.rule not in REPEATABLE_RULES:
            yield f"criteria[{i}].rule", f"another criterion already has the rule {criterion.rule}"
        seen.add(criterion.rule)


# ---------------------------------------------------------------------------------- scores


def _check_scheme(scheme: VhissScheme, key: str) -> Iterator[Fault]:
    total = sum(part.maximum for part in scheme.parts)
    if scheme.maximum != VHISS_MAXIMUM:
        yield f"{key}.maximum", f"must be {VHISS_MAXIMUM}, as the score is published, not {scheme.maximum}"
    elif total != scheme.maximum:
        yield f"{key}.parts", f"the maxima of the parts add up to {total}, not to {scheme.maximum}"
    for criterion in VENOUS_CRITERIA:
        if criterion not in {part.criterion for part in scheme.parts}:
            yield f"{key}.parts", f"there is no part for criterion {criterion}"
    for i, part in enumerate(scheme.parts):
        yield from _check_part(part, f"{key}.parts[{i}]")


def _check_part(part: VhissPart, key: str) -> Iterator[Fault]:
    points = [rule.points for rule in part.rules] or [0]
    reach = len(part.veins) * (sum(points) if part.combination == "sum" else max(points))
    if part.maximum != reach:
        yield f"{key}.maximum", f"must be {reach}, the most its veins and rules can give, not {part.maximum}"
    for i, rule in enumerate(part.rules):
        least, most = rule.at_least_mm2, rule.at_most_mm2
        if least is not None and most is not None and least > most:
            yield f"{key}.rules[{i}].at_least_mm2", f"{least} is above at_most_mm2 ({most})"


def _check_response(protocol: Protocol) -> Iterator[Fault]:
    visits = {visit.key: visit for visit in protocol.visits}
    named = [(f"baseline_visits[{i}]", key, True) for i, key in enumerate(protocol.response.baseline_visits)]
    for name, key, is_baseline in [*named, ("visit", protocol.response.visit, False)]:
        if key not in visits:
            yield f"response.{name}", f"there is no visit {key!r}"
        else:
            yield from _check_doppler_visit(visits[key], f"response.{name}", is_baseline=is_baseline)


def _check_analysis(protocol: Protocol) -> Iterator[Fault]:
    key, name = protocol.analysis.per_protocol_visit, "analysis.per_protocol_visit"
    visit = next((visit for visit in protocol.visits if visit.key == key), None)
    if visit is None:
        yield name, f"there is no visit {key!r}"
    elif visit.kind != "follow_up":
        yield name, f"the visit {key!r} is not of the follow-up"


def _check_doppler_visit(visit: PlannedVisit, key: str, *, is_baseline: bool) -> Iterator[Fault]:
    if not any(due.form == "doppler" for due in visit.forms):
        yield key, f"the visit {visit.key!r} has no doppler form"
    if (visit.kind in ("screening", "baseline")) != is_baseline:
        yield key, f"the visit {visit.key!r} is on the wrong side of the procedure"


def _check_relapse(protocol: Protocol) -> Iterator[Fault]:
    rule = protocol.relapse
    yield from _check_order(
        rule.exam_within_days, rule.exam_latest_days, "relapse.exam_within_days", "exam_latest_days"
    )


def _check_progression(protocol: Protocol) -> Iterator[Fault]:
    for step in EDSS_STEPS:
        matches = [s for s in protocol.edss.progression if s.baseline_min <= step <= s.baseline_max]
        if len(matches) != 1:
            yield "edss.progression", f"needs one entry for a baseline of {step}, has {len(matches)}"
            return


# ---------------------------------------------------------------------------------- consent


def _check_consent(protocol: Protocol) -> Iterator[Fault]:
    for i, version in enumerate(protocol.consent_versions):
        if version.valid_to_on is not None and version.valid_to_on < version.valid_from_on:
            yield f"consent.versions[{i}].valid_to_on", f"is before valid_from_on ({version.valid_from_on})"
