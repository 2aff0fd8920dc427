"""Whether an episode is a relapse, by the protocol's rule (section 3.3). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from trialsite.protocol.model import RelapseRule
from trialsite.records.values import Values

CONDITIONS = ("lasted_over_24_h", "is_fever_excluded", "is_stable_before")


class RelapseStatus(StrEnum):
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    NOT_RELAPSE = "not a relapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdssExam:
    """A neurological examination of the patient; `systems` holds raw grades by field name."""

    id: UUID
    assessed_on: date
    rater_step: Decimal | None = None
    systems: Mapping[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        step = "step missing" if self.rater_step is None else f"EDSS {self.rater_step:.1f}"
        return f"{self.assessed_on} ({step})"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRelapse:
    """Another entry of the patient's relapse log; `status` is its derived one."""

    id: UUID
    onset_on: date
    status: RelapseStatus = RelapseStatus.SUSPECTED


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status of an episode and, in words, what it rests on."""

    status: RelapseStatus
    reason: str
    is_adjudicated: bool = False


def find_reference(exams: Iterable[EdssExam], onset_on: date) -> EdssExam | None:
    """The last examination before the onset: what a change is measured against."""
    return max((exam for exam in exams if exam.assessed_on < onset_on), key=lambda exam: exam.assessed_on, default=None)


def has_objective_change(before: EdssExam, after: EdssExam, rule: RelapseRule) -> bool:
    """Whether an examination shows a relapse: the step rose enough, or one system much, or two systems some."""
    if (
        before.rater_step is not None
        and after.rater_step is not None
        and after.rater_step - before.rater_step >= rule.edss_rise
    ):
        return True
    rises = [after.systems[name] - before.systems[name] for name in after.systems if name in before.systems]
    is_one_high = any(rise >= rule.one_system_rise for rise in rises)
    return is_one_high or sum(rise >= rule.two_systems_rise for rise in rises) >= 2


def judge(values: Values, exams: Iterable[EdssExam], rule: RelapseRule) -> Judgement:
    """The status of an episode from its answers and examinations; an adjudication outranks both."""
    adjudicated = values.get("adjudicated_as")
    if adjudicated:
        status = RelapseStatus.CONFIRMED if adjudicated == "confirmed" else RelapseStatus.NOT_RELAPSE
        return Judgement(status, "adjudicated", is_adjudicated=True)
    answers = [values.get(name) for name in CONDITIONS]
    if False in answers:
        return Judgement(RelapseStatus.NOT_RELAPSE, "a condition is answered no")
    if None in answers:
        return Judgement(RelapseStatus.SUSPECTED, "not all conditions are answered")
    return _judge_exam(values, list(exams), rule)


def _judge_exam(values: Values, exams: list[EdssExam], rule: RelapseRule) -> Judgement:
    onset_on = values.get("onset_on")
    exam = next((one for one in exams if one.id == values.get("exam")), None)
    if onset_on is None or exam is None:
        return Judgement(RelapseStatus.SUSPECTED, "no examination is linked")
    if not 0 <= (exam.assessed_on - onset_on).days <= rule.exam_latest_days:
        return Judgement(RelapseStatus.SUSPECTED, f"not examined within {rule.exam_latest_days} days of the onset")
    before = find_reference(exams, onset_on)
    if before is None:
        return Judgement(RelapseStatus.SUSPECTED, "no earlier examination to compare with")
    if not has_objective_change(before, exam, rule):
        return Judgement(RelapseStatus.SUSPECTED, f"no objective change since {before.assessed_on}")
    return Judgement(RelapseStatus.CONFIRMED, f"objective change since {before.assessed_on}")


def find_too_close(onset_on: date, others: Iterable[OtherRelapse], rule: RelapseRule) -> OtherRelapse | None:
    """Another entry that began less than the stable time before or after this one: perhaps the same relapse."""
    near = [other for other in others if abs((other.onset_on - onset_on).days) < rule.stable_before_days]
    return min(near, key=lambda other: abs((other.onset_on - onset_on).days), default=None)
