"""Who went through the trial and how far: the flow diagram of CONSORT, from plain values. Pure.

Every box is counted by a rule of its own, not as what is left over. So the sums can disagree, and a patient who
stands in two boxes or in none is named instead of vanishing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

IN_SCREENING = frozenset({"screening", "eligible"})
DATA_WITHDRAWN = "data_use"
TREATMENT_ONLY = "treatment"
WITHDRAWN_DATA = "Use of data withdrawn"
COMPLETED = "completed"
_WORDS_OF_A_REASON = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One patient as the flow sees them. `status` is a code of `PatientStatus`, `failure_reasons` are words, and
    `ended_as` is the code of the disposition with its label and reason, "" while there is none."""

    patient_id: UUID
    number: str
    site_code: str
    phase_number: int
    status: str
    registered_on: date
    entered_on: date | None = None
    procedure_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_scope: str = ""
    died_on: date | None = None
    failure_reasons: tuple[str, ...] = ()
    ended_as: str = ""
    ended_label: str = ""
    ended_reason: str = ""

    @property
    def has_entered(self) -> bool:
        return self.entered_on is not None

    @property
    def is_treated(self) -> bool:
        """The procedure was begun."""
        return self.has_entered and self.procedure_on is not None

    @property
    def has_left_follow_up(self) -> bool:
        has_withdrawn = self.withdrawn_on is not None and self.withdrawal_scope != TREATMENT_ONLY
        return has_withdrawn or self.died_on is not None or self.status == "withdrawn"

    @property
    def is_excluded(self) -> bool:
        """Left before entering treatment."""
        return self.status == "screen_failed" or (not self.has_entered and self.has_ended)

    @property
    def is_in_screening(self) -> bool:
        return self.status in IN_SCREENING and not self.has_entered and not self.has_ended

    @property
    def has_ended(self) -> bool:
        return bool(self.ended_as) or self.has_left_follow_up

    @property
    def is_awaiting_procedure(self) -> bool:
        return self.has_entered and self.procedure_on is None and not self.has_ended

    @property
    def is_not_treated(self) -> bool:
        """Entered, and left without a procedure."""
        return self.has_entered and self.procedure_on is None and self.has_ended

    @property
    def has_completed(self) -> bool:
        return self.is_treated and (self.ended_as == COMPLETED or (not self.ended_as and self.status == COMPLETED))

    @property
    def has_stopped(self) -> bool:
        """Treated, and left before the last visit."""
        return self.is_treated and self.has_ended and not self.has_completed

    @property
    def is_in_follow_up(self) -> bool:
        return self.is_treated and not self.has_ended and self.status != COMPLETED

    @property
    def is_analyzed(self) -> bool:
        """Treated, and the data may be used."""
        return self.is_treated and self.withdrawal_scope != DATA_WITHDRAWN

    @property
    def why_ended(self) -> str:
        """How the patient's part ended, in the words of the disposition form where there is one."""
        if self.ended_label:
            reason = " ".join(self.ended_reason.split())[:_WORDS_OF_A_REASON]
            return f"{self.ended_label}: {reason}" if reason else self.ended_label
        if self.died_on is not None:
            return "Died"
        return "Withdrew" if self.withdrawn_on is not None or self.status == "withdrawn" else "Reason not recorded"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of patients under a label."""

    label: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowColumn:
    """One arm, or all arms together, from allocation to analysis."""

    key: str
    label: str
    entered: int
    treated: int
    awaiting: int
    not_treated: tuple[Count, ...]
    completed: int
    in_follow_up: int
    stopped: tuple[Count, ...]
    analyzed: int
    not_analyzed: tuple[Count, ...]

    @property
    def not_treated_total(self) -> int:
        return _add(self.not_treated)

    @property
    def stopped_total(self) -> int:
        return _add(self.stopped)


@dataclass(frozen=True, slots=True)
class FlowProblem:
    """Patients the diagram cannot place, and why. Numbers are shown to those who may see the patients."""

    reason: str
    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFlow:
    """One phase from assessment to analysis."""

    phase_number: int
    label: str
    is_randomized: bool
    assessed: int
    excluded: int
    excluded_by: tuple[Count, ...]
    """By reason; a patient with two reasons counts under both."""
    in_screening: int
    entered: int
    columns: tuple[FlowColumn, ...]
    problems: tuple[FlowProblem, ...] = ()

    @property
    def entry_word(self) -> str:
        return "Randomized" if self.is_randomized else "Enrolled"

    @property
    def has_arms(self) -> bool:
        return len(self.columns) > 1

    @property
    def equation(self) -> str:
        parts = f"{self.excluded} excluded + {self.entered} {self.entry_word.lower()}"
        return f"{self.assessed} assessed = {parts} + {self.in_screening} in screening"


def describe_failure(reasons: Mapping[str, str], code: str) -> str:
    """The words of a reason for screening failure; a code that the protocol no longer knows stands for itself."""
    return reasons.get(code, code)


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """What the flow must know of a phase: its label, and per column a key, a label and whether a patient is in it."""

    number: int
    label: str
    is_randomized: bool
    columns: tuple[tuple[str, str], ...] = ()


def compute_flow(
    plan: PhasePlan, participants: Iterable[Participant], arms: Mapping[UUID, str] | None = None
) -> PhaseFlow:
    """The flow of one phase. With `arms` (patient -> key) and columns in the plan it divides by arm, else it is pooled."""
    patients = [one for one in participants if one.phase_number == plan.number]
    entered = [one for one in patients if one.has_entered]
    excluded = [one for one in patients if one.is_excluded]
    return PhaseFlow(
        phase_number=plan.number,
        label=plan.label,
        is_randomized=plan.is_randomized,
        assessed=len(patients),
        excluded=len(excluded),
        excluded_by=_count(reason for one in excluded for reason in one.failure_reasons or (one.why_ended,)),
        in_screening=sum(one.is_in_screening for one in patients),
        entered=len(entered),
        columns=tuple(_make_columns(plan, entered, arms)),
        problems=tuple(_find_problems(plan, patients, arms)),
    )


def _make_columns(
    plan: PhasePlan, entered: Sequence[Participant], arms: Mapping[UUID, str] | None
) -> Iterable[FlowColumn]:
    if arms is None or not plan.columns:
        yield _make_column("all", "All patients", entered)
        return
    for key, label in plan.columns:
        yield _make_column(key, label, [one for one in entered if arms.get(one.patient_id) == key])


def _make_column(key: str, label: str, entered: Sequence[Participant]) -> FlowColumn:
    treated = [one for one in entered if one.is_treated]
    return FlowColumn(
        key=key,
        label=label,
        entered=len(entered),
        treated=len(treated),
        awaiting=sum(one.is_awaiting_procedure for one in entered),
        not_treated=_count(one.why_ended for one in entered if one.is_not_treated),
        completed=sum(one.has_completed for one in treated),
        in_follow_up=sum(one.is_in_follow_up for one in treated),
        stopped=_count(one.why_ended for one in treated if one.has_stopped),
        analyzed=sum(one.is_analyzed for one in treated),
        not_analyzed=_count(WITHDRAWN_DATA for one in treated if not one.is_analyzed),
    )


def _count(labels: Iterable[str]) -> tuple[Count, ...]:
    """Most frequent first, then by label."""
    counted = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    return tuple(Count(label, number) for label, number in counted)


def _add(counts: Iterable[Count]) -> int:
    return sum(count.number for count in counts)


Places = tuple[Callable[[Participant], bool], ...]
_AT_ENTRY: Places = (
    lambda one: one.is_excluded,
    lambda one: one.is_in_screening,
    lambda one: one.has_entered,
)
_AT_TREATMENT: Places = (
    lambda one: one.is_treated,
    lambda one: one.is_not_treated,
    lambda one: one.is_awaiting_procedure,
)
_AT_FOLLOW_UP: Places = (
    lambda one: one.has_completed,
    lambda one: one.has_stopped,
    lambda one: one.is_in_follow_up,
)


def _find_problems(
    plan: PhasePlan, patients: Sequence[Participant], arms: Mapping[UUID, str] | None
) -> Iterable[FlowProblem]:
    entered = [one for one in patients if one.has_entered]
    treated = [one for one in entered if one.is_treated]
    for members, places, level in (
        (patients, _AT_ENTRY, "between assessment and entry"),
        (entered, _AT_TREATMENT, "between entry and procedure"),
        (treated, _AT_FOLLOW_UP, "in follow-up"),
    ):
        for words, is_wrong in (("in two places", _is_twice), ("in no place", _is_nowhere)):
            if found := tuple(one for one in members if is_wrong(one, places)):
                yield FlowProblem(f"{_patients(len(found))} {words} {level}", found)
    known = {key for key, _ in plan.columns}
    if arms is not None and known:
        lost = tuple(one for one in entered if arms.get(one.patient_id) not in known)
        if lost:
            yield FlowProblem(f"{_patients(len(lost))} in no arm of the allocation list", lost)


def _is_twice(one: Participant, places: Places) -> bool:
    return sum(place(one) for place in places) > 1


def _is_nowhere(one: Participant, places: Places) -> bool:
    return not any(place(one) for place in places)


def _patients(number: int) -> str:
    return f"{number} patient stands" if number == 1 else f"{number} patients stand"
